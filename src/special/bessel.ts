import { isHalf } from "../ir/dtype.ts";
import { type Tensor, where } from "../tensor/index.ts";
import { callInSingle } from "../tensor/operand.ts";
import * as C from "./coefficients.ts";
import { pieces, series, smooth, toFloat } from "./series.ts";

// Near 0 by power series in the form of Chebyshev's, far from it by an exponential or a phase times a
// slowly varying factor (Abramowitz & Stegun, 9.2 and 9.7).

const signed = (x: Tensor, size: (a: Tensor) => Tensor): Tensor => {
  const y = size(x.abs());
  return where(x.lt(0), y.neg(), y);
};

const scaledI0 = (x: Tensor): Tensor =>
  pieces(
    x.abs(),
    8,
    (a) => series(a, C.I0_NEAR, 0, 8),
    (a) => series(a.reciprocal().mul(8), C.I0_FAR, 0, 1).div(a.sqrt()),
  );
const scaledI1 = (x: Tensor): Tensor =>
  signed(x, (size) =>
    pieces(
      size,
      8,
      (a) => series(a, C.I1_NEAR, 0, 8).mul(a),
      (a) => series(a.reciprocal().mul(8), C.I1_FAR, 0, 1).div(a.sqrt()),
    ),
  );

/** y / x, and `limit` at 0. */
const over = (y: Tensor, x: Tensor, limit: number): Tensor => {
  const none = x.eq(0);
  return where(none, limit, y.div(where(none, 1, x)));
};

/**
 * Modified Bessel function of the first kind of order 0, times `e^-|x|`.
 *
 * @example
 * i0e(tensor([0, 1])); // [1, 0.4658]
 */
export const i0e = smooth("i0e", scaledI0, (x, y) => scaledI1(x).sub(x.sign().mul(y)));
/**
 * Modified Bessel function of the first kind of order 1, times `e^-|x|`.
 *
 * @example
 * i1e(tensor([0, 1])); // [0, 0.2079]
 */
export const i1e = smooth("i1e", scaledI1, (x, y) =>
  scaledI0(x)
    .sub(over(y, x, 0.5))
    .sub(x.sign().mul(y)),
);
/**
 * Modified Bessel function of the first kind of order 0.
 *
 * @example
 * i0(tensor([0, 1])); // [1, 1.2661]
 */
export const i0 = smooth(
  "i0",
  (x) => scaledI0(x).mul(x.abs().exp()),
  (x) => scaledI1(x).mul(x.abs().exp()),
);
/**
 * Modified Bessel function of the first kind of order 1.
 *
 * @example
 * i1(tensor([0, 1])); // [0, 0.5652]
 */
export const i1 = smooth(
  "i1",
  (x) => scaledI1(x).mul(x.abs().exp()),
  (x, y) =>
    scaledI0(x)
      .mul(x.abs().exp())
      .sub(over(y, x, 0.5)),
);
/**
 * The same as `i0`.
 *
 * @example
 * modifiedBesselI0(tensor([1])); // [1.2661]
 */
export const modifiedBesselI0 = i0;
/**
 * The same as `i1`.
 *
 * @example
 * modifiedBesselI1(tensor([1])); // [0.5652]
 */
export const modifiedBesselI1 = i1;

/** NaN for negative numbers, `atZero` at 0. */
const onPositive = (x: Tensor, y: Tensor, atZero: number): Tensor =>
  where(x.lt(0), NaN, where(x.eq(0), atZero, y));

/** K near 0 and, times eˣ, far from it. */
function kOf(x: Tensor, order: 0 | 1, scaled: boolean): Tensor {
  const y = pieces(
    x,
    2,
    (given) => {
      const a = where(given.gt(0), given, 1);
      const log = a.div(2).log();
      const square = a.square();
      const plain =
        order === 0
          ? series(square, C.K0_NEAR, 0, 4).sub(log.mul(scaledI0(a)).mul(a.exp()))
          : series(square, C.K1_NEAR, 0, 4)
              .div(a)
              .add(log.mul(scaledI1(a)).mul(a.exp()));
      return scaled ? plain.mul(a.exp()) : plain;
    },
    (a) => {
      const c = order === 0 ? C.K0_FAR : C.K1_FAR;
      const y = series(a.reciprocal().mul(2), c, 0, 1).div(a.sqrt());
      return scaled ? y : y.mul(a.neg().exp());
    },
  );
  return onPositive(x, y, Infinity);
}

/**
 * Modified Bessel function of the second kind of order 0; NaN below 0.
 *
 * @example
 * modifiedBesselK0(tensor([1])); // [0.4210]
 */
export const modifiedBesselK0 = smooth(
  "modifiedBesselK0",
  (x) => kOf(x, 0, false),
  (x) => kOf(x, 1, false).neg(),
);
/**
 * Modified Bessel function of the second kind of order 1; NaN below 0.
 *
 * @example
 * modifiedBesselK1(tensor([1])); // [0.6019]
 */
export const modifiedBesselK1 = smooth(
  "modifiedBesselK1",
  (x) => kOf(x, 1, false),
  (x, y) => kOf(x, 0, false).add(y.div(x)).neg(),
);
/**
 * `modifiedBesselK0` times eˣ.
 *
 * @example
 * scaledModifiedBesselK0(tensor([1])); // [1.1445]
 */
export const scaledModifiedBesselK0 = smooth(
  "scaledModifiedBesselK0",
  (x) => kOf(x, 0, true),
  (x, y) => y.sub(kOf(x, 1, true)),
);
/**
 * `modifiedBesselK1` times eˣ.
 *
 * @example
 * scaledModifiedBesselK1(tensor([1])); // [1.6362]
 */
export const scaledModifiedBesselK1 = smooth(
  "scaledModifiedBesselK1",
  (x) => kOf(x, 1, true),
  (x, y) => y.sub(kOf(x, 0, true)).sub(y.div(x)),
);

/** `√(2/πx) (P · sin or cos of the phase ± Q · the other)` for x > 8. */
function oscillation(x: Tensor, order: 0 | 1, second: boolean): Tensor {
  const t = x.reciprocal().mul(8);
  const square = t.square();
  const p = series(square, order === 0 ? C.P0_FAR : C.P1_FAR, 0, 1);
  const q = series(square, order === 0 ? C.Q0_FAR : C.Q1_FAR, 0, 1).mul(t);
  // cos(x - π/4) and so on by the sum formulas, so that x keeps its digits.
  const [sin, cos] = [x.sin(), x.cos()];
  const [c, s] = order === 0 ? [cos.add(sin), sin.sub(cos)] : [sin.sub(cos), sin.add(cos).neg()];
  const wave = second ? p.mul(s).add(q.mul(c)) : p.mul(c).sub(q.mul(s));
  const y = wave.div(x.mul(Math.PI).sqrt());
  // It dies away: at infinity the phase is not defined.
  return where(x.eq(Infinity), 0, y);
}

const firstKind = (x: Tensor, order: 0 | 1): Tensor =>
  pieces(
    x,
    8,
    (a) =>
      order === 0
        ? series(a.square(), C.J0_NEAR, 0, 64)
        : series(a.square(), C.J1_NEAR, 0, 64).mul(a),
    (a) => oscillation(a, order, false),
  );

const j0 = (x: Tensor): Tensor => firstKind(x.abs(), 0);
const j1 = (x: Tensor): Tensor => signed(x, (a) => firstKind(a, 1));

function secondKind(x: Tensor, order: 0 | 1): Tensor {
  const y = pieces(
    x,
    8,
    (given) => {
      const a = where(given.gt(0), given, 1);
      const square = a.square();
      const log = a.log();
      if (order === 0) return series(square, C.Y0_NEAR, 0, 64).add(log.mul(j0(a)).mul(2 / Math.PI));
      const pole = log
        .mul(j1(a))
        .sub(a.reciprocal())
        .mul(2 / Math.PI);
      return series(square, C.Y1_NEAR, 0, 64).mul(a).add(pole);
    },
    (a) => oscillation(a, order, true),
  );
  return onPositive(x, y, -Infinity);
}

/**
 * Bessel function of the first kind of order 0.
 *
 * @example
 * besselJ0(tensor([0, 1])); // [1.0000, 0.7652]
 */
export const besselJ0 = smooth("besselJ0", j0, (x) => j1(x).neg());
/**
 * Bessel function of the first kind of order 1.
 *
 * @example
 * besselJ1(tensor([0, 1])); // [0, 0.4401]
 */
export const besselJ1 = smooth("besselJ1", j1, (x, y) => j0(x).sub(over(y, x, 0.5)));
/**
 * Bessel function of the second kind of order 0; NaN below 0.
 *
 * @example
 * besselY0(tensor([1])); // [0.0883]
 */
export const besselY0 = smooth(
  "besselY0",
  (x) => secondKind(x, 0),
  (x) => secondKind(x, 1).neg(),
);
/**
 * Bessel function of the second kind of order 1; NaN below 0.
 *
 * @example
 * besselY1(tensor([1])); // [-0.7812]
 */
export const besselY1 = smooth(
  "besselY1",
  (x) => secondKind(x, 1),
  (x, y) => secondKind(x, 0).sub(y.div(x)),
);

/**
 * Spherical Bessel function of order 0: `sin(x) / x`, 1 at 0.
 *
 * @example
 * sphericalBesselJ0(tensor([0, 1])); // [1, 0.8415]
 */
export const sphericalBesselJ0 = smooth(
  "sphericalBesselJ0",
  (x) => where(x.isinf(), 0, over(x.sin(), x, 1)),
  (x, y) => over(x.cos().sub(y), x, 0),
);

/** ζ(5) of the phase 2/3 x^(3/2). */
const ZETA = (2 / 3) * 5 ** 1.5;

/**
 * Airy's function Ai.
 *
 * @example
 * airyAi(tensor([0, 1])); // [0.3550, 0.1353]
 */
export function airyAi(given: Tensor): Tensor {
  const x = toFloat(given, "airyAi");
  if (isHalf(x.dtype)) return callInSingle(airyAi, x);
  const phase = (a: Tensor): Tensor => a.mul(a.sqrt()).mul(2 / 3);
  const negative = (a: Tensor): Tensor => {
    const zeta = phase(a);
    const t = zeta.reciprocal().mul(ZETA);
    const p = series(t.square(), C.AIRY_P, 0, 1);
    const q = series(t.square(), C.AIRY_Q, 0, 1).mul(t);
    const angle = zeta.sub(Math.PI / 4);
    const wave = p.mul(angle.cos()).add(q.mul(angle.sin()));
    return wave.div(a.sqrt().sqrt().mul(Math.sqrt(Math.PI)));
  };
  const positive = (a: Tensor): Tensor => {
    const zeta = phase(a);
    const y = series(zeta.reciprocal().mul(ZETA), C.AIRY_RIGHT, 0, 1);
    return y.mul(zeta.neg().exp()).div(
      a
        .sqrt()
        .sqrt()
        .mul(2 * Math.sqrt(Math.PI)),
    );
  };
  const right = pieces(x, 5, (a) => series(a.maximum(-5), C.AIRY_NEAR, -5, 5), positive);
  const isLeft = x.lt(-5);
  const left = negative(where(isLeft, x.neg(), 5));
  const value = where(isLeft, left, right);
  // PyTorch's own bounds, beyond which it gives what the function tends to.
  return where(x.isinf(), where(x.gt(0), 0, NaN), value);
}
