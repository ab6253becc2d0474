import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { cpus } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { type Framework } from "../peers/framework.ts";

/** The folder of the benchmarks. */
export const BENCHMARKS = fileURLToPath(new URL("..", import.meta.url));
/** Where the programs of Node peers are bundled to. */
export const BUILT = path.join(BENCHMARKS, ".build");
const VENV = path.join(BENCHMARKS, ".venv");

export const PYTHON =
  process.platform === "win32"
    ? path.join(VENV, "Scripts/python.exe")
    : path.join(VENV, "bin/python");

/** Versions of what a framework needs; undefined for what is not installed. */
export type Versions = Readonly<Record<string, string | undefined>>;

function nodeVersion(name: string): string | undefined {
  const file = path.join(BENCHMARKS, "node_modules", name, "package.json");
  if (!existsSync(file)) return undefined;
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

const PROBE = `
import importlib.metadata, json, sys
def version(name):
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
print(json.dumps({name: version(name) for name in sys.argv[1:]}))`;

/** Asks once for all packages: starting Python takes its time. */
export function findVersions(frameworks: readonly Framework[]): Versions {
  const found: Record<string, string | undefined> = {};
  const wanted = new Set<string>();
  for (const { runtime, packages } of frameworks)
    for (const name of packages)
      if (runtime === "node") found[name] = nodeVersion(name);
      else wanted.add(name);
  if (wanted.size === 0 || !existsSync(PYTHON)) return found;
  const { stdout, status } = spawnSync(PYTHON, ["-c", PROBE, ...wanted], { encoding: "utf8" });
  if (status === 0)
    for (const [name, version] of Object.entries(
      JSON.parse(stdout) as Record<string, string | null>,
    ))
      found[name] = version ?? undefined;
  return found;
}

const PYTHON_PACKAGES = ["torch==2.13.0", "numpy", "jax"];

/** Makes the virtual environment of the Python peers. */
export function installPython(): void {
  const run = (command: string, args: string[]): void => {
    console.log(`${command} ${args.join(" ")}`);
    const { status, error } = spawnSync(command, args, { stdio: "inherit" });
    if (error) throw error;
    if (status !== 0) throw new Error(`${command} ended with status ${status}`);
  };
  if (!existsSync(PYTHON))
    run(process.platform === "win32" ? "python" : "python3", ["-m", "venv", VENV]);
  run(PYTHON, ["-m", "pip", "install", ...PYTHON_PACKAGES]);
}

/** One line on the machine and on Node. */
export const machine = (): string =>
  `${cpus().length} × ${cpus()[0]?.model.trim() ?? "unknown CPU"}, ${process.platform} ${process.arch}, ` +
  `Node ${process.versions.node}`;
