import { DeviceUnavailable } from "../device.ts";
import { buildAll, keyOf } from "./build.ts";
import { type Compiler } from "./compiler.ts";
import { nodeFs, nodeModules, nodePath, nodeV8 } from "./modules.ts";
import { RUNNER_SOURCE } from "./runner.ts";

/** What the device uses of koffi, which calls functions of C. */
interface Koffi {
  load(file: string): { func(declaration: string): unknown };
  address(memory: ArrayBufferLike): number | bigint;
}

/** The folder that programs, and with them optional packages, are found from. */
const requireFrom = (): NodeJS.Require =>
  nodeModules().createRequire(nodePath().join(process.cwd(), "index.js"));

/** Looks for koffi beside the framework, then beside the program. */
function locate(): string | undefined {
  for (const require of [nodeModules().createRequire(import.meta.url), requireFrom()])
    try {
      return require.resolve("koffi");
    } catch {
      continue;
    }
  return undefined;
}

/** Whether a folder of packages between this one and the root holds koffi: asked before anything else runs. */
function isNear(folder: string | undefined): boolean {
  if (folder === undefined) return false;
  const path = nodePath();
  const above = path.dirname(folder);
  return (
    nodeFs().existsSync(path.join(folder, "node_modules", "koffi", "package.json")) ||
    (above !== folder && isNear(above))
  );
}

/** Whether koffi is installed. Where it lies is only worked out, which takes longer, when it must be loaded. */
export const hasKoffi = (): boolean =>
  isNear(import.meta.dirname) || isNear(process.cwd()) || locate() !== undefined;

function loadKoffi(): Koffi {
  const file = locate();
  if (file === undefined)
    throw new DeviceUnavailable("native", "the package koffi is not installed: npm install koffi");
  try {
    return nodeModules().createRequire(import.meta.url)(file) as Koffi;
  } catch (error) {
    throw new DeviceUnavailable("native", `koffi cannot be loaded: ${String(error)}`);
  }
}

/** The runner's functions. Addresses are numbers. */
export interface Runner {
  addressOf(memory: ArrayBufferLike): number;
  /** The address of a function in a library. */
  open(file: string, symbol: string): number;
  /** Tells the system of large memory. */
  advise(address: number, bytes: number): void;
  createPool(threads: number): Pool;
}

export interface Pool {
  /** Makes room for scratch memory, in bytes a thread. */
  reserve(bytes: number): void;
  run(from: number, to: number): void;
  /**
   * Takes commands that are run by the first who asks for their end, or by a worker where they are offered,
   * and returns their number.
   */
  submit(from: number, to: number, offered: boolean): number;
  /** Returns when all commands up to this number have been run. */
  finish(id: number): void;
  /** As `finish`, on another thread; `after` is told whether one could be had. */
  finishAsync(id: number, after: (isOver: boolean) => void): void;
  /** As `run`; adds the seconds of each call to `seconds`. */
  profile(from: number, to: number, seconds: Float64Array): void;
}

const LARGE = 4 << 20;
/** Free memory beyond this goes back to the system. */
const KEPT = 1 << 29;

/** Compiles the runner, or finds it on disk, and loads it. */
export function loadRunner(compiler: Compiler): Runner {
  const source = RUNNER_SOURCE;
  const flags = ["-O2", "-pthread"];
  const part = { source, key: keyOf(compiler, source, flags) };
  const [file] = buildAll(compiler, [part], { flags, join: () => source });
  const koffi = loadKoffi();
  const library = koffi.load(file);
  type Address = unknown;
  interface Finish {
    (pool: Address, id: number): void;
    async(pool: Address, id: number, after: (error: unknown) => void): void;
  }
  const create = library.func("void *nabla_create(int threads)") as (threads: number) => Address;
  const reserve = library.func("int nabla_reserve(void *pool, int64_t bytes)") as (
    pool: Address,
    bytes: number,
  ) => number;
  const run = library.func(
    "void nabla_run(void *pool, int64_t from, int64_t to, _Inout_ double *seconds)",
  ) as (pool: Address, from: number, to: number, seconds: Float64Array | null) => void;
  const submit = library.func(
    "int64_t nabla_submit(void *pool, int64_t from, int64_t to, int offered)",
  ) as (pool: Address, from: number, to: number, offered: number) => number;
  const finish = library.func("void nabla_finish(void *pool, int64_t id)") as Finish;
  const open = library.func("double nabla_open(const char *file, const char *symbol)") as (
    file: string,
    symbol: string,
  ) => number;
  const error = library.func("const char *nabla_error()") as () => string;
  const advise = library.func("void nabla_advise(int64_t address, int64_t bytes)") as (
    address: number,
    bytes: number,
  ) => void;
  (library.func("void nabla_keep(int64_t bytes)") as (bytes: number) => void)(KEPT);
  // Where V8 leaves it to another thread to free arrays, it still counts them when the next large one is
  // made, takes memory to be short, and looks through all objects: every second result of 64 MB costs as
  // long as a kernel that writes it. Freeing memory that is kept takes no time.
  nodeV8().setFlagsFromString("--no-concurrent-array-buffer-sweeping");
  return {
    addressOf: (memory) => Number(koffi.address(memory)),
    open(path, symbol) {
      const address = open(path, symbol);
      if (address !== 0) return address;
      const why = error();
      // A library that cannot be loaded must not be found again.
      nodeFs().rmSync(path, { force: true });
      throw new DeviceUnavailable("native", `${path} cannot be loaded: ${why}`);
    },
    advise(address, bytes) {
      if (bytes >= LARGE) advise(address, bytes);
    },
    createPool(threads) {
      const pool = create(threads);
      if (!pool) throw new DeviceUnavailable("native", "no memory for a pool of threads");
      return {
        reserve(bytes) {
          if (reserve(pool, bytes) === 0)
            throw new Error(`native: no memory for ${bytes} bytes a thread`);
        },
        run: (from, to) => run(pool, from, to, null),
        submit: (from, to, offered) => submit(pool, from, to, offered ? 1 : 0),
        finish: (id) => finish(pool, id),
        finishAsync(id, after) {
          try {
            finish.async(pool, id, (error) => after(!error));
          } catch {
            // Too many calls wait for a thread.
            queueMicrotask(() => after(false));
          }
        },
        profile: (from, to, seconds) => run(pool, from, to, seconds),
      };
    },
  };
}
