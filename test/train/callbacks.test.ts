import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { loadCheckpoint, saveCheckpoint } from "../../src/io/index.ts";
import { ClassificationMeter } from "../../src/metrics/index.ts";
import { type Tensor } from "../../src/tensor/index.ts";
import {
  bestCheckpoint,
  type Callback,
  earlyStopping,
  htmlReport,
  jsonLines,
  logConsole,
  metricsOf,
  progress,
  tensorBoard,
  Trainer,
} from "../../src/train/index.ts";
import { crc32c } from "../../src/train/tensorboard/crc32c.ts";
import { bits, makeLoader, makeNet, setUp } from "./setting.ts";

let folder: string;
const folders: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "nabla-train-"));
  folders.push(folder);
});
afterAll(() => {
  for (const made of folders) rmSync(made, { recursive: true, force: true });
});
const inFolder = (name: string): string => path.join(folder, name);

/** A metric of the validation that takes these values one after the other. */
function given(values: readonly number[]) {
  let at = -1;
  return {
    reset: () => {
      at++;
    },
    update: () => undefined,
    compute: () => values[at],
  };
}

const fit = (callbacks: Callback[], score: readonly number[], options: object = {}) => {
  const parts = setUp();
  const trainer = new Trainer({ ...parts, callbacks, metrics: { score: given(score) } });
  const validation = makeLoader({ batchSize: 60 });
  const history = trainer.fit(makeLoader(), { epochs: score.length, validation, ...options });
  return { ...parts, history };
};

describe("early stopping", () => {
  const monitor = "validation.score";

  test.each([
    ["min", 0, [3, 2, 2, 1, 1, 0], 3],
    ["min", 1, [3, 2, 2, 1, 1, 1, 0], 6],
    ["max", 1, [3, 4, 3, 3, 9], 4],
    ["max", 0, [NaN, 4, 5, NaN, 6], 1],
    ["max", 5, [1, 2, 3], 3],
  ] as const)("%s, patience %i, %j: %i epochs", async (mode, patience, values, epochs) => {
    const stop = earlyStopping({ monitor, mode, patience });
    expect(await fit([stop], values).history).toHaveLength(epochs);
    // A callback may be used again.
    expect(await fit([stop], values).history).toHaveLength(epochs);
  });

  test("counts what is better by minDelta alone, and says why it stops", async () => {
    const written: string[] = [];
    const out = { write: (text: string) => written.push(text) };
    const stop = earlyStopping({ monitor, patience: 1, minDelta: 0.5 });
    expect(await fit([stop, progress({ out })], [1, 0.75, 0.6, 0]).history).toHaveLength(3);
    expect(written.at(-1)).toBe("Stopped: no progress for 2 epochs, best validation.score 1\n");
  });

  test("goes on where it was, and stays stopped", async () => {
    const file = inFolder("last");
    const stop = () => earlyStopping({ monitor, patience: 1 });
    const values = [3, 4, 5, 6, 7];
    await fit([stop()], values, { epochs: 2, checkpoint: file }).history;
    // The metric starts anew: 3 is not better than the 3 of before.
    const { history } = fit([stop()], values, { checkpoint: file, resume: true });
    expect(await history).toHaveLength(3);
    expect(await fit([stop()], values, { resume: file }).history).toHaveLength(3);
  });

  test.each([
    [{ patience: -1 }, "earlyStopping: patience must be an integer >= 0, got -1"],
    [{ mode: "low" as never }, 'earlyStopping: mode must be min or max, got "low"'],
    [{ minDelta: NaN }, "earlyStopping: minDelta must be a finite number >= 0, got NaN"],
  ])("with %o is an error", (options, message) => {
    expect(() => earlyStopping(options)).toThrow(message);
  });

  test("needs the value that it watches", async () => {
    await expect(fit([earlyStopping({ monitor: "x" })], [1]).history).rejects.toThrow(
      'earlyStopping: there is no value "x" to go by; there are loss, lr, validation.loss, validation.score',
    );
  });
});

test("the best checkpoint has the weights of the best epoch", async () => {
  const seen: object[] = [];
  const note: Callback = {
    name: "note",
    onEpochEnd: async ({ model }) => void seen.push(await bits(model)),
  };
  const best = bestCheckpoint(inFolder("best"), { monitor: "validation.score", mode: "max" });
  await fit([note, best], [1, 5, 3, 4]).history;
  const model = makeNet();
  const { metrics } = await loadCheckpoint(inFolder("best"), { model });
  expect(metrics!["validation.score"]).toBe(5);
  expect(await bits(model)).toEqual(seen[1]);
  // It is a whole state: the run can be taken up there.
  const again = fit([note, best], [1, 5, 3, 4], { resume: inFolder("best") });
  expect((await again.history).map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
  expect(seen.slice(4)).toEqual(seen.slice(2, 4));
});

describe("logs", () => {
  const run = (callbacks: Callback[], options: object, resume?: string) => {
    const trainer = new Trainer({ ...setUp(), callbacks, logEvery: 3 });
    return trainer.fit(makeLoader(), { epochs: 2, resume, ...options });
  };
  const lines = (file: string): Record<string, unknown>[] =>
    readFileSync(file, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  test("as JSON lines have every record, and go on with a run", async () => {
    const file = inFolder("log.jsonl");
    writeFileSync(file, "from another run\n");
    const checkpoint = { path: inFolder("last"), everySteps: 5, everyEpochs: 9 };
    const history = await run([jsonLines(file)], { checkpoint });
    const whole = lines(file);
    expect(whole.map(({ type, step }) => `${String(type)} ${String(step)}`)).toEqual(
      ["step 3", "step 6", "epoch 8", "step 9", "step 12", "step 15", "epoch 16"], // prettier-ignore
    );
    const { seconds, values } = history[1];
    expect(whole.at(-1)).toEqual({ type: "epoch", epoch: 2, step: 16, seconds, ...values });
    expect(whole[3]).toMatchObject({ epoch: 2, loss: expect.any(Number) as number, lr: 0.01 });
    // The checkpoint is of step 15; the last line was cut off.
    writeFileSync(file, readFileSync(file, "utf8").slice(0, -9));
    await run([jsonLines(file)], {}, checkpoint.path);
    expect(lines(file).map(({ loss }) => loss)).toEqual(whole.map(({ loss }) => loss));
  });

  test("on a console are lines of text", async () => {
    const written: string[] = [];
    await run([logConsole({ out: { write: (text) => written.push(text) } })], { epochs: 1 });
    expect(written[0]).toMatch(
      /^epoch 1 {2}step 3 {2}loss [\d.]+ {2}lr 0\.01 {2}samplesPerSecond [\d.e+]+\n$/,
    );
    expect(written.at(-1)).toMatch(/^epoch 1 ended {2}step 8 {2}loss [\d.]+ {2}lr 0\.01\n$/);
  });

  test("of TensorBoard are read back", async () => {
    const history = await run([tensorBoard(inFolder("runs"))], { validation: makeLoader() });
    const [name] = readdirSync(inFolder("runs"));
    expect(name).toMatch(/^events\.out\.tfevents\.\d+\./);
    const events = records(readFileSync(path.join(folder, "runs", name))).map(eventOf);
    expect(events[0]).toMatchObject({ version: "brain.Event:2", step: 0, values: {} });
    expect(events.slice(1).map(({ step }) => step)).toEqual([3, 6, 8, 9, 12, 15, 16]);
    const last = events.at(-1)!;
    expect(Math.abs(last.time - Date.now() / 1000)).toBeLessThan(60);
    expect(Object.keys(last.values)).toEqual(["validation/loss", "epoch/loss", "epoch/number"]);
    const { values } = history[1];
    expect(last.values["epoch/loss"]).toBe(Math.fround(values.loss));
    expect(last.values["validation/loss"]).toBe(Math.fround(values["validation.loss"]));
    expect(Object.keys(events[1].values)).toEqual(["train/loss", "train/lr", "train/samplesPerSecond"]); // prettier-ignore
  });
});

test("CRC-32C has the values of its definition", () => {
  // RFC 3720, appendix B.4, and the usual check value.
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
  expect(crc32c(new TextEncoder().encode("123456789"))).toBe(0xe3069283);
});

/** The contents of the records of a file, their checksums compared bit by bit. */
function records(file: Uint8Array): Uint8Array[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const slowCrc = (bytes: Uint8Array): number => {
    let crc = 0xffffffff;
    for (const byte of bytes)
      for (let bit = 0; bit < 8; bit++) {
        const odd = (crc ^ (byte >> bit)) & 1;
        crc = odd ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
      }
    crc = ~crc >>> 0;
    return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
  };
  const found: Uint8Array[] = [];
  for (let at = 0; at < file.byteLength;) {
    const length = Number(view.getBigUint64(at, true));
    const data = file.subarray(at + 12, at + 12 + length);
    expect(view.getUint32(at + 8, true)).toBe(slowCrc(file.subarray(at, at + 8)));
    expect(view.getUint32(at + 12 + length, true)).toBe(slowCrc(data));
    found.push(data);
    at += length + 16;
  }
  return found;
}

type Field = [number: number, value: number | Uint8Array];

/** The fields of a message of protocol buffers. */
function fieldsOf(bytes: Uint8Array): Field[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  const fields: Field[] = [];
  while (at < bytes.byteLength) {
    const key = varint();
    const [field, wire] = [key >> 3, key & 7];
    if (wire === 0) fields.push([field, varint()]);
    else if (wire === 1) fields.push([field, view.getFloat64((at += 8) - 8, true)]);
    else if (wire === 5) fields.push([field, view.getFloat32((at += 4) - 4, true)]);
    else {
      const length = varint();
      fields.push([field, bytes.subarray(at, (at += length))]);
    }
  }
  return fields;
}

function eventOf(bytes: Uint8Array) {
  const text = (value: unknown): string => new TextDecoder().decode(value as Uint8Array);
  const fields = new Map(fieldsOf(bytes));
  const values = fieldsOf((fields.get(5) ?? new Uint8Array()) as Uint8Array).map(([, value]) => {
    const parts = new Map(fieldsOf(value as Uint8Array));
    return [text(parts.get(1)), parts.get(2) as number] as const;
  });
  return {
    time: fields.get(1) as number,
    step: (fields.get(2) ?? 0) as number,
    version: fields.has(3) ? text(fields.get(3)) : undefined,
    values: Object.fromEntries(values),
  };
}

test("the report has curves, the matrix and a row for each epoch", async () => {
  const meter = new ClassificationMeter(3);
  const classNames = ["<a>", "b & c", "d"];
  const report = htmlReport(inFolder("report.html"), { title: 'A "run"', meter, classNames });
  const trainer = new Trainer({ ...setUp(), metrics: metricsOf(meter), callbacks: [report], logEvery: 2 }); // prettier-ignore
  await trainer.fit(makeLoader(), { epochs: 3, validation: makeLoader() });
  const page = readFileSync(inFolder("report.html"), "utf8");
  expect(page).toMatch(/^<!doctype html>/);
  expect(page).not.toMatch(/NaN|undefined|Infinity|<a>|src=|href=/);
  expect(page).toContain("<h1>A &quot;run&quot;</h1>");
  expect(page).toContain("<th>&lt;a&gt;</th>");
  expect(page.match(/<svg /g)).toHaveLength(3);
  const matrix = meter.confusionMatrix();
  const cells = [...page.matchAll(/<td style=[^>]*>(\d+|·)</g)].map(([, n]) => Number(n) || 0);
  expect(cells).toEqual(matrix.flat());
  expect(page.match(/<tr><td>\d/g)).toHaveLength(3);
});

test("a checkpoint that no Trainer saved, or that its loader cannot use, is an error", async () => {
  const { model, optimizer } = setUp();
  await saveCheckpoint(inFolder("other"), { model, optimizer, loader: makeLoader() });
  await expect(fit([], [1], { resume: inFolder("other") }).history).rejects.toThrow(
    `${inFolder("other")}: expected the checkpoint of a Trainer, got one without its run`,
  );
  const batches: [Tensor, Tensor][] = [];
  for await (const batch of makeLoader()) batches.push(batch);
  const stop: Callback = { name: "stop", onStep: (run) => run.stop("enough") };
  const checkpoint = inFolder("last");
  await new Trainer({ ...setUp(), callbacks: [stop] }).fit(batches, { epochs: 1, checkpoint });
  await expect(
    new Trainer(setUp()).fit(batches, { epochs: 1, resume: checkpoint }),
  ).rejects.toThrow(
    `${checkpoint}: it was saved within an epoch, and this loader cannot go on there: ` +
      "use a DataLoader, or save at the ends of epochs alone",
  );
});
