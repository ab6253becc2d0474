import { type Device } from "nabla";
import { count, deviceHelp, number, openDevice, parse, seedNumber } from "../shared/options.ts";

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

export const help = (): string => `Trains a small network on the handwritten digits of MNIST.

Usage: npm start -- [options]

  --epochs N       passes over the 60,000 training digits (default 10)
  --batch-size N   digits a step (default 64)
  --lr X           learning rate of Adam (default 0.001); the last fifth of the epochs
                   runs at a tenth of it
${deviceHelp()}
  --seed N         seed of the initial weights and of the order of the digits (default 0)
  --json           on standard output, print nothing but one JSON object: testAccuracy,
                   macroRecall, macroF1, finalLoss (mean of the last epoch), seconds
                   (of training), device
  --help           print this text`;

/** Reads the arguments after the program's name. Throws a `UsageError` that says what is wrong. */
export function readOptions(args: readonly string[]): Options {
  const values = parse(args, {
    epochs: { type: "string", default: "10" },
    "batch-size": { type: "string", default: "64" },
    lr: { type: "string", default: "0.001" },
    seed: { type: "string", default: "0" },
    device: { type: "string" },
    threads: { type: "string" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  });
  const threads = values.threads === undefined ? undefined : count(values.threads, "threads", 256);
  return {
    epochs: count(values.epochs, "epochs", 10_000),
    batchSize: count(values["batch-size"], "batch-size", 60_000),
    lr: number(values.lr, "lr", "a number > 0", (v) => v > 0 && v < Infinity),
    seed: seedNumber(values.seed),
    device: openDevice(values.device, threads),
    json: values.json,
    help: values.help,
  };
}
