import { expect, test } from "vitest";
import { type Printed, runExamples } from "./commands.ts";

/** Points of a hundred by which the figures may differ from PyTorch's. */
const CLOSE = 0.5;

function train(name: string): Printed {
  const { status, stdout, stderr } = runExamples(name, "--json");
  expect(status, stderr).toBe(0);
  const printed = JSON.parse(stdout) as Printed;
  // PyTorch's figures are of as many epochs.
  expect(printed.pytorch.epochs).toBe(printed.epochs);
  return printed;
}

const expectClose = ({ figures, pytorch }: Printed, ...keys: string[]): void => {
  for (const key of keys)
    expect(Math.abs(figures[key] - pytorch.figures[key]), key).toBeLessThanOrEqual(CLOSE);
};

const MINUTES = 60_000;

test(
  "the convolutional net knows 99 % of the digits after six epochs",
  () => {
    const printed = train("cnn");
    expect(printed.epochs).toBeLessThanOrEqual(6);
    expect(printed.figures.accuracy).toBeGreaterThanOrEqual(99);
    expectClose(printed, "accuracy");
  },
  20 * MINUTES,
);

test(
  "recurrent nets tell spam from other mails",
  () => {
    const printed = train("spam");
    expectClose(printed, "lstmAccuracy", "gruAccuracy");
  },
  20 * MINUTES,
);

test(
  "the transformer knows what follows as well as PyTorch's",
  () => {
    const printed = train("moby-dick");
    expectClose(printed, "accuracy");
  },
  20 * MINUTES,
);

test(
  "births are forecast better than by the same weekday before",
  () => {
    const printed = train("births");
    const { mae, lastWeek, lastYear } = printed.figures;
    expect(mae).toBeLessThan(Math.min(lastWeek, lastYear));
    expectClose(printed, "relative");
  },
  20 * MINUTES,
);
