import { broadcastShapes, showShape } from "../ir/shape.ts";
import { arange, scan, type Tensor } from "../tensor/index.ts";
import {
  checkMatrices,
  checkSameDType,
  checkSquare,
  columnsOf,
  entry,
  flat,
  leadOf,
  matmul,
  rowsOf,
  unflat,
} from "./matrices.ts";
import { choose, each, joined, minus, type Numbers, over, product, times } from "./numbers.ts";
import { type Pullback, withPullback } from "./pullback.ts";

/** Options of `solveTriangular`. */
export interface TriangularOptions {
  /** Whether A is an upper triangle; which one it is must be said. */
  readonly upper: boolean;
  /** Whether A stands to the left of X. Default true. */
  readonly left?: boolean;
  /** Whether the diagonal of A counts as ones. Default false. */
  readonly unitriangular?: boolean;
}

/** Larger matrices are solved in two halves, with a matrix product between them. */
const BLOCK = 64;

/** Substitution, a row of X at a time. */
function substitute<N extends Numbers>(a: N, b: N, upper: boolean, unit: boolean): N {
  const rows = arange(b.shape[1]);
  const at = (x: N, j: Tensor): N => each(x, (part) => entry(part, 1, j));
  const column = (x: Numbers): Numbers => each(x, (part) => part.unsqueeze(-1));
  const step = (rest: N, { j, below }: { j: Tensor; below: N }): [N, N] => {
    const row = at(rest, j);
    const x = unit ? row : over(row, column(at(below, j)));
    const others = choose(upper ? rows.lt(j) : rows.gt(j), below, 0);
    return [minus(rest, times(column(others), x)) as N, each(x, (part) => part.squeeze(1)) as N];
  };
  const below = each(a, (x) => x.permute(2, 0, 1));
  const [, result] = scan(step, b, { j: rows, below }, { reverse: upper });
  return each(result, (x) => x.permute(1, 0, 2));
}

/** @internal X of A X = B for triangles A (B, n, n), as it is computed. */
export function solveRaw<N extends Numbers>(a: N, b: N, upper: boolean, unit: boolean): N {
  const n = b.shape[1];
  if (b.size === 0) return b;
  if (n <= BLOCK) return substitute(a, b, upper, unit);
  const half = Math.ceil(n / 2);
  const part = (x: N, dim: number, from: number, to: number): N =>
    each(x, (p) => p.narrow(dim, from, to - from));
  const [a1, a2] = [part(a, 1, 0, half), part(a, 1, half, n)];
  const [b1, b2] = [part(b, 1, 0, half), part(b, 1, half, n)];
  const [a11, a22] = [part(a1, 2, 0, half), part(a2, 2, half, n)];
  if (upper) {
    const x2 = solveRaw(a22, b2, upper, unit);
    const rest = minus(b1, product(part(a1, 2, half, n), x2)) as N;
    return joined([solveRaw(a11, rest, upper, unit), x2], 1) as N;
  }
  const x1 = solveRaw(a11, b1, upper, unit);
  const rest = minus(b2, product(part(a2, 2, 0, half), x1)) as N;
  return joined([x1, solveRaw(a22, rest, upper, unit)], 1) as N;
}

const pullback: Pullback = ([g], [x], [a], { upper, unit }) => {
  const toB = solveLeft(a.mT, g!, !upper, unit as boolean);
  const whole = matmul(toB, x.mT).neg();
  const off = unit ? 1 : 0;
  return [upper ? whole.triu(off) : whole.tril(-off), toB];
};

/** @internal X of A X = B for triangles A (B, n, n) and B (B, n, k). What is beside the triangle is not read. */
export function solveLeft(a: Tensor, b: Tensor, upper: boolean, unit = false): Tensor {
  return withPullback([solveRaw(a, b, upper, unit)], [a, b], pullback, { upper, unit })[0];
}

/** @internal X of X A = B. */
export const solveRight = (a: Tensor, b: Tensor, upper: boolean, unit = false): Tensor =>
  solveLeft(a.mT, b.mT, !upper, unit).mT;

/** @internal Two batches of matrices broadcast against each other, each as (B, m, n), and their axes. */
export function together(
  a: Tensor,
  b: Tensor,
  what: string,
): [a: Tensor, b: Tensor, lead: readonly number[]] {
  const lead = broadcastShapes(leadOf(a), leadOf(b), what);
  const wide = (x: Tensor): Tensor => flat(x.broadcastTo([...lead, rowsOf(x), columnsOf(x)]));
  return [wide(a), wide(b), lead];
}

/** @internal Throws unless A X = B (or X A = B) fits. */
export function checkSides(a: Tensor, b: Tensor, left: boolean, what: string): void {
  checkSquare(a, what);
  checkMatrices(b, what);
  checkSameDType(a, b, what);
  if (rowsOf(a) !== (left ? rowsOf(b) : columnsOf(b)))
    throw new RangeError(
      `${what}: the right-hand side ${showShape(b.shape)} does not fit matrices ${showShape(a.shape)}`,
    );
}

/**
 * The solution X of A X = B (with `left: false` of X A = B) for triangles A (…, n, n) and B (…, n, k), whose
 * batches broadcast. Only the triangle that `upper` names is read.
 *
 * @example
 * solveTriangular(tensor([[2, 0], [1, 1]]), tensor([[4], [5]]), { upper: false }); // [[2], [3]]
 */
export function solveTriangular(a: Tensor, b: Tensor, options: TriangularOptions): Tensor {
  const what = "solveTriangular";
  const { upper, left = true, unitriangular = false } = options;
  checkSides(a, b, left, what);
  const [x, y, lead] = together(a, b, what);
  return unflat((left ? solveLeft : solveRight)(x, y, upper, unitriangular), lead);
}

/**
 * `torch.triangular_solve`, the older form of `solveTriangular`: the solution of A X = B, with `transpose`
 * of Aᵀ X = B, and A itself.
 *
 * @example
 * triangularSolve(tensor([[4], [3]]), tensor([[2, 1], [0, 1]])).solution; // [[0.5], [3]]
 */
export function triangularSolve(
  b: Tensor,
  a: Tensor,
  options: {
    readonly upper?: boolean;
    readonly transpose?: boolean;
    readonly unitriangular?: boolean;
  } = {},
): { solution: Tensor; clonedCoefficient: Tensor } {
  const what = "triangularSolve";
  const { upper = true, transpose = false, unitriangular = false } = options;
  checkSides(a, b, true, what);
  const [x, y, lead] = together(a, b, what);
  const solution = transpose
    ? solveLeft(x.mT, y, !upper, unitriangular)
    : solveLeft(x, y, upper, unitriangular);
  return { solution: unflat(solution, lead), clonedCoefficient: unflat(x, lead) };
}
