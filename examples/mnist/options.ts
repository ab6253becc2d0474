import { parseArgs } from "node:util";
import { defaultDevice, type Device, deviceNames, setDevice } from "nabla";

/** What the command line says. */
export interface Options {
  readonly epochs: number;
  readonly batchSize: number;
  readonly lr: number;
  readonly seed: number;
  readonly device: Device;
  readonly json: boolean;
  readonly help: boolean;
}

/** A command line, or an environment, that cannot be followed. */
export class UsageError extends Error {}

/** The device of that name; without one, `NABLA_DEVICE` or the framework's choice. */
function openDevice(name?: string, threads?: number): Device {
  try {
    if (name === undefined && threads === undefined) return defaultDevice();
    return setDevice(name ?? defaultDevice().name, { threads });
  } catch (error) {
    // A name or a number of threads that does not fit, here or in the environment.
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** `a, b or c` */
const alternatives = (names: readonly string[]): string =>
  [names.slice(0, -1).join(", "), ...names.slice(-1)].join(" or ");

export const help = (): string => `Trains a small network on the handwritten digits of MNIST.

Usage: npm start -- [options]

  --epochs N       passes over the 60,000 training digits (default 10)
  --batch-size N   digits a step (default 64)
  --lr X           learning rate of Adam (default 0.001); the last fifth of the epochs
                   runs at a tenth of it
  --device NAME    ${alternatives(deviceNames())} (default ${openDevice().name})
  --threads N      threads that share the work (default NABLA_THREADS, else the
                   processors for native and 1 for wasm)
  --seed N         seed of the initial weights and of the order of the digits (default 0)
  --json           on standard output, print nothing but one JSON object: testAccuracy,
                   macroRecall, macroF1, finalLoss (mean of the last epoch), seconds
                   (of training), device
  --help           print this text`;

function number(
  text: string,
  name: string,
  expected: string,
  right: (value: number) => boolean,
): number {
  const value = Number(text);
  if (text.trim() === "" || !right(value))
    throw new UsageError(`--${name}: expected ${expected}, got ${JSON.stringify(text)}`);
  return value;
}

const count = (text: string, name: string, most: number): number =>
  number(
    text,
    name,
    `an integer from 1 to ${most}`,
    (v) => Number.isInteger(v) && v >= 1 && v <= most,
  );

/** Reads the arguments after the program's name. Throws a `UsageError` that says what is wrong. */
export function readOptions(args: readonly string[]): Options {
  const values = parse(args);
  const threads = values.threads === undefined ? undefined : count(values.threads, "threads", 256);
  return {
    epochs: count(values.epochs, "epochs", 10_000),
    batchSize: count(values["batch-size"], "batch-size", 60_000),
    lr: number(values.lr, "lr", "a number > 0", (v) => v > 0 && v < Infinity),
    seed: number(values.seed, "seed", "an integer >= 0", (v) => Number.isSafeInteger(v) && v >= 0),
    device: openDevice(values.device, threads),
    json: values.json,
    help: values.help,
  };
}

/** `--lr -1` as `--lr=-1`: a number is never an option. */
function joinNegative(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const before = joined.at(-1);
    if (/^-[\d.]/.test(arg) && before?.startsWith("--"))
      joined[joined.length - 1] = `${before}=${arg}`;
    else joined.push(arg);
  }
  return joined;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: joinNegative(args),
      options: {
        epochs: { type: "string", default: "10" },
        "batch-size": { type: "string", default: "64" },
        lr: { type: "string", default: "0.001" },
        seed: { type: "string", default: "0" },
        device: { type: "string" },
        threads: { type: "string" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
