import { parseArgs, type ParseArgsConfig } from "node:util";
import { defaultDevice, type Device, deviceNames, setDevice } from "nabla";

/** A command line, or an environment, that cannot be followed. */
export class UsageError extends Error {}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/** The device of that name; without one, `NABLA_DEVICE` or the framework's choice. */
export function openDevice(name?: string, threads?: number): Device {
  try {
    if (name === undefined && threads === undefined) return defaultDevice();
    return setDevice(name ?? defaultDevice().name, { threads });
  } catch (error) {
    // A name or a number of threads that does not fit, here or in the environment.
    throw new UsageError(messageOf(error));
  }
}

/** `a, b or c` */
const alternatives = (names: readonly string[]): string =>
  [names.slice(0, -1).join(", "), ...names.slice(-1)].join(" or ");

/** What a help text says of `--device` and `--threads`. */
export const deviceHelp = (): string =>
  `  --device NAME    ${alternatives(deviceNames())} (default ${openDevice().name})
  --threads N      threads that share the work (default NABLA_THREADS, else the
                   processors for native and 1 for wasm)`;

/** A number that an option gives. Throws a `UsageError` that names the option and what it expects. */
export function number(
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

export const count = (text: string, name: string, most: number): number =>
  number(
    text,
    name,
    `an integer from 1 to ${most}`,
    (v) => Number.isInteger(v) && v >= 1 && v <= most,
  );

export const seedNumber = (text: string): number =>
  number(text, "seed", "an integer >= 0", (v) => Number.isSafeInteger(v) && v >= 0);

/** One of several words. */
export function oneOf<T extends string>(text: string, name: string, words: readonly T[]): T {
  const found = words.find((word) => word === text);
  if (found === undefined)
    throw new UsageError(`--${name}: expected ${alternatives(words)}, got ${JSON.stringify(text)}`);
  return found;
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

type OptionTypes = NonNullable<ParseArgsConfig["options"]>;
type Values<T extends OptionTypes> = ReturnType<
  typeof parseArgs<{ args: string[]; options: T }>
>["values"];

/** The values of options. Throws a `UsageError` for options that there are not, and values that are missing. */
export function parse<const T extends OptionTypes>(args: readonly string[], options: T): Values<T> {
  try {
    return parseArgs({ args: joinNegative(args), options }).values;
  } catch (error) {
    throw new UsageError(messageOf(error));
  }
}
