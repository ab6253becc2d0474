import { expect, test } from "vitest";
import * as S from "../../src/special/index.ts";
import { type Tensor, zeros } from "../../src/tensor/index.ts";

type Call = (...args: unknown[]) => Tensor;
const FUNCTIONS = Object.entries(S) as unknown as [string, Call][];
/** Functions that are exported by a second name. */
const SPEAK_AS: Record<string, string> = {
  gammaln: "lgamma",
  psi: "digamma",
  modifiedBesselI0: "i0",
  modifiedBesselI1: "i1",
};
const TWO = /polynomial|^gammainc|^zeta$|^xlog1py$/i;
const OTHERS = ["polygamma", "multigammaln"];

const x = zeros([2, 3]);

test.each(FUNCTIONS.filter(([name]) => TWO.test(name)))("%s: shapes that differ", (name, f) => {
  // A shifted polynomial is the polynomial of another point.
  const inner = name.replace("shiftedC", "c");
  expect(() => f(x, zeros([2]))).toThrow(
    `${inner}: shapes [2, 3] and [2] do not broadcast (axis -1: 3 against 2; sizes must be equal or 1)`,
  );
});

const UNARY = FUNCTIONS.filter(([name]) => !TWO.test(name) && !OTHERS.includes(name));

test.each(UNARY)("%s takes tensors of every dtype and shape, and nothing else", async (name, f) => {
  expect(() => f("x")).toThrow(`${SPEAK_AS[name] ?? name}: expected a tensor, got "x"`);
  for (const dtype of ["f32", "f64", "i32", "bool"] as const)
    for (const shape of [[], [0, 2], [2, 1, 2]]) {
      const y = f(zeros(shape, { dtype }));
      expect(y.shape).toEqual(shape);
      expect(y.dtype).toBe(dtype === "f64" ? "f64" : "f32");
      await y.data();
    }
});

test("orders must be integers in range", () => {
  expect(() => S.polygamma(-1, x)).toThrow("polygamma: n must be >= 0, got -1");
  expect(() => S.polygamma(0.5, x)).toThrow("polygamma: n must be an integer, got 0.5");
  expect(() => S.multigammaln(x, 0)).toThrow("multigammaln: p must be >= 1, got 0");
  expect(() => S.polygamma(1, "x" as never)).toThrow('polygamma: expected a tensor, got "x"');
});
