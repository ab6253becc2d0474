import { spawnSync } from "node:child_process";
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nativeProblem } from "../../src/runtime/native/device.ts";
import { ROOT } from "../../tools/rooms.js";

// What is on disk may be anything: a process was killed, a disk was full, bits fell over. A program that
// comes after it computes the right result, and leaves a whole library behind.

const PROGRAM = `
  import { setDevice, tensor } from ${JSON.stringify(path.join(ROOT, "src/index.ts"))};
  setDevice("native", { threads: 1 });
  const x = tensor(Array.from({ length: 37 }, (_, i) => i), { dtype: "i32" });
  console.log(x.mul(x).sum().itemSync());
`;
const ANSWER = String((36 * 37 * 73) / 6);

let home: string;
let cache: string;

function run(environment: NodeJS.ProcessEnv = {}) {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ["--import", "tsx", "--input-type=module", "-e", PROGRAM],
    {
      cwd: ROOT,
      encoding: "utf8",
      env: { ...process.env, NABLA_CACHE: cache, NABLA_FIRST_TIER: "off", ...environment },
    },
  );
  return { answer: stdout.trim(), stderr, status };
}

const libraries = (): string[] =>
  readdirSync(path.join(cache, "native"))
    .filter((name) => name.endsWith(".so"))
    .map((name) => path.join(cache, "native", name));

describe.skipIf(nativeProblem() !== undefined)("libraries on disk", () => {
  beforeAll(() => {
    home = mkdtempSync(path.join(tmpdir(), "nabla-cache-"));
    cache = path.join(home, "cache");
    expect(run()).toEqual({ answer: ANSWER, stderr: "", status: 0 });
    expect(libraries().length).toBeGreaterThanOrEqual(2);
  });
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it("are found again, and nothing is compiled", () => {
    // A compiler that only tells what it is.
    const compiler = path.join(home, "cc");
    const script = `#!/bin/sh\ncase "$*" in *-dM*) exec cc "$@";; esac\nexit 1\n`;
    writeFileSync(compiler, script, { mode: 0o755 });
    const other = path.join(home, "other");
    const failed = run({ NABLA_CC: compiler, NABLA_CACHE: other });
    expect(failed.answer).toBe(ANSWER);
    expect(failed.stderr).toMatch(/using the device "wasm" instead/);
    const before = libraries().map((file) => readFileSync(file).length);
    expect(run()).toEqual({ answer: ANSWER, stderr: "", status: 0 });
    expect(libraries().map((file) => readFileSync(file).length)).toEqual(before);
  });

  it.each<[string, (file: string) => void]>([
    ["truncated", (file) => truncateSync(file, 1000)],
    ["empty", (file) => truncateSync(file, 0)],
    ["something else", (file) => writeFileSync(file, "not a library")],
    [
      "changed in one bit",
      (file) => {
        const bytes = readFileSync(file);
        bytes[bytes.length >> 1] ^= 4;
        writeFileSync(file, bytes);
      },
    ],
  ])("that are %s are made anew", (_, spoil) => {
    const whole = libraries().map((file) => readFileSync(file).length);
    libraries().forEach(spoil);
    expect(run()).toEqual({ answer: ANSWER, stderr: "", status: 0 });
    expect(libraries().map((file) => readFileSync(file).length)).toEqual(whole);
  });

  it("that a killed process left unfinished are not taken for whole ones", () => {
    for (const file of libraries()) {
      writeFileSync(file.replace(/\.so$/, ".tmp"), readFileSync(file).subarray(0, 2000));
      rmSync(file);
    }
    expect(run()).toEqual({ answer: ANSWER, stderr: "", status: 0 });
  });

  it("are kept elsewhere where the folder cannot be written", () => {
    expect(run({ NABLA_CACHE: "/dev/full/nabla" })).toEqual({
      answer: ANSWER,
      stderr: "",
      status: 0,
    });
  });
});
