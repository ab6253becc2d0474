import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Raw numbers with their shape, row after row. */
export interface RawArray {
  readonly data: Float32Array | Int32Array | Uint8Array;
  readonly shape: readonly number[];
}

/** What PyTorch is to train the same net with: data as it went into the net here, and sizes and rates. */
export interface TwinInput {
  readonly arrays: Readonly<Record<string, RawArray>>;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** What PyTorch reached. */
export interface TwinResult {
  /** PyTorch's version. */
  readonly torch: string;
  readonly figures: Readonly<Record<string, number>>;
  /** Duration of training. */
  readonly seconds: number;
}

/** A result that is kept in `pytorch.json`, with the run that gave it. */
export interface TwinRecord extends TwinResult {
  readonly epochs: number;
  readonly seed: number;
  /** Day of the run, `2026-01-31`. */
  readonly date: string;
}

/** PyTorch could not be run, or said nothing that can be read. */
export class TwinError extends Error {}

const DTYPES = new Map<unknown, string>([
  [Float32Array, "float32"],
  [Int32Array, "int32"],
  [Uint8Array, "uint8"],
]);

/** Writes the arrays and a list of them into a folder, where `shared/twin.py` reads them. */
async function writeInput(folder: string, { arrays, settings }: TwinInput): Promise<void> {
  const list = Object.entries(arrays).map(([name, { data, shape }]) => ({
    name,
    shape,
    dtype: DTYPES.get(data.constructor)!,
  }));
  for (const [name, { data }] of Object.entries(arrays))
    await writeFile(
      join(folder, `${name}.bin`),
      new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    );
  await writeFile(join(folder, "input.json"), JSON.stringify({ arrays: list, settings }));
}

/** Standard output of a command; its standard error is shown. */
function outputOf(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.on("error", ({ message }) =>
      reject(new TwinError(`--torch: ${command} cannot be started (${message})`)),
    );
    child.on("close", (code, signal) => {
      if (code === 0) resolve(output);
      else reject(new TwinError(`--torch: ${command} ended with ${signal ?? `exit code ${code}`}`));
    });
  });
}

function checkResult(value: unknown): TwinResult {
  const { torch, figures, seconds } = (value ?? {}) as Partial<TwinResult>;
  const right =
    typeof torch === "string" &&
    typeof seconds === "number" &&
    typeof figures === "object" &&
    figures !== null &&
    Object.values(figures).every((figure) => Number.isFinite(figure));
  if (!right)
    throw new TwinError(
      `PyTorch's result: expected { torch, figures, seconds }, got ${JSON.stringify(value)}`,
    );
  return { torch, figures, seconds };
}

function parseOutput(output: string): unknown {
  try {
    return JSON.parse(output);
  } catch {
    throw new TwinError(
      `PyTorch's result: expected one line of JSON, got ${JSON.stringify(output)}`,
    );
  }
}

/** Trains the twin, `pytorch.py` in the example's folder, with this Python. */
export async function runTwin(python: string, example: URL, input: TwinInput): Promise<TwinResult> {
  const folder = await mkdtemp(join(tmpdir(), "nabla-example-"));
  try {
    await writeInput(folder, input);
    const script = fileURLToPath(new URL("pytorch.py", example));
    return checkResult(parseOutput(await outputOf(python, [script, folder])));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const recordFile = (example: URL): URL => new URL("pytorch.json", example);

/** Keeps a result beside the example. */
export async function writeRecord(example: URL, record: TwinRecord): Promise<void> {
  await writeFile(recordFile(example), `${JSON.stringify(record, null, 2)}\n`);
}

/** The result that was kept. */
export async function readRecord(example: URL): Promise<TwinRecord> {
  const value = JSON.parse(await readFile(recordFile(example), "utf8")) as TwinRecord;
  return { ...value, ...checkResult(value) };
}
