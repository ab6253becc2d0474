import { type Operand, type Tensor, where } from "../tensor/index.ts";
import { ERFCX } from "./coefficients.ts";
import { series, smooth } from "./series.ts";
import { xlog } from "./xlog.ts";

/** e^(x²) erfc(x) of x ≥ 0 (Shepherd & Laframboise 1981). */
const positive = (x: Tensor): Tensor => {
  const finite = where(x.lt(1e30), x, 1e30);
  const t = finite.sub(3.75).div(finite.add(3.75));
  const y = series(t, ERFCX, -1, 1).div(finite.mul(2).add(1));
  return where(x.isnan(), x, where(x.eq(Infinity), 0, y));
};

function erfcxOf(x: Tensor): Tensor {
  const y = positive(x.abs());
  return where(x.lt(0), x.square().exp().mul(2).sub(y), y);
}

/**
 * `e^(x²) · erfc(x)`, which stays in range where both factors leave it.
 *
 * @example
 * erfcx(tensor([0, 10])); // [1.0000, 0.0561]
 */
export const erfcx = smooth("erfcx", erfcxOf, (x, y) =>
  x
    .mul(y)
    .mul(2)
    .sub(2 / Math.sqrt(Math.PI)),
);

/** Φ(x), with all digits where it is small. */
function ndtrOf(x: Tensor): Tensor {
  const z = x.mul(-Math.SQRT1_2);
  const small = positive(z.abs()).mul(z.square().neg().exp()).div(2);
  return where(x.gt(0), small.neg().add(1), small);
}

const density = (x: Tensor): Tensor =>
  x
    .square()
    .mul(-0.5)
    .exp()
    .mul(1 / Math.sqrt(2 * Math.PI));

/**
 * The standard normal distribution: the share below x.
 *
 * @example
 * ndtr(tensor([0, 1])); // [0.5000, 0.8413]
 */
export const ndtr = smooth("ndtr", ndtrOf, density);

/**
 * `log(ndtr(x))`, also where that is too small to be a number.
 *
 * @example
 * logNdtr(tensor([0, -40])); // [-0.6931, -804.6084]
 */
export const logNdtr = smooth(
  "logNdtr",
  (x) => {
    const z = x.mul(Math.SQRT1_2);
    const isLow = x.lt(-1);
    const low = where(isLow, z, -1);
    const tail = positive(low.neg()).div(2).log().sub(low.square());
    return where(
      isLow,
      tail,
      ndtrOf(where(isLow, 0, x).neg())
        .neg()
        .log1p(),
    );
  },
  // φ / Φ, both scaled by e^(x²/2).
  (x) =>
    erfcxOf(x.mul(-Math.SQRT1_2))
      .reciprocal()
      .mul(Math.sqrt(2 / Math.PI)),
);

/**
 * The inverse of `ndtr`: ±∞ at 0 and 1, NaN outside.
 *
 * @example
 * ndtri(tensor([0.5, 0.975])); // [0, 1.9600]
 */
export const ndtri = smooth(
  "ndtri",
  (p) => {
    const y = p.mul(2).sub(1).erfinv().mul(Math.SQRT2);
    // One step of Newton where 2p - 1 has lost the digits of p.
    const isTail = p.lt(0.02).logicalAnd(y.isfinite());
    const at = where(isTail, y, 0);
    const step = ndtrOf(at).sub(p).div(density(at));
    return where(isTail, y.sub(step.div(step.mul(at).div(2).add(1))), y);
  },
  (_, y) => density(y).reciprocal(),
);

/**
 * Entropy of a share: `-x · log(x)`, 0 at 0, -∞ below.
 *
 * @example
 * entr(tensor([0, 0.5])); // [0, 0.3466]
 */
export const entr = smooth(
  "entr",
  (x) => {
    const isPositive = x.gt(0);
    const y = x.mul(where(isPositive, x, 1).log()).neg();
    return where(isPositive.logicalOr(x.isnan()), y, where(x.eq(0), 0, x.fullLike(-Infinity)));
  },
  (x) => where(x.lt(0), NaN, x.log().neg().sub(1)),
);

/**
 * `a · log(1 + b)`, and 0 where a is 0.
 *
 * @example
 * xlog1py(tensor([0, 2]), tensor([-1, 1])); // [0, 1.3863]
 */
export const xlog1py = (a: Operand, b: Operand): Tensor => xlog("xlog1py", a, b, 1);
