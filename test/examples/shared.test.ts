import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { comparison } from "../../examples/shared/comparison.ts";
import { type Example, exampleHelp, readExampleOptions } from "../../examples/shared/example.ts";
import { DivergedError, LossReader } from "../../examples/shared/losses.ts";
import { oneOf, UsageError } from "../../examples/shared/options.ts";
import { readRecord, runTwin, TwinError, writeRecord } from "../../examples/shared/twin.ts";
import { tensor } from "../../src/index.ts";

describe("options", () => {
  const example: Example<"size"> = {
    folder: new URL("./", import.meta.url),
    name: "boxes",
    about: "Packs boxes.",
    epochs: 7,
    own: {
      size: {
        value: "SIZE",
        help: "size of the boxes",
        default: "small",
        check: (text) => oneOf(text, "size", ["small", "large"]),
      },
    },
    figures: [],
    run: () => Promise.reject(new Error("not to be run")),
  };

  it("have the defaults that --help names", () => {
    expect(readExampleOptions([], example)).toMatchObject({
      epochs: 7,
      seed: 0,
      threads: undefined,
      torch: undefined,
      record: false,
      json: false,
      own: { size: "small" },
    });
    const help = exampleHelp(example);
    expect(help).toContain('--size SIZE      size of the boxes (default "small")');
    for (const name of ["epochs", "seed", "device", "threads", "torch", "record", "json", "help"])
      expect(help).toContain(`--${name}`);
    for (const line of help.split("\n")) expect(line.length).toBeLessThan(100);
  });

  it("are read", () => {
    const args = "--size large --epochs 2 --seed 3 --device js --torch python3 --record --json";
    const options = readExampleOptions(args.split(" "), example);
    expect(options).toMatchObject({ epochs: 2, seed: 3, torch: "python3", json: true });
    expect(options.own.size).toBe("large");
    expect(options.device.name).toBe("js");
  });

  it.each([
    ["--epochs 0", /--epochs: expected an integer from 1 to 10000, got "0"/],
    ["--seed -1", /--seed: expected an integer >= 0, got "-1"/],
    ["--size huge", /--size: expected small or large, got "huge"/],
    ["--record", /--record: expected --torch too/],
    ["--device abacus", /no device is named "abacus"/],
    ["--weight 3", /'--weight'/],
  ])("that are wrong are named: %s", (args, message) => {
    expect(() => readExampleOptions(args.split(" "), example)).toThrow(UsageError);
    expect(() => readExampleOptions(args.split(" "), example)).toThrow(message);
  });
});

describe("losses", () => {
  it("are read fifty at a time, and at the end", async () => {
    const losses = new LossReader(60);
    for (let i = 0; i < 60; i++) {
      const recent = await losses.add(tensor(i));
      expect(recent).toBe(i === 49 ? 24.5 : i === 59 ? 54.5 : undefined);
    }
    expect(losses.read).toBe(60);
    expect(losses.mean).toBe(29.5);
  });

  it("that are no numbers end the training", async () => {
    const losses = new LossReader(1, ": look at the data");
    await expect(losses.add(tensor(NaN))).rejects.toThrow(DivergedError);
    await expect(new LossReader(1, ": look").add(tensor(Infinity))).rejects.toThrow(
      "The loss is not a number any more: look",
    );
  });
});

it("figures stand side by side with their difference", () => {
  const figures = [
    { key: "accuracy", label: "accuracy", unit: "%", digits: 1 },
    { key: "loss", label: "loss", digits: 2 },
    { key: "naive", label: "naive", digits: 0 },
    { key: "f1", label: "F1", digits: 0 },
  ];
  const ours = { figures: { accuracy: 98.25, loss: 0.5, naive: 3 }, seconds: 2 };
  const theirs = { torch: "2.0", figures: { accuracy: 98, loss: 0.75, f1: 1 }, seconds: 1.26 };
  expect(comparison(figures, ours, theirs).split("\n")).toEqual([
    "                      Nabla  PyTorch 2.0  difference",
    "accuracy             98.3 %       98.0 %        +0.3",
    "loss                   0.50         0.75       −0.25",
    "naive                     3            –           –",
    "seconds of training     2.0          1.3",
  ]);
});

describe("the twin", () => {
  let folder: string;
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "nabla-twin-"))));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** What comes of a script in the place of PyTorch's; Node stands for Python. */
  const run = (script: string): ReturnType<typeof runTwin> => {
    writeFileSync(join(folder, "pytorch.py"), script);
    return runTwin(process.execPath, pathToFileURL(`${folder}/`), {
      arrays: {
        x: { data: Float32Array.of(1.5, 2, 3, 4), shape: [2, 2] },
        y: { data: Int32Array.of(7, 8).subarray(1), shape: [1] },
      },
      settings: { seed: 5 },
    });
  };

  it("is given arrays and settings, and its result is read", async () => {
    const result = await run(`
      const { readFileSync } = require("node:fs");
      const read = (name) => readFileSync(process.argv[2] + "/" + name);
      const { arrays, settings } = JSON.parse(read("input.json"));
      const described = JSON.stringify(arrays);
      if (described !== '[{"name":"x","shape":[2,2],"dtype":"float32"},{"name":"y","shape":[1],"dtype":"int32"}]')
        throw new Error(described);
      const figures = {
        first: read("x.bin").readFloatLE(0),
        last: read("y.bin").readInt32LE(0),
        bytes: read("y.bin").length,
        seed: settings.seed,
      };
      console.log(JSON.stringify({ torch: "0", figures, seconds: 1 }));
    `);
    expect(result).toEqual({
      torch: "0",
      figures: { first: 1.5, last: 8, bytes: 4, seed: 5 },
      seconds: 1,
    });
    const url = pathToFileURL(`${folder}/`);
    const record = { ...result, epochs: 1, seed: 5, date: "2026-01-31" };
    await writeRecord(url, record);
    expect(await readRecord(url)).toEqual(record);
  });

  it("that fails, or says nothing that can be read, is an error", async () => {
    await expect(run("process.exit(3)")).rejects.toThrow(/ended with exit code 3/);
    await expect(run("console.log('{}')")).rejects.toThrow(TwinError);
    await expect(run("console.log('epoch 1')")).rejects.toThrow(
      /expected one line of JSON, got "epoch 1\\n"/,
    );
    const missing = runTwin("no-such-python", new URL("./", import.meta.url), {
      arrays: {},
      settings: {},
    });
    await expect(missing).rejects.toThrow(/no-such-python cannot be started/);
  });
});
