import { describe, expect, test } from "vitest";
import * as X from "../../src/extra/index.ts";
import { zeros } from "../../src/tensor/index.ts";
import { messageOf } from "../tensor/mistakes/helpers.ts";
import { ELEMENTS } from "./mistakes/elements.ts";
import { LAYERS } from "./mistakes/layers.ts";
import { PRODUCTS } from "./mistakes/products.ts";
import { STATISTICS } from "./mistakes/statistics.ts";
import { TRANSFORMATIONS } from "./mistakes/transformations.ts";

const MISTAKES = { ...ELEMENTS, ...LAYERS, ...PRODUCTS, ...STATISTICS, ...TRANSFORMATIONS };

/** Functions that take any tensor. */
const TAKE_ANY = (
  "acosh angle asinh atanh atleast1d atleast2d atleast3d deg2rad frexp hardshrink isneginf isposinf isreal " +
  "logit nanToNum rad2deg sgn signbit sinc tanhshrink"
).split(" ");
/** Functions that take any tensor, and numbers besides. */
const TAKE_NUMBERS = ["threshold"];
/** Functions whose errors are those of others of which they are made. */
const SPEAK_AS: Record<string, readonly string[]> = {
  aminmax: ["amin"],
  floatPower: ["pow"],
  nanmean: ["sum"],
  nansum: ["sum"],
  normalize: ["norm"],
  addmv: ["mv", "add"],
  addr: ["outer"],
  addbmm: ["bmm"],
  baddbmm: ["bmm"],
  vdot: ["dot"],
  vecdot: ["mul"],
  multiDot: ["matmul"],
  dist: ["sub"],
  pairwiseDistance: ["sub"],
  bilinear: ["linear"],
  isin: ["tensor"],
  maskedScatter: ["broadcastTensors"],
  dstack: ["cat"],
  diagflat: ["diag"],
  jacrev: ["jacobian"],
  hvp: ["jvp"],
  varMean: ["var"],
  stdMean: ["std"],
};

test("every function has its mistakes, or can make none", () => {
  const names = Object.entries(X)
    .filter(([, f]) => typeof f === "function")
    .map(([name]) => name);
  const known = new Set([...Object.keys(MISTAKES), ...TAKE_ANY, ...TAKE_NUMBERS]);
  expect(names.filter((name) => !known.has(name))).toEqual([]);
  expect([...known].filter((name) => !names.includes(name))).toEqual([]);
});

test.each(TAKE_ANY)("%s takes every dtype and shape", async (name) => {
  const f = X[name as "sgn"];
  for (const dtype of ["f32", "f64", "i32", "u32", "u8", "bool"] as const)
    for (const shape of [[], [3], [0, 2], [2, 1, 2]]) {
      const result: unknown = f(zeros(shape, { dtype }));
      for (const y of name === "frexp" ? Object.values(result as X.Frexp) : [result])
        await (y as ReturnType<typeof zeros>).data();
    }
});

describe.each(Object.entries(MISTAKES))("%s", (name, mistakes) => {
  test.each(mistakes.map(([call, message]) => [message, call] as const))("%s", (message, call) => {
    expect(messageOf(call)).toBe(message);
    const speakers = [name, ...(SPEAK_AS[name] ?? [])];
    expect(speakers.some((speaker) => message.startsWith(`${speaker}: `)) ? "" : message).toBe("");
  });
});

test("masks must be bool", () => {
  const { masked } = X;
  for (const [name, f] of Object.entries(masked) as [string, (...args: unknown[]) => unknown][]) {
    const x = zeros([2, 3]);
    const args = ["norm", "normalize"].includes(name)
      ? [x, 2, 0]
      : [x, name === "logaddexp" ? x : 0];
    expect(() => f(...args, { mask: x })).toThrow(
      `masked.${name === "std" ? "variance" : name}: expected a bool mask, got f32`,
    );
  }
});

test("windows have sizes", () => {
  for (const [name, f] of Object.entries(X.windows) as [string, (...a: unknown[]) => unknown][])
    expect(() => f(-1, name === "generalCosine" ? [1] : {})).toThrow(
      `${name}: the size must be an integer >= 0, got -1`,
    );
  expect(() => X.windows.exponential(3, { tau: 0 })).toThrow("exponential: tau must be > 0, got 0");
  expect(() => X.windows.gaussian(3, { std: 0 })).toThrow("gaussian: std must be > 0, got 0");
  expect(() => X.windows.kaiser(3, { beta: -1 })).toThrow("kaiser: beta must be >= 0, got -1");
});
