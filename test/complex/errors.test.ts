import { describe, expect, test } from "vitest";
import * as C from "../../src/complex/index.ts";
import { tensor, zeros } from "../../src/tensor/index.ts";
import { apart, axis, f, i, messageOf, type Mistakes, no, x } from "../tensor/mistakes/helpers.ts";

const z = C.complex(x, x);
const short = C.complex(f(2), f(2));
const operand = (what: string): string =>
  `${what}: expected a complex or real tensor or a number, got "x"`;

const MISTAKES: Mistakes = {
  complex: [
    [
      () => C.complex(i(2), f(2)),
      'complex: expected a floating-point tensor, got a tensor i32[2]; use x.to("f32")',
    ],
    [() => C.complex(x, f(2)), apart("complex")],
    [() => C.complex(x, no), 'complex: expected a tensor, got "x"'],
  ],
  polar: [
    [
      () => C.polar(i(2), f(2)),
      'polar: expected a floating-point tensor, got a tensor i32[2]; use x.to("f32")',
    ],
    [() => C.polar(x, no), 'polar: expected a tensor, got "x"'],
  ],
  viewAsReal: [
    [
      () => C.viewAsReal(x as never),
      "viewAsReal: expected a complex tensor, got a tensor f32[2, 3]; use complex(real, imag)",
    ],
  ],
  viewAsComplex: [
    [() => C.viewAsComplex(x), "viewAsComplex: the last axis must have size 2, got shape [2, 3]"],
    [
      () => C.viewAsComplex(i(2)),
      'viewAsComplex: expected a floating-point tensor, got a tensor i32[2]; use x.to("f32")',
    ],
    [() => C.viewAsComplex(no), 'viewAsComplex: expected a tensor, got "x"'],
  ],
  real: [[() => C.real(no), 'real: expected a tensor, got "x"']],
  imag: [
    [
      () => C.imag(x as never),
      "imag: expected a complex tensor, got a tensor f32[2, 3]; use complex(real, imag)",
    ],
  ],
  chalf: [[() => C.chalf(no), operand("chalf")]],
  cdouble: [[() => C.cdouble(no), 'cdouble: expected a tensor, got "x"']],
  add: [
    [() => C.add(z, short), apart("add")],
    [() => C.add(z, no), operand("add")],
  ],
  sub: [[() => C.sub(z, short), apart("sub")]],
  mul: [[() => C.mul(z, short), apart("mul")]],
  div: [[() => C.div(x, f(2)), apart("div")]],
  matmul: [[() => C.matmul(z, z), "matmul: inner sizes differ, [2, 3] × [2, 3] (3 ≠ 2)"]],
  dot: [[() => C.dot(z, z), "dot: expected two tensors of 1 axes, got [2, 3] and [2, 3]"]],
  vdot: [[() => C.vdot(z, no), operand("vdot")]],
  sum: [[() => C.sum(z, 2), axis("sum", 2)]],
  mean: [[() => C.mean(z, 2), axis("mean", 2)]],
  prod: [[() => C.prod(z, 2), axis("prod", 2)]],
  cumsum: [[() => C.cumsum(z, 2), axis("cumsum", 2)]],
  cat: [
    [() => C.cat([]), "cat: expected an array of one or more tensors, got an array"],
    [() => C.cat([z, no]), operand("cat")],
  ],
  stack: [
    [() => C.stack([z, short]), "stack: expected equal shapes, got [2, 3] and [2]"],
    [() => C.stack(no), 'stack: expected an array of one or more tensors, got "x"'],
  ],
  where: [
    [() => C.where(x, z, z), "where: the condition must be a bool tensor, got a tensor f32[2, 3]"],
  ],
  eq: [[() => C.eq(z, short), apart("eq")]],
  isclose: [[() => C.isclose(z, short), apart("sub")]],
};

/** Functions of one operand, of any kind. */
const TAKE_ANY =
  "abs angle cfloat conj cos cosh exp log neg reciprocal sgn sigmoid silu sin sinh sqrt square tan tanh".split(
    " ",
  );
/** Functions whose errors are those of others of which they are made; and what takes anything. */
const OTHERS = ["allclose", "Complex", "equal", "isComplex", "ne", "pow"];
const SPEAK_AS: Record<string, string> = {
  isclose: "sub",
  sigmoid: "neg",
  silu: "neg",
  square: "mul",
};

test("every function has its mistakes, or can make none", () => {
  const known = [...Object.keys(MISTAKES), ...TAKE_ANY, ...OTHERS];
  expect(Object.keys(C).sort()).toEqual(known.sort());
});

describe.each(Object.entries(MISTAKES))("%s", (name, mistakes) => {
  test.each(mistakes.map(([call, message]) => [message, call] as const))("%s", (message, call) => {
    expect(messageOf(call)).toBe(message);
    expect(message.split(":")[0]).toBe(SPEAK_AS[name] ?? name);
  });
});

test.each(TAKE_ANY)("%s takes complex and real tensors and numbers, and nothing else", (name) => {
  const call = C[name as "exp"];
  for (const shape of [[], [3], [0, 2]])
    for (const dtype of ["f16", "f32", "f64"] as const) {
      const part = zeros(shape, { dtype }).add(1);
      const y = call(C.complex(part, part));
      expect(y.shape).toEqual(shape);
      expect(y.dtype).toBe(name === "cfloat" ? "f32" : dtype);
      y.dataSync();
    }
  expect(call(tensor([1, 2], { dtype: "i32" })).dtype).toBe("f32");
  expect(call(2).shape).toEqual([]);
  expect(() => call(no)).toThrow(operand(SPEAK_AS[name] ?? name));
});
