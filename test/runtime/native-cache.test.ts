import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nativeProblem } from "../../src/runtime/native/device.ts";
import { ROOT } from "../../tools/rooms.js";

// What is on disk may be anything: a process was killed, a disk was full, bits fell over. A program that
// comes after it computes the right result, and leaves a whole library behind.

const START = `
  import { evalAll, setDevice, tensor } from ${JSON.stringify(path.join(ROOT, "src/index.ts"))};
  setDevice("native", { threads: 1 });
  const x = tensor(Array.from({ length: 37 }, (_, i) => i), { dtype: "i32" });
`;
const PROGRAM = `${START} console.log(x.mul(x).sum().itemSync());`;
const ANSWER = String((36 * 37 * 73) / 6);

/** Kernels of several kinds, in one program. */
const SEVERAL = ["x.mul(x).sum()", "x.cumsum(0)", "x.argsort(0)", "x.amax()", "x.add(x)"];
const SEVERAL_ANSWERS = [
  [Number(ANSWER)],
  Array.from({ length: 37 }, (_, i) => (i * (i + 1)) / 2),
  Array.from({ length: 37 }, (_, i) => i),
  [36],
  Array.from({ length: 37 }, (_, i) => 2 * i),
];
const printing = (expressions: readonly string[]): string => `${START}
  const all = [${expressions.join()}];
  await evalAll(all);
  console.log(JSON.stringify(all.map((y) => [...y.dataSync()])));
`;

let home: string;
let cache: string;

function run(environment: NodeJS.ProcessEnv = {}, program = PROGRAM) {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ["--import", "tsx", "--input-type=module", "-e", program],
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
        // A library that has several names is changed once.
        rmSync(file);
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

  it("lie among no unfinished files of long ago", () => {
    const folder = path.join(cache, "native");
    const old = ["4711-abc-0.c", "4711-abc-1.tmp"].map((name) => path.join(folder, name));
    const young = path.join(folder, "4711-xyz-2.tmp");
    const foreign = path.join(folder, "notes.tmp");
    const files = [...old, young, foreign];
    for (const file of files) writeFileSync(file, "unfinished");
    const longAgo = Date.now() / 1000 - 2 * 3600;
    for (const file of [...old, foreign]) utimesSync(file, longAgo, longAgo);
    rmSync(libraries()[0]);
    expect(run()).toEqual({ answer: ANSWER, stderr: "", status: 0 });
    expect(files.map((file) => existsSync(file))).toEqual([false, false, true, true]);
    for (const file of [young, foreign]) rmSync(file);
  });

  it("that were compiled together are found one by one", () => {
    const own = path.join(home, "several");
    const answers = (expressions: readonly string[], environment: NodeJS.ProcessEnv) => {
      const { answer, stderr, status } = run(
        { NABLA_CACHE: own, ...environment },
        printing(expressions),
      );
      expect([stderr, status]).toEqual(["", 0]);
      return JSON.parse(answer) as number[][];
    };
    // A compiler that notes how often it is asked for something.
    const compiler = path.join(home, "counting-cc");
    const log = path.join(home, "compiled");
    const script = `#!/bin/sh\ncase "$*" in *-dM*) ;; *) echo >> ${log};; esac\nexec cc "$@"\n`;
    writeFileSync(compiler, script, { mode: 0o755 });
    const environment = { NABLA_CC: compiler };
    const processes = (): number => readFileSync(log, "utf8").length;
    expect(answers(SEVERAL, environment)).toEqual(SEVERAL_ANSWERS);
    // One for the runner.
    expect(processes()).toBeLessThanOrEqual(1 + availableParallelism());
    const before = processes();
    SEVERAL.forEach((expression, i) =>
      expect(answers([expression], environment)).toEqual([SEVERAL_ANSWERS[i]]),
    );
    expect(processes()).toBe(before);
    // A name that is gone, or leads to something broken, takes the others not with it.
    const names = readdirSync(path.join(own, "native")).map((name) =>
      path.join(own, "native", name),
    );
    expect(names.length).toBeGreaterThan(SEVERAL.length);
    rmSync(names[0]);
    truncateSync(names[1], 1000);
    expect(answers(SEVERAL, environment)).toEqual(SEVERAL_ANSWERS);
    expect(processes()).toBeGreaterThan(before);
    expect(readdirSync(path.join(own, "native")).length).toBe(names.length);
  });

  it("are kept elsewhere where the folder cannot be written", () => {
    expect(run({ NABLA_CACHE: "/dev/full/nabla" })).toEqual({
      answer: ANSWER,
      stderr: "",
      status: 0,
    });
  });
});
