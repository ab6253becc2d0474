import { expect, test } from "vitest";
import { vjp } from "../../src/autodiff/vjp.ts";
import { compile } from "../../src/compiler/compile.ts";
import { type Node } from "../../src/ir/node.ts";
import { target } from "./target.ts";
import * as ops from "../../src/ir/ops.ts";

const SIZE = 512;
const VALUE = SIZE * SIZE * 4;

/** Values that the arena of a plan has room for. */
function valuesOf(outputs: readonly Node[], inputs: readonly Node[]): number {
  return compile({ outputs, inputs, constants: 0 }, target).arenaBytes / VALUE;
}

const product = (a: Node, b: Node): Node =>
  ops.dot(a, b, { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] });

/** Layers of `activation`, and the gradients of their weights, first layers first. */
function gradients(layers: number, activation: (x: Node) => Node): [Node[], Node[]] {
  const square = (grad: boolean): Node => ops.placeholder([SIZE, SIZE], "f32", grad);
  const [x, cotangent] = [square(false), square(false)];
  const weights = Array.from({ length: layers }, () => square(true));
  const y = weights.reduce((h, w) => activation(product(h, w)), x);
  const found = vjp([y], [cotangent], weights).map((g) => g!);
  return [found, [x, cotangent, ...weights]];
}

test("gradients of weights are computed while what they are made of is there anyway", () => {
  // Each layer's result is kept; only a few cotangents live at a time.
  expect(valuesOf(...gradients(10, ops.tanh))).toBeLessThan(10 + 4);
});

test("a function of one large value is computed again, not kept beside it", () => {
  const gelu = (x: Node): Node => {
    const half = ops.mul(x, ops.fullLike(x, 0.5));
    const inner = ops.erf(ops.mul(x, ops.fullLike(x, Math.SQRT1_2)));
    return ops.mul(half, ops.add(inner, ops.fullLike(x, 1)));
  };
  // What goes into the activation and what comes out of it, but not its erf.
  expect(valuesOf(...gradients(8, gelu))).toBeLessThan(2 * 8 + 4);
});
