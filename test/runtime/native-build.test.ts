import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildAll, buildInBackground, keyOf, type Part } from "../../src/runtime/native/build.ts";
import { findLibrary } from "../../src/runtime/native/cache.ts";
import {
  type Compiler,
  findCompiler,
  identifyCompiler,
} from "../../src/runtime/native/compiler.ts";
import { nativeProblem } from "../../src/runtime/native/device.ts";

const RECIPE = {
  flags: ["-O0"],
  join: (parts: readonly Part[]): string => parts.map(({ source }) => source).join("\n"),
};

describe.skipIf(nativeProblem() !== undefined)("compiling", () => {
  let home: string;
  let compiler: Compiler;
  const before = process.env.NABLA_CACHE;
  beforeAll(() => {
    home = mkdtempSync(path.join(tmpdir(), "nabla-build-"));
    process.env.NABLA_CACHE = home;
    compiler = identifyCompiler(findCompiler()!);
  });
  afterAll(() => {
    if (before === undefined) delete process.env.NABLA_CACHE;
    else process.env.NABLA_CACHE = before;
    rmSync(home, { recursive: true, force: true });
  });

  const part = (source: string): Part => ({ source, key: keyOf(compiler, source, RECIPE.flags) });
  const whole = (prefix: string, count: number): Part[] =>
    Array.from({ length: count }, (_, i) => part(`int ${prefix}${i}(void) { return ${i}; }`));
  const unfinished = (): string[] =>
    readdirSync(path.join(home, "native")).filter((name) => !name.endsWith(".so"));

  it("finds each part by its key, in the order asked for", () => {
    const parts = whole("a", 9);
    const files = buildAll(compiler, parts, RECIPE);
    expect(files).toEqual(parts.map(({ key }) => path.join(home, "native", `${key}.so`)));
    expect(parts.map(({ key }) => findLibrary(key))).toEqual(files);
    const more = [...whole("b", 1), ...parts];
    expect(buildAll(compiler, more, RECIPE).slice(1)).toEqual(files);
    expect(unfinished()).toEqual([]);
  });

  it("says what the compiler says", () => {
    const parts = [...whole("c", 3), part("int broken(void) { return missing; }")];
    expect(() => buildAll(compiler, parts, RECIPE)).toThrow(/failed:[^]*missing/);
    expect(unfinished()).toEqual([]);
  });

  it("in the background leads to the same libraries", async () => {
    const parts = whole("d", 9);
    const broken = part("int wrong(void) { return absent; }");
    buildInBackground(compiler, parts, RECIPE);
    buildInBackground(compiler, [...parts, broken], RECIPE);
    const isReady = (): boolean =>
      parts.every(({ key }) => findLibrary(key) !== undefined) && unfinished().length === 0;
    for (let i = 0; i < 3000 && !isReady(); i++)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(isReady()).toBe(true);
    expect(findLibrary(broken.key)).toBeUndefined();
    expect(() => buildAll(compiler, [broken], RECIPE)).toThrow(/absent/);
  });
});
