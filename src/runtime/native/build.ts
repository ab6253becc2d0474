import { DeviceUnavailable } from "../device.ts";
import { findLibrary, keepLibrary, libraryFolder, temporaryFolder, unfinished } from "./cache.ts";
import { type Compiler } from "./compiler.ts";
import { nodeChildProcess, nodeCrypto, nodeFs, nodeOs } from "./modules.ts";

/** A translation unit to be compiled into a library of its own. */
export interface Unit {
  readonly source: string;
  /** Flags besides the compiler's own. */
  readonly flags: readonly string[];
}

/** The name under which a unit's library is kept. */
export const keyOf = (compiler: Compiler, { source, flags }: Unit): string =>
  nodeCrypto()
    .createHash("sha256")
    .update(compiler.identity)
    .update(flags.join("\n"))
    .update("\0")
    .update(source)
    .digest("hex")
    .slice(0, 40);

interface Job {
  readonly key: string;
  readonly source: string;
  readonly library: string;
  readonly command: readonly string[];
}

function jobFor(compiler: Compiler, unit: Unit, folder: string): Job {
  const source = unfinished(folder, ".c");
  const library = unfinished(folder, ".tmp");
  nodeFs().writeFileSync(source, unit.source, { mode: 0o600 });
  const command = [...compiler.command, ...unit.flags, ...compiler.flags, "-o", library, source];
  return { key: keyOf(compiler, unit), source, library, command };
}

function clear({ source, library }: Job): void {
  for (const file of [source, library]) nodeFs().rmSync(file, { force: true });
}

/** Shell words that stand for themselves. */
const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** Runs commands, as many at a time as there are processors; returns what they said. */
function runAll(commands: readonly (readonly string[])[]): string {
  const lanes = Math.min(nodeOs().availableParallelism(), commands.length);
  // Each lane of the script runs its share one after the other, all lanes side by side.
  const script = Array.from({ length: lanes }, (_, lane) => {
    const own = commands.filter((_, i) => i % lanes === lane);
    return `{ ${own.map((words) => words.map(quote).join(" ")).join("; ")}; } &`;
  });
  const { stderr, error } = nodeChildProcess().spawnSync(
    "/bin/sh",
    ["-c", `${script.join(" ")} wait`],
    {
      encoding: "utf8",
      stdio: ["ignore", "ignore", "pipe"],
    },
  );
  return error ? error.message : stderr;
}

/**
 * The libraries of these units: from disk, or compiled now.
 *
 * @throws DeviceUnavailable where the compiler fails.
 */
export function buildAll(compiler: Compiler, units: readonly Unit[]): string[] {
  const found = units.map((unit) => findLibrary(keyOf(compiler, unit)));
  const missing = units.flatMap((_, i) => (found[i] === undefined ? [i] : []));
  if (missing.length === 0) return found as string[];
  let said = "";
  // A full disk may still have room elsewhere.
  for (const folder of [libraryFolder, temporaryFolder]) {
    const jobs: Job[] = [];
    try {
      for (const i of missing) jobs.push(jobFor(compiler, units[i], folder()));
      said = runAll(jobs.map((job) => job.command));
      jobs.forEach((job, k) => (found[missing[k]] = keepLibrary(job.key, job.library)));
      return found as string[];
    } catch (error) {
      said = said.trim() || String(error);
    } finally {
      jobs.forEach(clear);
    }
  }
  throw new DeviceUnavailable(
    "native",
    `${compiler.command.join(" ")} failed: ${said.slice(0, 2000)}`,
  );
}

/** Compiles in the background what is not on disk; `buildAll` finds what has become ready. */
export function buildInBackground(compiler: Compiler, units: readonly Unit[]): void {
  for (const unit of units) {
    if (findLibrary(keyOf(compiler, unit)) !== undefined) continue;
    let job: Job;
    try {
      job = jobFor(compiler, unit, libraryFolder());
    } catch {
      return; // Whoever needs the library builds it, and says what is wrong.
    }
    const child = nodeChildProcess().spawn(job.command[0], job.command.slice(1), {
      stdio: "ignore",
    });
    child.unref();
    child.on("error", () => clear(job));
    child.on("exit", (code) => {
      try {
        if (code === 0) keepLibrary(job.key, job.library);
      } finally {
        clear(job);
      }
    });
  }
}
