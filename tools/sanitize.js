/**
 * `npm run test:sanitize`: the conformance of compiled kernels, once more with kernels that end the process
 * when they read or write outside their memory or do what C leaves undefined. Needs gcc on Linux. Options
 * are handed on to vitest.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { ROOT } from "./rooms.js";

/** @param {string} name a library that comes with the compiler */
function libraryOf(name) {
  const { stdout } = spawnSync("gcc", [`-print-file-name=${name}`], { encoding: "utf8" });
  const file = stdout?.trim();
  // Where there is none, the compiler gives the name back.
  if (!file || !path.isAbsolute(file))
    throw new Error(`test:sanitize needs gcc with ${name}: apt-get install gcc`);
  return file;
}

// Sanitized kernels are of no use to anybody else.
const cache = mkdtempSync(path.join(tmpdir(), "nabla-sanitize-"));
process.on("exit", () => rmSync(cache, { recursive: true, force: true }));

const { status } = spawnSync(
  process.execPath,
  [
    path.join(ROOT, "node_modules/vitest/vitest.mjs"),
    "run",
    "test/conformance/compiled.test.ts",
    ...process.argv.slice(2),
  ],
  {
    cwd: ROOT,
    stdio: "inherit",
    env: {
      NABLA_CASES: "4",
      NABLA_GRAPHS: "2000",
      ...process.env,
      NABLA_CACHE: cache,
      NABLA_TEST_DEVICES: "native",
      // The compiler itself needs no watching.
      NABLA_CC: "env -u LD_PRELOAD gcc",
      // Pointers are moved past the ends of arrays and back, and the kernels are compiled so that this is
      // defined. Checks by calls compile five times as fast as those in line.
      NABLA_CFLAGS:
        "-fsanitize=address,undefined -fno-sanitize=pointer-overflow -fno-sanitize-recover=all -g -O1 " +
        "--param asan-instrumentation-with-call-threshold=0",
      LD_PRELOAD: ["libasan.so", "libubsan.so"].map(libraryOf).join(" "),
      ASAN_OPTIONS: "detect_leaks=0:detect_odr_violation=0",
    },
  },
);
process.exitCode = status ?? 1;
