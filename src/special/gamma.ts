import { isHalf } from "../ir/dtype.ts";
import * as ops from "../ir/ops.ts";
import { type CustomRule } from "../ir/primitives/custom.ts";
import { type Operand, scan, Tensor, tensor, where } from "../tensor/index.ts";
import { callInSingle, checkInteger, elementwise } from "../tensor/operand.ts";
import { smooth, toFloat } from "./series.ts";

// Numbers of Bernoulli B₂, B₄, …: the coefficients of the asymptotic series.
const BERNOULLI = [
  1 / 6,
  -1 / 30,
  1 / 42,
  -1 / 30,
  5 / 66,
  -691 / 2730,
  7 / 6,
  -3617 / 510,
  43867 / 798,
  -174611 / 330,
  854513 / 138,
  -236364091 / 2730,
];

/** From here on the asymptotic series are exact. */
const LARGE = 9;

/** `Σ cₖ / x^(2k)` for x ≥ LARGE, k from 1. */
function tail(x: Tensor, c: readonly number[]): Tensor {
  const s = x.square().reciprocal();
  let sum = s.mul(c[c.length - 1]);
  for (let i = c.length - 2; i >= 0; i--) sum = sum.add(c[i]).mul(s);
  return sum;
}

/** x > 0 moved up by whole numbers to at least LARGE; `visit` sees where each step starts from. */
function moved(x: Tensor, visit: (isStep: Tensor, at: Tensor) => void): Tensor {
  let at = x;
  for (let i = 0; i < LARGE; i++) {
    const isStep = at.lt(LARGE);
    visit(isStep, at);
    at = where(isStep, at.add(1), at);
  }
  return at;
}

/** log Γ of x > 0, by Stirling's series. */
function logGamma(x: Tensor): Tensor {
  let product: Tensor = x.onesLike();
  const z = moved(x, (isStep, at) => (product = where(isStep, product.mul(at), product)));
  const c = BERNOULLI.slice(0, 10).map((b, k) => b / ((2 * k + 2) * (2 * k + 1)));
  const stirling = z
    .sub(0.5)
    .mul(z.log())
    .sub(z)
    .add(Math.log(2 * Math.PI) / 2);
  const value = stirling.add(tail(z, c).mul(z)).sub(product.log());
  return where(x.eq(Infinity), Infinity, value);
}

/** ψ of x > 0. */
function psi(x: Tensor): Tensor {
  let sum: Tensor = x.zerosLike();
  const z = moved(x, (isStep, at) => (sum = where(isStep, sum.add(at.reciprocal()), sum)));
  const c = BERNOULLI.slice(0, 10).map((b, k) => b / (2 * k + 2));
  const value = z.log().sub(z.reciprocal().div(2)).sub(tail(z, c)).sub(sum);
  return where(x.eq(Infinity), Infinity, value);
}

/** x minus the nearest whole number. */
const fraction = (x: Tensor): Tensor => x.sub(x.round());

const isPole = (x: Tensor): Tensor => x.le(0).logicalAnd(x.eq(x.floor()));

function lgammaOf(x: Tensor): Tensor {
  const reflect = x.lt(0.5);
  const value = logGamma(where(reflect, x.neg().add(1), x));
  const sine = fraction(where(reflect, x, 0.5))
    .mul(Math.PI)
    .sin()
    .abs();
  const mirrored = sine.reciprocal().mul(Math.PI).log().sub(value);
  const finite = where(reflect, mirrored, value);
  return where(isPole(x).logicalOr(x.isinf()), Infinity, finite);
}

function digammaOf(x: Tensor): Tensor {
  const reflect = x.lt(0.5);
  const value = psi(where(reflect, x.neg().add(1), x));
  const cot = fraction(where(reflect, x, 0.25))
    .mul(Math.PI)
    .tan()
    .reciprocal();
  const finite = where(reflect, value.sub(cot.mul(Math.PI)), value);
  const atZero = where(x.reciprocal().lt(0), Infinity, -Infinity);
  const nan = isPole(x).logicalOr(x.eq(-Infinity));
  return where(x.eq(0), atZero.to(x.dtype), where(nan, NaN, finite));
}

/** Hurwitz' ζ(s, q) for q > 0 by the formula of Euler and Maclaurin. */
function positiveZeta(s: Tensor, q: Tensor): Tensor {
  const N = 10;
  const power = (a: Tensor): Tensor => a.pow(s.neg());
  let sum = power(q);
  for (let k = 1; k < N; k++) sum = sum.add(power(q.add(k)));
  const a = q.add(N);
  const last = power(a);
  sum = sum.add(last.mul(a).div(s.sub(1))).add(last.div(2));
  let factor = s.mul(last).div(a);
  let factorial = 2;
  BERNOULLI.forEach((b, j) => {
    sum = sum.add(factor.mul(b / factorial));
    const k = 2 * j + 1;
    factor = factor
      .mul(s.add(k))
      .mul(s.add(k + 1))
      .div(a.square());
    factorial *= (k + 2) * (k + 3);
  });
  return sum;
}

/** ζ(s, q); for q < 0 and whole s by the terms on both sides of 0, which are such sums again. */
function zetaOf(s: Tensor, q: Tensor): Tensor {
  const isNegative = q.le(0);
  const whole = s.eq(s.floor());
  // q + steps lies in (0, 1].
  const steps = where(isNegative, q.ceil().neg().add(1), 0);
  const start = where(isNegative, q.add(steps), q);
  const safe = where(s.gt(1), s, 2);
  const right = positiveZeta(safe, where(start.gt(0), start, 1));
  const rest = where(isNegative, start.neg().add(1), 0.5);
  const near = positiveZeta(safe, where(rest.gt(0), rest, 1));
  const left = near.sub(positiveZeta(safe, rest.add(steps).maximum(1e-30)));
  const sign = where(s.remainder(2).eq(0), 1, -1);
  const value = where(isNegative, right.add(left.mul(sign)), right);
  const undefinedAt = s.lt(1).logicalOr(isNegative.logicalAnd(whole.logicalNot()));
  const pole = isPole(q);
  const found = where(pole, Infinity, where(undefinedAt, NaN, value));
  return where(s.eq(1), Infinity, where(s.lt(1), NaN, found));
}

/**
 * Hurwitz' zeta function `Σ (q + k)^-x`, k from 0.
 *
 * @example
 * zeta(tensor([2]), 1); // [1.6449]
 */
export const zeta = (x: Operand, q: Operand): Tensor =>
  elementwise("zeta", x, q, (s, a) => zetaOf(new Tensor(s), new Tensor(a)).node, true);

/**
 * Logarithm of |Γ(x)|; ∞ at 0 and the negative integers.
 *
 * @example
 * lgamma(tensor([1, 5])); // [0.0000, 3.1781]
 */
export const lgamma = smooth("lgamma", lgammaOf, digammaOf);
/**
 * The same as `lgamma`.
 *
 * @example
 * gammaln(tensor([5])); // [3.1781]
 */
export const gammaln = lgamma;

/**
 * Logarithmic derivative of Γ.
 *
 * @example
 * digamma(tensor([1])); // [-0.5772]
 */
export const digamma = smooth("digamma", digammaOf, (x) => polygammaOf(1, x));
/**
 * The same as `digamma`.
 *
 * @example
 * psi(tensor([1])); // [-0.5772]
 */
export { digamma as psi };

function polygammaOf(n: number, x: Tensor): Tensor {
  if (n === 0) return digammaOf(x);
  let factorial = 1;
  for (let k = 2; k <= n; k++) factorial *= k;
  const order = x.fullLike(n + 1);
  return zetaOf(order, x).mul(n % 2 === 1 ? factorial : -factorial);
}

const polygammaRule: CustomRule = (g, [x], _, { n }) => [
  ops.mul(g, polygammaOf((n as number) + 1, new Tensor(x)).node),
];

/**
 * The n-th derivative of `digamma`, n ≥ 0.
 *
 * @example
 * polygamma(1, tensor([1])); // [1.6449]
 */
export function polygamma(n: number, given: Tensor): Tensor {
  checkInteger(n, "n", "polygamma");
  if (n < 0) throw new RangeError(`polygamma: n must be >= 0, got ${n}`);
  const x = toFloat(given, "polygamma");
  if (isHalf(x.dtype)) return callInSingle((wide) => polygamma(n, wide), x);
  return new Tensor(ops.customVjp(polygammaOf(n, x).node, [x.node], polygammaRule, { n }));
}

/**
 * Logarithm of the gamma function of `p` dimensions: `p (p - 1) / 4 · log π + Σ lgamma(x - i / 2)`.
 *
 * @example
 * multigammaln(tensor([3]), 2); // [1.5502]
 */
export function multigammaln(given: Tensor, p: number): Tensor {
  checkInteger(p, "p", "multigammaln");
  if (p < 1) throw new RangeError(`multigammaln: p must be >= 1, got ${p}`);
  const x = toFloat(given, "multigammaln");
  if (isHalf(x.dtype)) return callInSingle(multigammaln, x, p);
  let sum = lgamma(x).add((p * (p - 1) * Math.log(Math.PI)) / 4);
  for (let i = 1; i < p; i++) sum = sum.add(lgamma(x.sub(i / 2)));
  return sum;
}

/** Terms of the series and of the continued fraction: enough for parameters of some thousands. */
const TERMS = { f32: 120, f64: 400 } as const;
const steps = (x: Tensor): Tensor => {
  const n = TERMS[x.dtype as keyof typeof TERMS];
  return tensor(
    Array.from({ length: n }, (_, i) => i + 1),
    { dtype: x.dtype },
  );
};

/** `xᵃ e⁻ˣ / Γ(a)`. */
const prefix = (a: Tensor, x: Tensor): Tensor => a.mul(x.log()).sub(x).sub(lgammaOf(a)).exp();

/** P(a, x) for x < a + 1: `xᵃ e⁻ˣ / Γ(a + 1) · Σ xⁿ / ((a + 1) … (a + n))`. */
function lowerSeries(a: Tensor, x: Tensor): Tensor {
  const one = x.onesLike();
  const [[, sum]] = scan(
    ([term, total]: [Tensor, Tensor], n: Tensor) => {
      const next = term.mul(x).div(a.add(n));
      return [[next, total.add(next)] as [Tensor, Tensor], []];
    },
    [one, one] as [Tensor, Tensor],
    steps(x),
  );
  return sum.mul(prefix(a, x)).div(a);
}

/** Q(a, x) for x ≥ a + 1, by Lentz' evaluation of Legendre's continued fraction. */
function upperFraction(a: Tensor, x: Tensor): Tensor {
  const tiny = x.dtype === "f32" ? 1e-30 : 1e-290;
  const b0 = x.sub(a).add(1);
  const d0 = b0.reciprocal();
  const [[, , value]] = scan(
    ([c, d, h]: [Tensor, Tensor, Tensor], n: Tensor) => {
      const an = n.sub(a).mul(n).neg();
      const b = b0.add(n.mul(2));
      const guard = (v: Tensor): Tensor => where(v.abs().lt(tiny), tiny, v);
      const [nextD, nextC] = [guard(an.mul(d).add(b)).reciprocal(), guard(an.div(c).add(b))];
      return [[nextC, nextD, h.mul(nextC.mul(nextD))] as [Tensor, Tensor, Tensor], []];
    },
    [x.fullLike(1 / tiny), d0, d0] as [Tensor, Tensor, Tensor],
    steps(x),
  );
  return value.mul(prefix(a, x));
}

function regularized(a: Tensor, x: Tensor, upper: boolean): Tensor {
  const inside = a.gt(0).logicalAnd(x.gt(0)).logicalAnd(a.isfinite()).logicalAnd(x.isfinite());
  const [p, y] = [where(inside, a, 1), where(inside, x, 1)];
  const isLow = y.lt(p.add(1));
  const low = lowerSeries(p, where(isLow, y, p));
  const high = upperFraction(p, where(isLow, p.add(2), y));
  const value = upper ? where(isLow, low.neg().add(1), high) : where(isLow, low, high.neg().add(1));
  const nothing = x.eq(0).logicalOr(a.eq(Infinity));
  const edge = where(nothing, upper ? 1 : 0, upper ? 0 : 1);
  const bad = x
    .lt(0)
    .logicalOr(a.lt(0))
    .logicalOr(a.eq(0).logicalAnd(x.eq(0)))
    .logicalOr(a.eq(Infinity).logicalAnd(x.eq(Infinity)))
    .logicalOr(a.isnan())
    .logicalOr(x.isnan());
  return where(inside, value, where(bad, NaN, edge.to(x.dtype)));
}

const incompleteRule: CustomRule = (g, [a, x], _, { sign }) => {
  const [p, y] = [new Tensor(a), new Tensor(x)];
  const density = p.sub(1).mul(y.log()).sub(y).sub(lgammaOf(p)).exp();
  return [undefined, ops.mul(g, density.mul(sign as number).node)];
};

const incomplete =
  (what: string, upper: boolean) =>
  (a: Operand, x: Operand): Tensor =>
    elementwise(
      what,
      a,
      x,
      (p, y) =>
        ops.customVjp(
          regularized(new Tensor(p), new Tensor(y), upper).node,
          [p, y],
          incompleteRule,
          { sign: upper ? -1 : 1 },
        ),
      true,
    );

/**
 * Regularized lower incomplete gamma function `1 / Γ(a) · ∫₀ˣ tᵃ⁻¹ e⁻ᵗ dt`. It has a gradient for x only.
 *
 * @example
 * gammainc(tensor([1]), 1); // [0.6321]
 */
export const gammainc = incomplete("gammainc", false);
/**
 * `1 - gammainc(a, x)`, accurate where that is small. It has a gradient for x only.
 *
 * @example
 * gammaincc(tensor([1]), 1); // [0.3679]
 */
export const gammaincc = incomplete("gammaincc", true);
