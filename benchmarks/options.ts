import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { type Effort } from "./harness/lane.ts";
import { FRAMEWORKS } from "./peers/index.ts";
import { WORKLOADS } from "./workloads/index.ts";

/** What the command line says. */
export interface Options {
  /** Names of the workloads to run. */
  readonly workloads: readonly string[];
  /** Texts of which a variant's name must contain one; empty for all variants. */
  readonly variants: readonly string[];
  /** Names of peers to measure beside Nabla; undefined for all that are installed. */
  readonly peers: readonly string[] | undefined;
  readonly threads: readonly number[];
  /** Devices of Nabla; the first is the one that ratios are relative to. */
  readonly devices: readonly string[];
  readonly effort: Effort;
  /** Where results go: this path with .json, .md and .svg. */
  readonly out: string;
  /** Whether results of other workloads in the files stay. */
  readonly add: boolean;
  readonly install: boolean;
  readonly help: boolean;
}

/** A command line that cannot be followed. */
export class UsageError extends Error {}

const PEERS = FRAMEWORKS.filter(({ program }) => program !== "nabla").flatMap(({ peers }) =>
  peers.map(({ id }) => id),
);
const NAMES = WORKLOADS.map(({ name }) => name);

export const HELP = `Measures Nabla beside other frameworks, in one run, and checks that all compute the same.

Usage: npm run bench -- [workload …] [options]

Workloads (default all): ${NAMES.join(", ")}
${WORKLOADS.map(({ name, title }) => `  ${name.padEnd(13)}${title}`).join("\n")}

  --peers a,b       measure only these beside Nabla: ${PEERS.join(", ")}
  --variant a,b     only variants whose name contains one of these texts, such as "768 nn"
  --threads N,…     threads that every peer gets (default ${defaultThreads()}); several run one after the other
  --device NAME,…   devices of Nabla; ratios are relative to the first (default native,wasm)
  --seconds X       seconds that each peer's steps are timed for (default 3)
  --rounds N        blocks that this time is divided into; peers take turns (default 9)
  --patience X      seconds that a slow peer may take for the check and again for the timing; five times
                    as many for its first step (default 60)
  --quick           short: --seconds 0.6 --rounds 3 --patience 10
  --out PATH        write PATH.json, PATH.md and PATH.svg (default benchmarks/results)
  --add             keep the results of other workloads and numbers of threads in the files
  --install         first install the Python peers into benchmarks/.venv (PyTorch, JAX; about 1.5 GB)
  --help            print this text`;

function defaultThreads(): number {
  return Math.min(2, cpus().length);
}

function number(
  text: string,
  name: string,
  expected: string,
  right: (v: number) => boolean,
): number {
  const value = Number(text);
  if (text.trim() === "" || !right(value))
    throw new UsageError(`--${name}: expected ${expected}, got ${JSON.stringify(text)}`);
  return value;
}

const positive = (text: string, name: string): number =>
  number(text, name, "a number > 0", (v) => v > 0 && v < Infinity);

const count = (text: string, name: string, most: number): number =>
  number(
    text,
    name,
    `an integer from 1 to ${most}`,
    (v) => Number.isInteger(v) && v >= 1 && v <= most,
  );

const list = (text: string): string[] =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");

function known(names: readonly string[], all: readonly string[], what: string): readonly string[] {
  for (const name of names)
    if (!all.includes(name))
      throw new UsageError(`no ${what} is named "${name}": expected one of ${all.join(", ")}`);
  return names;
}

/** Reads the arguments after the program's name. Throws a `UsageError` that says what is wrong. */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parse(args);
  const { quick } = values;
  return {
    workloads: positionals.length === 0 ? NAMES : known(positionals, NAMES, "workload"),
    variants: list(values.variant ?? ""),
    peers: values.peers === undefined ? undefined : known(list(values.peers), PEERS, "peer"),
    threads: list(values.threads ?? String(defaultThreads())).map((n) => count(n, "threads", 256)),
    devices: list(values.device ?? "native,wasm"),
    effort: {
      seconds: positive(values.seconds ?? (quick ? "0.6" : "3"), "seconds"),
      rounds: count(values.rounds ?? (quick ? "3" : "9"), "rounds", 1000),
      patience: positive(values.patience ?? (quick ? "10" : "60"), "patience"),
    },
    out: values.out ?? "benchmarks/results",
    add: values.add,
    install: values.install,
    help: values.help,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        peers: { type: "string" },
        variant: { type: "string" },
        threads: { type: "string" },
        device: { type: "string" },
        seconds: { type: "string" },
        rounds: { type: "string" },
        patience: { type: "string" },
        quick: { type: "boolean", default: false },
        out: { type: "string" },
        add: { type: "boolean", default: false },
        install: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
