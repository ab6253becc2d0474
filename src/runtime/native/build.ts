import { DeviceUnavailable } from "../device.ts";
import { findLibrary, keepLibrary, libraryFolder, temporaryFolder, unfinished } from "./cache.ts";
import { type Compiler } from "./compiler.ts";
import { nodeChildProcess, nodeCrypto, nodeFs, nodeOs } from "./modules.ts";

// A process of the compiler takes as long to start and to link as a small kernel takes to compile. So what is
// missing is cut into as many translation units as there are processors. A library that has several
// parts is kept under the key of each, and found by each alone.

/** What is compiled with others and found by itself. */
export interface Part {
  /** Says what it is, for which compiler. */
  readonly key: string;
  /** Its source, as if it were alone. */
  readonly source: string;
}

/** How parts are compiled. */
export interface Recipe<P extends Part> {
  readonly flags: readonly string[];
  /** The source of a translation unit that has all of these. */
  readonly join: (parts: readonly P[]) => string;
}

/** A key for what a compiler makes of a source. */
export const keyOf = (compiler: Compiler, source: string, flags: readonly string[]): string =>
  nodeCrypto()
    .createHash("sha256")
    .update(compiler.identity)
    .update(flags.join("\n"))
    .update("\0")
    .update(source)
    .digest("hex")
    .slice(0, 40);

interface Job {
  readonly keys: readonly string[];
  readonly source: string;
  readonly library: string;
  readonly command: readonly string[];
}

/** Cuts parts into at most as many groups as there are processors, with about as much work in each. */
function grouped<P extends Part>(parts: readonly P[]): P[][] {
  const count = Math.min(nodeOs().availableParallelism(), parts.length);
  const groups = Array.from({ length: count }, () => ({ parts: [] as P[], size: 0 }));
  for (const part of [...parts].sort((a, b) => b.source.length - a.source.length)) {
    const least = groups.reduce((a, b) => (b.size < a.size ? b : a));
    least.parts.push(part);
    least.size += part.source.length;
  }
  return groups.map((group) => group.parts);
}

function jobFor<P extends Part>(
  compiler: Compiler,
  parts: readonly P[],
  { flags, join }: Recipe<P>,
  folder: string,
): Job {
  const source = unfinished(folder, ".c");
  const library = unfinished(folder, ".tmp");
  nodeFs().writeFileSync(source, join(parts), { mode: 0o600 });
  const command = [...compiler.command, ...flags, ...compiler.flags, "-o", library, source];
  return { keys: parts.map(({ key }) => key), source, library, command };
}

function clear({ source, library }: Job): void {
  for (const file of [source, library]) nodeFs().rmSync(file, { force: true });
}

/** Shell words that stand for themselves. */
const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** Runs commands side by side; returns what they said. */
function runAll(commands: readonly (readonly string[])[]): string {
  const script = commands.map((words) => `${words.map(quote).join(" ")} &`);
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
 * The library of each part: from disk, or compiled now.
 *
 * @throws DeviceUnavailable where the compiler fails.
 */
export function buildAll<P extends Part>(
  compiler: Compiler,
  parts: readonly P[],
  recipe: Recipe<P>,
): string[] {
  const found = new Map(parts.map(({ key }) => [key, findLibrary(key)]));
  let said = "";
  // A full disk may still have room elsewhere.
  for (const folder of [libraryFolder, temporaryFolder]) {
    const missing = parts.filter(({ key }) => found.get(key) === undefined);
    if (missing.length === 0) break;
    const jobs: Job[] = [];
    try {
      for (const group of grouped(missing)) jobs.push(jobFor(compiler, group, recipe, folder()));
      said = runAll(jobs.map((job) => job.command));
      for (const { keys, library } of jobs) {
        const kept = keepLibrary(keys, library);
        keys.forEach((key, i) => found.set(key, kept[i]));
      }
    } catch (error) {
      said = said.trim() || String(error);
    } finally {
      jobs.forEach(clear);
    }
  }
  return parts.map(({ key }) => {
    const file = found.get(key);
    if (file !== undefined) return file;
    throw new DeviceUnavailable(
      "native",
      `${compiler.command.join(" ")} failed: ${said.slice(0, 2000)}`,
    );
  });
}

// What is compiled in the background, by key, and what waits until a processor is free.
const underway = new Set<string>();
const waiting: (() => Job)[] = [];
let running = 0;

/** Compiles in the background what is not on disk; `buildAll` finds what has become ready. */
export function buildInBackground<P extends Part>(
  compiler: Compiler,
  parts: readonly P[],
  recipe: Recipe<P>,
): void {
  const missing = parts.filter(({ key }) => !underway.has(key) && findLibrary(key) === undefined);
  for (const group of grouped(missing)) {
    for (const { key } of group) underway.add(key);
    waiting.push(() => jobFor(compiler, group, recipe, libraryFolder()));
  }
  startNext();
}

function startNext(): void {
  while (running < nodeOs().availableParallelism() && waiting.length > 0) {
    let job: Job;
    try {
      job = waiting.shift()!();
    } catch {
      continue; // Whoever needs the library builds it, and says what is wrong.
    }
    running++;
    const child = nodeChildProcess().spawn(job.command[0], job.command.slice(1), {
      stdio: "ignore",
    });
    child.unref();
    const end = (): void => {
      clear(job);
      for (const key of job.keys) underway.delete(key);
      running--;
      startNext();
    };
    child.on("error", end);
    child.on("exit", (code) => {
      try {
        if (code === 0) keepLibrary(job.keys, job.library);
      } catch {
        // As above.
      } finally {
        end();
      }
    });
  }
}
