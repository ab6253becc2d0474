import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { bundle } from "./harness/bundle.ts";
import { type Workload } from "./harness/case.ts";
import { copyBandwidth } from "./harness/copy-bandwidth.ts";
import { findVersions, installPython, machine, type Versions } from "./harness/environment.ts";
import { type Contender } from "./harness/lane.ts";
import { measure } from "./harness/measure.ts";
import { stopAll } from "./harness/peer-process.ts";
import { HELP, type Options, readOptions, UsageError } from "./options.ts";
import { type Framework } from "./peers/framework.ts";
import { FRAMEWORKS } from "./peers/index.ts";
import { type Context } from "./report/cells.ts";
import { threeDigits } from "./report/format.ts";
import { type Header, markdown } from "./report/markdown.ts";
import { type Row } from "./report/row.ts";
import { chart } from "./report/svg.ts";
import { terminalTable } from "./report/terminal.ts";
import { WORKLOADS } from "./workloads/index.ts";

/** One line that is written over, on terminals. */
function describe(what: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[2K${what.slice(0, 100)}`);
}

/** The frameworks that are asked for: those that are installed, and a line on each that is missing. */
function choose(
  { peers }: Options,
  versions: Versions,
): { installed: Framework[]; missing: string[] } {
  const installed: Framework[] = [];
  const missing: string[] = [];
  for (const framework of FRAMEWORKS) {
    const ids = framework.peers.map(({ id }) => id);
    const asked = peers === undefined || ids.some((id) => peers.includes(id));
    if (framework.program !== "nabla" && !asked) continue;
    const absent = framework.packages.filter((name) => versions[name] === undefined);
    if (absent.length === 0) installed.push(framework);
    else
      missing.push(
        `missing: ${ids.join(", ")}, because ${absent.join(", ")} is not installed (${framework.install})`,
      );
  }
  return { installed, missing };
}

const contendersOf = (frameworks: readonly Framework[], { peers, devices }: Options): Contender[] =>
  frameworks.flatMap((framework) =>
    framework.program === "nabla"
      ? devices.flatMap((device) =>
          framework.peers.map(({ id, mode }) => ({
            id: id.replace("nabla", `nabla-${device}`),
            mode,
            framework,
            device,
          })),
        )
      : framework.peers
          .filter(({ id }) => peers === undefined || peers.includes(id))
          .map(({ id, mode }) => ({ id, mode, framework, device: "" })),
  );

function headerOf(
  installed: readonly Framework[],
  missing: readonly string[],
  versions: Versions,
  copyBytes: ReadonlyMap<number, number>,
): Header {
  const names = new Set(installed.flatMap(({ packages }) => packages));
  return {
    machine: machine(),
    versions: Array.from(names, (name) => `${name} ${versions[name]}`),
    missing,
    notes: [
      ...Array.from(
        copyBytes,
        ([threads, bytes]) =>
          `copying with ${threads} ${threads === 1 ? "thread" : "threads"}: ${threeDigits(bytes / 1e9)} GB/s, read and written together`,
      ),
      ...installed.flatMap(({ note }) => note ?? []),
    ],
  };
}

/** Results of an earlier run that this one does not replace. */
function earlier({ out, add }: Options, rows: readonly Row[]): Row[] {
  const file = `${out}.json`;
  if (!add || !existsSync(file)) return [];
  const key = ({ workload, threads }: Row): string => `${workload}/${threads}`;
  const replaced = new Set(rows.map(key));
  return (JSON.parse(readFileSync(file, "utf8")) as Row[]).filter((row) => !replaced.has(key(row)));
}

/** Whether something is wrong with a row that the benchmark is there to find. */
const isWrong = ({ peer, problem }: Row): boolean =>
  problem !== undefined &&
  (problem.startsWith("differs") || (peer.startsWith("nabla") && !problem.startsWith("slow")));

async function run(options: Options): Promise<void> {
  if (options.install) installPython();
  const versions = findVersions(FRAMEWORKS);
  const { installed, missing } = choose(options, versions);
  const copyBytes = new Map<number, number>();
  for (const threads of options.threads) copyBytes.set(threads, await copyBandwidth(threads));
  const context: Context = { copyBytes };
  const header = headerOf(installed, missing, versions, copyBytes);
  console.log([header.machine, header.versions.join(", "), ...header.notes, ...missing].join("\n"));
  await bundle(installed);

  const contenders = contendersOf(installed, options);
  const rows: Row[] = [];
  const { effort } = options;
  for (const threads of options.threads)
    for (const workload of WORKLOADS.filter(({ name }) => options.workloads.includes(name))) {
      console.log(`\n${workload.name}: ${workload.title}`);
      const setup = { contenders, threads, effort, describe };
      const variants = variantsOf(workload, options);
      for await (const done of measure(workload, variants, setup)) {
        describe("");
        const heading = `${done.variant.name}, ${threads} ${threads === 1 ? "thread" : "threads"}`;
        console.log(`\n  ${heading}\n${terminalTable(done.rows, context)}`);
        rows.push(...done.rows);
      }
    }

  const all = [...earlier(options, rows), ...rows];
  writeFileSync(`${options.out}.json`, `${JSON.stringify(all, null, 2)}\n`);
  writeFileSync(`${options.out}.md`, markdown(all, WORKLOADS, header, context));
  writeFileSync(`${options.out}.svg`, chart(all));
  console.log(`\nWritten: ${options.out}.json, ${options.out}.md, ${options.out}.svg`);
  const wrong = rows.filter(isWrong);
  for (const { workload, variant, threads, peer, problem } of wrong)
    console.error(`${workload}, ${variant}, ${threads} threads: ${peer} ${problem}`);
  if (wrong.length > 0) process.exitCode = 1;
}

const variantsOf = ({ variants }: Workload, options: Options): Workload["variants"] =>
  options.variants.length === 0
    ? variants
    : variants.filter(({ name }) => options.variants.some((text) => name.includes(text)));

try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) console.log(HELP);
  else await run(options);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\nSee npm run bench -- --help`);
  process.exitCode = 2;
} finally {
  stopAll();
}
