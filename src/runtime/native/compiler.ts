import { DeviceUnavailable } from "../device.ts";
import { nodeChildProcess, nodeCrypto, nodeFs, nodePath } from "./modules.ts";

// The system's C compiler: `NABLA_CC`, or the first of cc, clang, gcc and zig that the PATH has. Flags in
// `NABLA_CFLAGS` come after all others: those of sanitizers, say.

/** What every kernel is compiled with, whatever the compiler. */
export const COMPILER_FLAGS: readonly string[] = [
  "-std=gnu11",
  "-fPIC",
  "-shared",
  "-w",
  "-fwrapv",
  "-fno-strict-aliasing",
  "-fno-math-errno",
  "-fno-trapping-math",
  // What a kernel computes does not depend on how its statements are put together.
  "-ffp-contract=off",
];

/** A compiler, and what it says of the machine. */
export interface Compiler {
  readonly command: readonly string[];
  readonly flags: readonly string[];
  /** Differs between compilers, their versions and the processors that they compile for. */
  readonly identity: string;
  /** Bytes of the widest vectors that the processor has. */
  readonly vectorBytes: number;
}

const CANDIDATES: readonly (readonly string[])[] = [["cc"], ["clang"], ["gcc"], ["zig", "cc"]];

const words = (text: string | undefined): string[] => text?.split(/\s+/).filter(Boolean) ?? [];

/** The command of a compiler, without running it; undefined where there is none. */
export function findCompiler(): readonly string[] | undefined {
  const chosen = words(process.env.NABLA_CC);
  const candidates = chosen.length > 0 ? [chosen] : CANDIDATES;
  return candidates.find(([name]) => isOnPath(name));
}

function isOnPath(name: string): boolean {
  const fs = nodeFs();
  const path = nodePath();
  const isProgram = (file: string): boolean => {
    // Most folders do not hold it, and an error takes longer than an answer.
    if (!fs.existsSync(file)) return false;
    try {
      fs.accessSync(file, fs.constants.X_OK);
      return true;
    } catch {
      return false;
    }
  };
  if (name.includes(path.sep)) return isProgram(name);
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  return folders.some((folder) => folder !== "" && isProgram(path.join(folder, name)));
}

/** How compilers are told to compile for the processor that they run on. */
const NATIVE_FLAGS: readonly (readonly string[])[] = [["-march=native"], ["-mcpu=native"], []];

/** Runs the compiler once, to learn what it is and what it knows of the processor. */
export function identifyCompiler(command: readonly string[]): Compiler {
  let problem = "";
  for (const native of NATIVE_FLAGS) {
    const { stdout, stderr, status, error } = nodeChildProcess().spawnSync(
      command[0],
      [...command.slice(1), ...native, "-dM", "-E", "-x", "c", "-"],
      { input: "", encoding: "utf8" },
    );
    if (error) {
      problem = error.message;
      continue;
    }
    if (status !== 0) {
      problem = stderr.trim();
      continue;
    }
    const flags = [...COMPILER_FLAGS, ...native, ...words(process.env.NABLA_CFLAGS)];
    const identity = nodeCrypto()
      .createHash("sha256")
      .update(JSON.stringify([command, flags]))
      .update(stdout)
      .digest("hex");
    return { command, flags, identity, vectorBytes: vectorBytesOf(stdout) };
  }
  throw new DeviceUnavailable("native", `${command.join(" ")} does not work: ${problem}`);
}

function vectorBytesOf(macros: string): number {
  const has = (name: string): boolean => macros.includes(`#define ${name} `);
  return has("__AVX512F__") && has("__AVX512DQ__") ? 64 : has("__AVX2__") ? 32 : 16;
}
