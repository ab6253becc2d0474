import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Output, progressBar } from "../../src/train/index.ts";

const stream = (isTTY: boolean, columns = 80): { out: Output; text: () => string } => {
  const written: string[] = [];
  const write = (text: string): boolean => written.push(text) > 0;
  return { out: { isTTY, columns, write }, text: () => written.join("") };
};
const half = { epoch: 1, epochs: 2, done: 50, total: 100, samples: 50, values: { loss: 0.5 }, ended: false }; // prettier-ignore
const end = { ...half, done: 100, samples: 100, ended: true };

describe("a progress bar", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
  afterEach(() => void vi.useRealTimers());

  it("is drawn over and over in one line of a terminal, which it fits", () => {
    const { out, text } = stream(true, 70);
    const show = progressBar(out, { unit: "images" });
    vi.advanceTimersByTime(2000);
    show(half);
    const start = "\r\x1b[2K";
    expect(text().startsWith(start)).toBe(true);
    expect(text().slice(start.length)).toMatch(
      /^Epoch 1\/2 {2}█{7}░{7} {2}loss 0\.5000 {2}25 images\/s {2}0:06 left$/,
    );
    vi.advanceTimersByTime(99);
    show(half);
    expect(text().split("\r")).toHaveLength(2);
    vi.advanceTimersByTime(1);
    show(half);
    expect(text().split("\r")).toHaveLength(3);
    show(end);
    expect(text().split("\r").at(-1)).toMatch(/█{14} .*left\n$/);
  });

  it("is one line an epoch elsewhere", () => {
    const { out, text } = stream(false);
    const show = progressBar(out);
    vi.advanceTimersByTime(500);
    show(half);
    expect(text()).toBe("");
    show({ ...end, values: { loss: 0.5, accuracy: 1e-5 } });
    expect(text()).toMatch(
      /^Epoch 1\/2 {2}loss 0\.5000 {2}accuracy 1\.00e-5 {2}[\d,]+ samples\/s {2}\d+:\d\d left\n$/,
    );
  });

  it("does without a total, and does not count what was done before it", () => {
    const { out, text } = stream(true);
    const show = progressBar(out);
    vi.advanceTimersByTime(10);
    show({ ...half, total: undefined });
    expect(text().slice(5)).toBe("Epoch 1/2  loss 0.5000  5,000 samples/s");
    const other = stream(false);
    const goingOn = progressBar(other.out, { from: 198 });
    vi.advanceTimersByTime(1000);
    // Batch 199 of 5,000 after one second.
    goingOn({ ...end, epoch: 2, epochs: 50, done: 99, samples: 8 });
    expect(other.text()).toMatch(/ {2}8 samples\/s {2}1:20:01 left\n$/);
  });
});
