import { describe, expect, it } from "vitest";
import { type Day, loadBirths, meanError, split } from "../../examples/births/data.ts";
import { forecast, makeNet, train } from "../../examples/births/train.ts";
import { manualSeed } from "../../src/index.ts";
import { recordProgress } from "./util.ts";

describe("the births", () => {
  it("are those of fifteen years, day after day", async () => {
    const days = await loadBirths();
    expect(days).toHaveLength(5479);
    expect(days[0]).toEqual({ year: 2000, month: 1, day: 1, weekday: 6, births: 9083 });
    days.forEach(({ year, month, day, weekday }, i) => {
      const date = new Date(Date.UTC(2000, 0, 1 + i));
      expect([year, month, day, weekday]).toEqual([
        date.getUTCFullYear(),
        date.getUTCMonth() + 1,
        date.getUTCDate(),
        date.getUTCDay() || 7,
      ]);
    });
  });

  it("of a day are said by what lies before it", () => {
    // Births that tell which day it is: 0, 1, 2, …
    const days = Array.from({ length: 800 }, (_, i): Day => {
      const date = new Date(Date.UTC(2000, 0, 1 + i));
      const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
      return { year, month: month + 1, day, weekday: date.getUTCDay() || 7, births: i };
    });
    const { train: before, test: after, mean, std } = split(days, 2002);
    expect(before.days.at(-1)).toMatchObject({ year: 2001, month: 12, day: 31 });
    expect(after.days[0]).toMatchObject({ year: 2002, month: 1, day: 1, births: 731 });
    expect(after.lastWeek[0]).toBe(724);
    expect(after.lastYear[0]).toBe(731 - 364);
    // The scale is that of the days for training.
    expect(mean).toBe(365);
    const births = Array.from(after.x.subarray(0, after.features), (x, i) =>
      i < 35 ? Math.round(x * std + mean) : x,
    );
    const around = Array.from({ length: 7 }, (_, i) => 731 - 364 - 3 + i);
    expect(births.slice(0, 28)).toEqual(Array.from({ length: 28 }, (_, i) => 703 + i));
    expect(births.slice(28, 35)).toEqual(around);
    // A Tuesday in January, the first.
    expect(births.slice(35).flatMap((x, i) => (x === 1 ? [i] : []))).toEqual([1, 7, 19]);
    expect(meanError(after.lastWeek, after)).toBe(7);
  });

  it("are forecast better than by the same weekday of last week or last year", async () => {
    manualSeed(0);
    const parts = split(await loadBirths(), 2013);
    const { train: before, test: after } = parts;
    const net = makeNet(before.features);
    await train(net, before, { epochs: 10, seed: 0, show: recordProgress().show });
    const error = meanError(await forecast(net, after, parts), after);
    expect(error).toBeLessThan(0.8 * meanError(after.lastWeek, after));
    expect(error).toBeLessThan(0.8 * meanError(after.lastYear, after));
  });
});
