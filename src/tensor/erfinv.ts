import type { Node } from "../ir/node.ts";
import * as ops from "../ir/ops.ts";

// M. Giles, "Approximating the erfinv function", GPU Computing Gems, 2011: single precision.
const ERFINV_CENTRAL = [
  2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503,
  -0.00417768164, 0.246640727, 1.50140941,
];
const ERFINV_TAIL = [
  -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613,
  0.00943887047, 1.00167406, 2.83297682,
];

const polynomial = (w: Node, coefficients: readonly number[]): Node =>
  coefficients
    .slice(1)
    .reduce(
      (sum, c) => ops.add(ops.mul(sum, w), ops.fullLike(w, c)),
      ops.fullLike(w, coefficients[0]),
    );

/** erf⁻¹(x) / x for w = -log(1 - x²): what normal random numbers are made with. */
export function erfinvRatio(w: Node): Node {
  const five = ops.fullLike(w, 5);
  const central = ops.lt(w, five);
  // The branch that is not taken must have a finite derivative too, hence no root of 0.
  const tail = ops.sqrt(ops.select(central, five, w));
  return ops.select(
    central,
    polynomial(ops.sub(w, ops.fullLike(w, 2.5)), ERFINV_CENTRAL),
    polynomial(ops.sub(tail, ops.fullLike(w, 3)), ERFINV_TAIL),
  );
}

/** erf⁻¹, elementwise. */
export function erfinvNode(x: Node): Node {
  const one = ops.fullLike(x, 1);
  const edge = ops.eq(ops.abs(x), one);
  const inner = ops.select(edge, ops.zerosLike(x), x);
  const w = ops.neg(ops.log(ops.mul(ops.sub(one, inner), ops.add(one, inner))));
  let y = ops.mul(inner, erfinvRatio(w));
  if (x.dtype === "f64") {
    // Two Newton steps double the digits of the single-precision approximation twice.
    for (let i = 0; i < 2; i++) {
      const slope = ops.mul(
        ops.exp(ops.neg(ops.mul(y, y))),
        ops.fullLike(x, 2 / Math.sqrt(Math.PI)),
      );
      y = ops.sub(y, ops.div(ops.sub(ops.erf(y), inner), slope));
    }
  }
  const infinite = ops.fullLike(x, Infinity);
  const negative = ops.lt(x, ops.zerosLike(x));
  return ops.select(edge, ops.select(negative, ops.neg(infinite), infinite), y);
}
