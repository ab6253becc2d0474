import { isFloat } from "../ir/dtype.ts";
import { type Operand, scan, type Tensor, tensor, where } from "../tensor/index.ts";
import { elementwise } from "../tensor/operand.ts";
import { asTensor } from "./series.ts";

// Orthogonal polynomials by their recurrences.

/** p₀, p₁ and how pₖ₊₁ follows from pₖ and pₖ₋₁. */
interface Recurrence {
  readonly first: (x: Tensor) => Tensor;
  readonly next: (x: Tensor, k: Tensor, now: Tensor, last: Tensor) => Tensor;
}

/**
 * The polynomial of degree `n`, which is truncated to an integer; 0 below 0. Degrees that are known run a
 * loop of that length; those of a tensor are read.
 */
function polynomial(what: string, x: Operand, n: Operand, { first, next }: Recurrence): Tensor {
  const degree = asTensor(n, what);
  const both = elementwise(what, asTensor(x, what), n, (a) => a, true);
  const point = both.expand(both.shape);
  const degrees = elementwise(what, degree, point, (a) => a, true).trunc();
  let most = 0;
  for (const value of degrees.dataSync()) if (value > most) most = Math.floor(value);
  const one = point.onesLike();
  let result = where(degrees.lt(0), point.zerosLike(), one);
  if (most === 0) return result;
  const start = first(point);
  result = where(degrees.ge(1), start, result);
  if (most === 1) return result;
  const steps = Array.from({ length: most - 1 }, (_, i) => i + 1);
  const [[, , found]] = scan(
    ([now, last, best]: [Tensor, Tensor, Tensor], k: Tensor) => {
      const value = next(point, k, now, last);
      return [[value, now, where(degrees.gt(k), value, best)] as [Tensor, Tensor, Tensor], []];
    },
    [start, one, result],
    tensor(steps, { dtype: point.dtype }),
  );
  return found;
}

const chebyshev = (first: (x: Tensor) => Tensor): Recurrence => ({
  first,
  next: (x, _, now, last) => x.mul(2).mul(now).sub(last),
});

/** The same polynomial of 2x - 1. */
const shifted =
  (f: (x: Operand, n: Operand) => Tensor, what: string) =>
  (x: Operand, n: Operand): Tensor => {
    const point = asTensor(x, what);
    return f((isFloat(point.dtype) ? point : point.to("f32")).mul(2).sub(1), n);
  };

/**
 * Chebyshev polynomial of the first kind, of degree n.
 *
 * @example
 * chebyshevPolynomialT(tensor([0.5]), 2); // [-0.5]
 */
export const chebyshevPolynomialT = (x: Operand, n: Operand): Tensor =>
  polynomial(
    "chebyshevPolynomialT",
    x,
    n,
    chebyshev((t) => t),
  );
/**
 * Chebyshev polynomial of the second kind, of degree n.
 *
 * @example
 * chebyshevPolynomialU(tensor([0.5]), 2); // [0]
 */
export const chebyshevPolynomialU = (x: Operand, n: Operand): Tensor =>
  polynomial(
    "chebyshevPolynomialU",
    x,
    n,
    chebyshev((t) => t.mul(2)),
  );
/**
 * Chebyshev polynomial of the third kind, of degree n.
 *
 * @example
 * chebyshevPolynomialV(tensor([0.5]), 2); // [-1]
 */
export const chebyshevPolynomialV = (x: Operand, n: Operand): Tensor =>
  polynomial(
    "chebyshevPolynomialV",
    x,
    n,
    chebyshev((t) => t.mul(2).sub(1)),
  );
/**
 * Chebyshev polynomial of the fourth kind, of degree n.
 *
 * @example
 * chebyshevPolynomialW(tensor([0.5]), 2); // [1]
 */
export const chebyshevPolynomialW = (x: Operand, n: Operand): Tensor =>
  polynomial(
    "chebyshevPolynomialW",
    x,
    n,
    chebyshev((t) => t.mul(2).add(1)),
  );

/**
 * `chebyshevPolynomialT` of 2x - 1.
 *
 * @example
 * shiftedChebyshevPolynomialT(tensor([0.75]), 2); // [-0.5]
 */
export const shiftedChebyshevPolynomialT = shifted(
  chebyshevPolynomialT,
  "shiftedChebyshevPolynomialT",
);
/**
 * `chebyshevPolynomialU` of 2x - 1.
 *
 * @example
 * shiftedChebyshevPolynomialU(tensor([0.75]), 2); // [0]
 */
export const shiftedChebyshevPolynomialU = shifted(
  chebyshevPolynomialU,
  "shiftedChebyshevPolynomialU",
);
/**
 * `chebyshevPolynomialV` of 2x - 1.
 *
 * @example
 * shiftedChebyshevPolynomialV(tensor([0.75]), 2); // [-1]
 */
export const shiftedChebyshevPolynomialV = shifted(
  chebyshevPolynomialV,
  "shiftedChebyshevPolynomialV",
);
/**
 * `chebyshevPolynomialW` of 2x - 1.
 *
 * @example
 * shiftedChebyshevPolynomialW(tensor([0.75]), 2); // [1]
 */
export const shiftedChebyshevPolynomialW = shifted(
  chebyshevPolynomialW,
  "shiftedChebyshevPolynomialW",
);

/**
 * Hermite polynomial of physicists, of degree n.
 *
 * @example
 * hermitePolynomialH(tensor([1]), 2); // [2]
 */
export const hermitePolynomialH = (x: Operand, n: Operand): Tensor =>
  polynomial("hermitePolynomialH", x, n, {
    first: (t) => t.mul(2),
    next: (t, k, now, last) => t.mul(now).sub(k.mul(last)).mul(2),
  });
/**
 * Hermite polynomial of probabilists, of degree n.
 *
 * @example
 * hermitePolynomialHe(tensor([2]), 2); // [3]
 */
export const hermitePolynomialHe = (x: Operand, n: Operand): Tensor =>
  polynomial("hermitePolynomialHe", x, n, {
    first: (t) => t,
    next: (t, k, now, last) => t.mul(now).sub(k.mul(last)),
  });
/**
 * Laguerre polynomial, of degree n.
 *
 * @example
 * laguerrePolynomialL(tensor([1]), 2); // [-0.5]
 */
export const laguerrePolynomialL = (x: Operand, n: Operand): Tensor =>
  polynomial("laguerrePolynomialL", x, n, {
    first: (t) => t.neg().add(1),
    next: (t, k, now, last) => k.mul(2).add(1).sub(t).mul(now).sub(k.mul(last)).div(k.add(1)),
  });
/**
 * Legendre polynomial, of degree n.
 *
 * @example
 * legendrePolynomialP(tensor([0.5]), 2); // [-0.125]
 */
export const legendrePolynomialP = (x: Operand, n: Operand): Tensor =>
  polynomial("legendrePolynomialP", x, n, {
    first: (t) => t,
    next: (t, k, now, last) => k.mul(2).add(1).mul(t).mul(now).sub(k.mul(last)).div(k.add(1)),
  });
