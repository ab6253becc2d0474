import { Complex } from "../complex/index.ts";
import { isHalf } from "../ir/dtype.ts";
import type { Node } from "../ir/node.ts";
import * as ops from "../ir/ops.ts";
import { stack, Tensor } from "../tensor/index.ts";
import { range } from "../tensor/axes.ts";
import { describe, toFloat } from "../tensor/operand.ts";

/** What transforms take: a complex tensor or a real one. */
export type Signal = Complex | Tensor;

/** Throws unless `x` is a complex or real tensor. */
export function checkSignal(x: unknown, what: string): asserts x is Signal {
  if (!(x instanceof Complex) && !(x instanceof Tensor))
    throw new TypeError(`${what}: expected a complex or real tensor, got ${describe(x)}`);
}

/** Throws unless `x` is a real tensor. */
export function checkReal(x: unknown, what: string): asserts x is Tensor {
  if (x instanceof Complex)
    throw new TypeError(`${what}: expected a real tensor, got a complex one; use x.real`);
  checkSignal(x, what);
}

/** The parts as planes along a new axis 0; one plane of a real tensor. Integers and f16 become f32. */
export function planesOf(x: Signal): Node {
  if (isHalf(x.dtype)) return planesOf(x.to("f32"));
  if (x instanceof Complex) return stack([x.real, x.imag]).node;
  const node = toFloat(x.node);
  return ops.reshape(node, [1, ...node.shape]);
}

/** The plane of that number. */
export function plane(z: Node, index: number): Tensor {
  return new Tensor(ops.reshape(range(z, 0, index, 1), z.shape.slice(1)));
}

/** The complex tensor of two planes. */
export const complexOf = (z: Node): Complex => new Complex(plane(z, 0), plane(z, 1));
