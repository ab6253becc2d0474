import { start } from "../shared/example.ts";
import { progressBar } from "../shared/progress.ts";
import { ordersOf, weightsOf } from "../shared/same-start.ts";
import { type RawArray } from "../shared/twin.ts";
import { loadBirths, meanError, split } from "./data.ts";
import { forecast, makeNet, SETTINGS, train } from "./train.ts";

/** The first year that is forecast and not trained with. */
const TEST_YEAR = 2013;

const vector = (data: Float32Array): RawArray => ({ data, shape: [data.length] });
const matrix = (data: Float32Array, columns: number): RawArray => ({
  data,
  shape: [data.length / columns, columns],
});

await start({
  folder: new URL("./", import.meta.url),
  name: "births",
  about: `Forecasts how many children are born in the United States on the next day, from the days
before and the calendar. It trains on the days before ${TEST_YEAR} and forecasts those from then on.`,
  epochs: 40,
  figures: [
    { key: "mae", label: "mean absolute error", unit: "births", digits: 1 },
    { key: "relative", label: "… of the mean of a day", unit: "%", digits: 2 },
    { key: "lastWeek", label: "error of last week's day", unit: "births", digits: 1 },
    { key: "lastYear", label: "error of last year's day", unit: "births", digits: 1 },
  ],
  run: async ({ epochs, seed, out, say }) => {
    const parts = split(await loadBirths(), TEST_YEAR);
    const { train: before, test: after, mean, std } = parts;
    say(`${before.days.length} days to train with, ${after.days.length} to forecast`);
    const net = makeNet(before.features);
    say(net.summary([SETTINGS.batchSize, before.features]));
    const weights = await weightsOf(net, "weights.");
    const begin = performance.now();
    await train(net, before, { epochs, seed, show: progressBar(out, "days") });
    const seconds = (performance.now() - begin) / 1000;

    const forecasts = await forecast(net, after, parts);
    say("\nday         births  forecast  last week's  last year's");
    for (let i = after.days.length - 14; i < after.days.length; i++) {
      const { year, month, day, births } = after.days[i];
      const date = [year, month, day].map((n) => String(n).padStart(2, "0")).join("-");
      const cells = [
        String(births).padStart(6),
        String(Math.round(forecasts[i])).padStart(8),
        String(after.lastWeek[i]).padStart(11),
        String(after.lastYear[i]).padStart(11),
      ];
      say([date, ...cells].join("  "));
    }
    const mae = meanError(forecasts, after);
    const meanBirths = after.days.reduce((sum, { births }) => sum + births, 0) / after.days.length;
    return {
      figures: {
        mae,
        relative: (100 * mae) / meanBirths,
        lastWeek: meanError(after.lastWeek, after),
        lastYear: meanError(after.lastYear, after),
      },
      seconds,
      twin: {
        arrays: {
          ...weights,
          orders: ordersOf(before.days.length, seed, epochs),
          train_x: matrix(before.x, before.features),
          train_y: vector(before.y),
          test_x: matrix(after.x, after.features),
          test_births: vector(Float32Array.from(after.days, ({ births }) => births)),
        },
        settings: { ...SETTINGS, mean, std },
      },
    };
  },
});
