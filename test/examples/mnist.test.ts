import { afterEach, describe, expect, it, vi } from "vitest";
import { lossCurve } from "../../examples/mnist/curve.ts";
import { drawDigits } from "../../examples/mnist/digits.ts";
import { help, readOptions, UsageError } from "../../examples/mnist/options.ts";
import { type Output, progressBar } from "../../examples/mnist/progress.ts";
import { matrixTable } from "../../examples/mnist/report.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("options", () => {
  it("have the defaults that --help names", () => {
    const options = readOptions([]);
    expect(options).toMatchObject({ epochs: 10, batchSize: 64, lr: 0.001, seed: 0, json: false });
    for (const name of ["epochs", "batch-size", "lr", "device", "threads", "seed", "json", "help"])
      expect(help()).toContain(`--${name}`);
  });

  it("are read", () => {
    const args = "--epochs 3 --batch-size=32 --lr 1e-2 --device js --threads 2 --seed 7 --json";
    const options = readOptions(args.split(" "));
    expect(options).toMatchObject({ epochs: 3, batchSize: 32, lr: 0.01, seed: 7, json: true });
    expect(options.device.name).toBe("js");
  });

  it.each([
    ["--epochs 0", /--epochs: expected an integer from 1 to 10000, got "0"/],
    ["--epochs ten", /--epochs: .* got "ten"/],
    ["--batch-size 1.5", /--batch-size: expected an integer from 1 to 60000, got "1.5"/],
    ["--lr -1", /--lr: expected a number > 0, got "-1"/],
    ["--lr 0", /--lr: expected a number > 0, got "0"/],
    ["--seed -1", /--seed: expected an integer >= 0, got "-1"/],
    ["--threads 0", /--threads: expected an integer from 1 to 256, got "0"/],
    ["--device abacus", /no device is named "abacus": expected one of .*js/],
    ["--epoch 3", /'--epoch'/],
    ["--lr", /'--lr <value>' argument missing/],
    ["three", /'three'/],
  ])("that are wrong are named: %s", (args, message) => {
    expect(() => readOptions(args.split(" "))).toThrow(UsageError);
    expect(() => readOptions(args.split(" "))).toThrow(message);
  });
});

describe("progress", () => {
  const stream = (isTTY: boolean, columns = 80): { out: Output; text: () => string } => {
    const written: string[] = [];
    const write = (text: string): boolean => written.push(text) > 0;
    return { out: { isTTY, columns, write }, text: () => written.join("") };
  };
  const half = { epoch: 1, epochs: 2, images: 50, total: 100, loss: 0.5 };

  it("is a bar on a terminal, drawn over and over in one line that fits", () => {
    const { out, text } = stream(true, 70);
    const show = progressBar(out);
    show(half);
    const start = "\r\x1b[2K";
    expect(text().startsWith(start)).toBe(true);
    expect(text().slice(start.length)).toMatch(
      /^Epoch 1\/2 {2}█{7}░{7} {2}loss 0\.5000 {2}[\d,]+ images\/s {2}\d+:\d\d left$/,
    );
    show({ ...half, images: 100 });
    expect(text().split("\r").at(-1)).toMatch(/█{14} .*left\n$/);
  });

  it("is one line an epoch elsewhere", () => {
    const { out, text } = stream(false);
    const show = progressBar(out);
    show(half);
    expect(text()).toBe("");
    show({ ...half, images: 100 });
    expect(text()).toMatch(/^Epoch 1\/2 {2}loss 0\.5000 {2}[\d,]+ images\/s {2}\d+:\d\d left\n$/);
  });
});

describe("report", () => {
  it("shows the confusion matrix with true classes as rows", () => {
    const rows = matrixTable([
      [5, 1],
      [0, 12],
    ]).split("\n");
    expect(rows[0]).toBe("  true │  0  1");
    expect(rows.slice(2)).toEqual(["     0 │  5  1", "     1 │  · 12"]);
  });

  it("draws digits side by side", () => {
    const pixels = new Uint8Array(784);
    pixels.fill(255, 14 * 28, 15 * 28);
    const drawing = drawDigits([
      { pixels, caption: "one" },
      { pixels: new Uint8Array(784), caption: "two" },
    ]);
    const lines = drawing.split("\n");
    // Row 14 is the first row of dots of its characters: 12 below 2, in fours.
    expect(lines[3]).toBe(`${"⠉".repeat(12)} ${"⠀".repeat(12)}`);
    expect(lines.slice(0, 3)).toEqual(new Array(3).fill(`${"⠀".repeat(12)} ${"⠀".repeat(12)}`));
    expect(drawing).toContain("one          two");
  });

  it("draws the loss on a logarithmic axis", () => {
    const svg = lossCurve(
      [
        { epoch: 0, loss: 1 },
        { epoch: 1, loss: 0.1 },
        { epoch: 2, loss: 0.01 },
      ],
      "Loss",
    );
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    const [, path] = /<path d="M([^"]+)" fill="none"/.exec(svg)!;
    const ys = path.split("L").map((point) => Number(point.split(" ")[1]));
    expect(ys[1] - ys[0]).toBeCloseTo(ys[2] - ys[1], 0);
    expect(ys[1]).toBeGreaterThan(ys[0]);
  });
});
