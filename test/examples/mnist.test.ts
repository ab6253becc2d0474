import { afterEach, describe, expect, it, vi } from "vitest";
import { drawDigits } from "../../examples/mnist/digits.ts";
import { help, readOptions } from "../../examples/mnist/options.ts";
import { matrixTable } from "../../examples/mnist/report.ts";
import { UsageError } from "../../examples/shared/options.ts";

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
});
