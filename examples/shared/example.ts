import { type Device, manualSeed } from "nabla";
import { type Output } from "nabla/train";
import { comparison, type Figure } from "./comparison.ts";
import { DivergedError } from "./losses.ts";
import { count, deviceHelp, openDevice, parse, seedNumber, UsageError } from "./options.ts";
import { readRecord, runTwin, TwinError, type TwinInput, writeRecord } from "./twin.ts";

/** An option that only one example has. */
export interface OwnOption {
  /** `WORD` in `--name WORD`. */
  readonly value: string;
  readonly help: string;
  readonly default: string;
  /** Throws a `UsageError` for values that are none. */
  readonly check?: (text: string) => unknown;
}

/** An example that is trained here and in PyTorch. */
export interface Example<K extends string = never> {
  /** Address of its folder, with a slash at the end. */
  readonly folder: URL;
  readonly name: string;
  /** What it does, a sentence or two. */
  readonly about: string;
  /** Passes over the training data where `--epochs` says nothing. */
  readonly epochs: number;
  readonly own?: Readonly<Record<K, OwnOption>>;
  /** What is measured, here and there. */
  readonly figures: readonly Figure[];
  readonly run: (context: Context<K>) => Promise<Outcome>;
}

/** What the command line says. */
export interface ExampleOptions<K extends string = never> {
  readonly epochs: number;
  readonly seed: number;
  readonly device: Device;
  /** Threads for the device and for PyTorch; undefined for the choice of each. */
  readonly threads: number | undefined;
  /** The Python whose PyTorch trains the twin. */
  readonly torch: string | undefined;
  readonly record: boolean;
  readonly json: boolean;
  readonly help: boolean;
  readonly own: Readonly<Record<K, string>>;
}

export interface Context<K extends string = never> extends ExampleOptions<K> {
  /** Where the text for people goes. */
  readonly out: Output;
  readonly say: (text: string) => void;
}

/** What a run gave. */
export interface Outcome {
  readonly figures: Readonly<Record<string, number>>;
  /** Duration of training. */
  readonly seconds: number;
  readonly twin: TwinInput;
}

const optionHelp = (name: string, { value, help, default: preset }: OwnOption): string =>
  `  ${`--${name} ${value}`.padEnd(15)}  ${help} (default ${JSON.stringify(preset)})\n`;

export const exampleHelp = <K extends string>(example: Example<K>): string => `${example.about}

Usage: npm run example -- ${example.name} [options]

${Object.entries<OwnOption>(example.own ?? {})
  .map(([name, option]) => optionHelp(name, option))
  .join("")}  --epochs N       passes over the training data (default ${example.epochs})
  --seed N         seed of the initial weights and of the order of the data (default 0)
${deviceHelp()}
  --torch PYTHON   train the same net in PyTorch too, with this Python
  --record         keep PyTorch's figures in examples/${example.name}/pytorch.json
  --json           on standard output, print nothing but one line of JSON
  --help           print this text`;

/** Reads the arguments after the program's name. Throws a `UsageError` that says what is wrong. */
export function readExampleOptions<K extends string>(
  args: readonly string[],
  example: Example<K>,
): ExampleOptions<K> {
  const own = Object.entries<OwnOption>(example.own ?? {});
  const values = parse(args, {
    epochs: { type: "string", default: String(example.epochs) },
    seed: { type: "string", default: "0" },
    device: { type: "string" },
    threads: { type: "string" },
    torch: { type: "string" },
    record: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
    ...Object.fromEntries(
      own.map(([name, option]) => [name, { type: "string" as const, default: option.default }]),
    ),
  });
  const { torch, record, json, help } = values;
  const threads = values.threads === undefined ? undefined : count(values.threads, "threads", 256);
  if (record && torch === undefined)
    throw new UsageError("--record: expected --torch too, because it keeps what PyTorch reaches");
  const given = values as Readonly<Record<string, unknown>>;
  for (const [name, { check }] of own) check?.(given[name] as string);
  return {
    epochs: count(values.epochs, "epochs", 10_000),
    seed: seedNumber(values.seed),
    device: openDevice(values.device, threads),
    threads,
    torch,
    record,
    json,
    help,
    own: Object.fromEntries(own.map(([name]) => [name, given[name]])) as Record<K, string>,
  };
}

/** Trains here, in PyTorch where asked to, and prints the figures of both. */
async function runExample<K extends string>(
  example: Example<K>,
  options: ExampleOptions<K>,
): Promise<void> {
  const { epochs, seed, device, threads, torch, record, json } = options;
  const out = json ? process.stderr : process.stdout;
  const say = (text: string): void => void out.write(`${text}\n`);
  manualSeed(seed);
  const ours = await example.run({ ...options, out, say });

  let theirs;
  if (torch === undefined) theirs = await readRecord(example.folder);
  else {
    say("\nPyTorch, the same net on the same data");
    const { arrays, settings } = ours.twin;
    const result = await runTwin(torch, example.folder, {
      arrays,
      settings: { ...settings, epochs, seed, threads: threads ?? null },
    });
    theirs = { ...result, epochs, seed, date: new Date().toISOString().slice(0, 10) };
    if (record) await writeRecord(example.folder, theirs);
  }
  say(`\n${comparison(example.figures, ours, theirs)}`);
  if (torch === undefined)
    say(
      `PyTorch's figures are those of ${theirs.date} (${theirs.epochs} epochs, seed ${theirs.seed}); ` +
        "--torch PYTHON measures them anew",
    );
  if (json)
    console.log(
      JSON.stringify({
        example: example.name,
        epochs,
        seed,
        device: device.name,
        figures: ours.figures,
        seconds: ours.seconds,
        pytorch: { ...theirs, recorded: torch === undefined },
      }),
    );
}

/** Runs a program; a command that cannot be followed and training that failed end it with one line. */
export async function runCommand(command: string, main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(`${error.message}\nSee ${command} --help`);
      process.exitCode = 2;
    } else if (error instanceof DivergedError || error instanceof TwinError) {
      console.error(error.message);
      process.exitCode = 1;
    } else throw error;
  }
}

/** The whole program of an example. */
export const start = <K extends string>(example: Example<K>): Promise<void> =>
  runCommand(`npm run example -- ${example.name}`, async () => {
    const options = readExampleOptions(process.argv.slice(2), example);
    if (options.help) console.log(exampleHelp(example));
    else await runExample(example, options);
  });
