import { describe, expect, test } from "vitest";
import * as T from "../../src/tensor/index.ts";
import { ELEMENTS } from "./mistakes/elements.ts";
import { MAKING } from "./mistakes/making.ts";
import { MORE } from "./mistakes/more.ts";
import { SHAPES } from "./mistakes/shapes.ts";

// Every public function of tensors says at once, in the caller's own stack frame, what it expected and
// what came, and names itself.

const MISTAKES = { ...ELEMENTS, ...MORE, ...SHAPES, ...MAKING };

/** Functions that take any tensor: nothing about its shape or dtype can be wrong. */
const TAKE_ANY = new Set(
  (
    "abs acos asin atan bfloat16 bool ceil char cos cosh double elu erf erfc erfinv exp exp2 expm1 float floor frac " +
    "half hardsigmoid hardswish int isfinite isinf isnan leakyRelu log log10 log1p log2 logicalNot " +
    "logsigmoid long mish nonzero reciprocal relu relu6 rsqrt selu short sigmoid sign silu sin sinh " +
    "softplus softsign sqrt square tan tanh trunc"
  ).split(" "),
);
/** Functions that take no tensor. */
const TAKE_NONE = new Set(["enableGrad", "noGrad"]);
/** Functions whose errors are those of another one, or of the values that they were given. */
const SPEAK_AS: Record<string, string> = {
  variance: "var",
  max: "amax",
  min: "amin",
  fullLike: "full",
  zerosLike: "zeros",
  onesLike: "ones",
  randLike: "rand",
  randnLike: "randn",
  manualSeed: "a seed",
  Generator: "a seed",
  conv1d: "conv",
  conv2d: "conv",
  scatterAdd: "scatter",
};

const isClass = (f: unknown): boolean => /^class\b/.test(String(f));

test("every public function has its mistakes, or can make none", () => {
  const names = Object.entries(T)
    .filter(([, f]) => typeof f === "function" && !isClass(f))
    .map(([name]) => name);
  expect(names.length).toBeGreaterThan(200);
  const missing = names.filter(
    (name) => !(name in MISTAKES) && !TAKE_ANY.has(name) && !TAKE_NONE.has(name),
  );
  expect(missing).toEqual([]);
  expect([...TAKE_ANY, ...TAKE_NONE].filter((name) => name in MISTAKES)).toEqual([]);
});

test.each([...TAKE_ANY])("%s takes every dtype and shape", async (name) => {
  const f = (T as unknown as Record<string, (x: T.Tensor) => T.Tensor>)[name];
  for (const dtype of ["f32", "f64", "i32", "u32", "u8", "bool"] as const)
    for (const shape of [[], [3], [0, 2], [2, 1, 2]]) {
      const given = T.zeros(shape, { dtype });
      const result = f(given);
      if (name !== "nonzero") expect(result.shape).toEqual(shape);
      await result.data();
    }
});

describe.each(Object.entries(MISTAKES))("%s", (name, mistakes) => {
  test.each(mistakes.map(([call, message]) => [message, call] as const))(
    "%s",
    async (message, call) => {
      const error: unknown = await Promise.resolve()
        .then(call)
        .then(
          () => undefined,
          (reason: unknown) => reason,
        );
      expect(error, "it must throw").toBeInstanceOf(Error);
      expect((error as Error).message).toBe(message);
    },
  );

  test("its errors name it", () => {
    for (const [, message] of mistakes) {
      const names = [name, SPEAK_AS[name] ?? name];
      // A mistake in the options of creation, or in what a compiled function does.
      const others = ["requiresGrad_: ", "a tensor cannot be read inside a function"];
      const starts = [...names, ...others].some((start) => message.startsWith(start));
      expect(starts ? "" : message).toBe("");
    }
  });
});
