import { nodeFiles, pathOf, writeAtomically } from "../io/atomic.ts";
import { type Callback, type Run, type Values } from "./callback.ts";
import { defaultOutput, type Output } from "./progress.ts";

/** Options of `logConsole`. */
export interface LogConsoleOptions {
  /** Default: standard output, or a browser's console. */
  readonly out?: Output;
}

const words = (values: Values): string =>
  Object.entries(values)
    .map(([name, value]) => `${name} ${Number(value.toPrecision(5))}`)
    .join("  ");

/**
 * A line of text every `logEvery` steps, and one with all values after every epoch.
 *
 * @example
 * const trainer = new Trainer({ model: net, criterion, optimizer, callbacks: [logConsole()] });
 */
export function logConsole({ out = defaultOutput() }: LogConsoleOptions = {}): Callback {
  return {
    name: "logConsole",
    onLog: (_, { epoch, step, values }) =>
      void out.write(`epoch ${epoch}  step ${step}  ${words(values)}\n`),
    onEpochEnd: ({ history }) => {
      const { epoch, step, values } = history.at(-1)!;
      out.write(`epoch ${epoch} ended  step ${step}  ${words(values)}\n`);
    },
  };
}

/** A line of a log: JSON has no numbers that are not finite, which become their names. */
const jsonLine = (record: object): string =>
  `${JSON.stringify(record, (_, value: unknown) =>
    typeof value === "number" && !Number.isFinite(value) ? String(value) : value,
  )}\n`;

/** The lines of a log up to a step; a last line that was cut off is left out. */
function linesUpTo(text: string, step: number): string[] {
  return text.split("\n").filter((line) => {
    try {
      return (JSON.parse(line) as { step: number }).step <= step;
    } catch {
      return false;
    }
  });
}

async function begin(file: string, { resumedAt }: Run): Promise<void> {
  const { readFile } = await nodeFiles();
  const text = resumedAt === 0 ? "" : await readFile(file, "utf8").catch(() => "");
  const kept = linesUpTo(text, resumedAt).map((line) => `${line}\n`);
  await writeAtomically(file, [new TextEncoder().encode(kept.join(""))]);
}

/**
 * Writes a file of JSON lines: one every `logEvery` steps (`{"type":"step","epoch":1,"step":50,"loss":0.4,…}`) and one after
 * every epoch (`"type":"epoch"`). A run that starts replaces the file; one that goes on continues it from its step.
 *
 * @example
 * const callbacks = [jsonLines("log.jsonl")];
 * const trainer = new Trainer({ model: net, criterion, optimizer, callbacks });
 */
export function jsonLines(path: string | URL): Callback {
  const append = async (record: object): Promise<void> => {
    const { appendFile } = await nodeFiles();
    await appendFile(await pathOf(path), jsonLine(record));
  };
  return {
    name: "jsonLines",
    onFitStart: async (run) => begin(await pathOf(path), run),
    onLog: (_, { epoch, step, values }) => append({ type: "step", epoch, step, ...values }),
    onEpochEnd: ({ history }) => {
      const { epoch, step, seconds, values } = history.at(-1)!;
      return append({ type: "epoch", epoch, step, seconds, ...values });
    },
  };
}
