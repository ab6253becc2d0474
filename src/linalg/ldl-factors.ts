import { Complex } from "../complex/index.ts";
import { arange, scan, type Tensor, where, zeros } from "../tensor/index.ts";
import { entry, rowsAt, zerosFor } from "./matrices.ts";
import {
  asForm,
  choose,
  conjugate,
  each,
  magnitude,
  minus,
  modulus,
  type Numbers,
  over,
  times,
} from "./numbers.ts";

// J. Bunch, L. Kaufman, "Some stable methods for calculating inertia and solving symmetric linear systems",
// 1977, in LAPACK's form (sytrf and hetrf of a lower triangle): blocks of D stand on the diagonal, and an
// exchange of rows is not applied to the columns of L before it.

/** A pivot that is smaller than this part of what stands below it is no pivot of size 1. */
const ALPHA = (1 + Math.sqrt(17)) / 8;

/** What a step hands on. */
interface Carry {
  /** The matrices that are left, rows and columns in their present order. */
  readonly rest: Numbers;
  /** Whether the last step began a block of size 2, (B, 1). */
  readonly open: Tensor;
  /** The second column of that block, (B, n), and its pivot, (B, 1). */
  readonly column: Numbers;
  readonly pivot: Tensor;
}

const at = <N extends Numbers>(x: N, k: Tensor): N => each(x, (part) => entry(part, 1, k));
const wide = <N extends Numbers>(x: N, dim: number): N => each(x, (part) => part.unsqueeze(dim));

/** The columns x and y (B, n) of A as those of L: [x y] D⁻¹, D = [[d, ē], [e, f]] with |e| as its unit. */
function overBlock(
  [x, y]: readonly [Numbers, Numbers],
  [d, e, f]: readonly [Numbers, Numbers, Numbers],
  two: Tensor,
  bar: (x: Numbers) => Numbers,
): [Numbers, Numbers] {
  const unit = where(two, modulus(e), 1).detach();
  const [p, q, r] = [d, e, f].map((z) => over(z, unit));
  const determinant = choose(two, minus(times(p, r), times(q, bar(q))), 1);
  const scale = times(determinant, unit);
  return [
    over(minus(times(r, x), times(q, y)), scale),
    over(minus(times(p, y), times(bar(q), x)), scale),
  ];
}

/** Which row is exchanged with which, (B, 1), and whether the pivot is a block of size 2. */
function choosePivot(rest: Numbers, k: Tensor): { from: Tensor; to: Tensor; two: Tensor } {
  const n = rest.shape[1];
  const places = arange(n);
  const column = each(rest, (x) => entry(x, 2, k).squeeze(2));
  const below = where(places.gt(k), magnitude(column), -1);
  const farthest = below.argmax(1, { keepdim: true });
  const largest = below.gather(1, farthest).clamp(0);
  const row = each(rest, (x) => rowsAt(x, farthest).squeeze(1));
  const beside = magnitude(row);
  const others = where(places.ge(k).logicalAnd(places.ne(farthest)), beside, -1);
  const widest = others.amax(1, { keepdim: true });
  const size = magnitude(at(column, k));
  const stays = size
    .ge(largest.mul(ALPHA))
    .logicalOr(size.ge(largest.mul(ALPHA).mul(largest.div(widest))));
  const two = stays.logicalOr(beside.gather(1, farthest).ge(widest.mul(ALPHA))).logicalNot();
  return { from: where(two, k.add(1), k), to: where(stays, k, farthest), two };
}

/** The whole of matrices (B, n, n) of which the lower triangle is read. */
function whole(a: Numbers, hermitian: boolean): Numbers {
  if (!(a instanceof Complex) || !hermitian) return each(a, (x) => x.tril().add(x.tril(-1).mT));
  const lower = a.imag.tril(-1);
  return new Complex(a.real.tril().add(a.real.tril(-1).mT), lower.sub(lower.mT));
}

/** Factors (B, n, n) and pivots (B, n) as LAPACK gives them. */
export function ldlFactors(a: Numbers, hermitian: boolean): { ld: Numbers; pivots: Tensor } {
  const [batch, n] = a.shape;
  if (a.size === 0) return { ld: a, pivots: zeros([batch, n], { dtype: "i32" }) };
  const bar = (x: Numbers): Numbers => (hermitian ? conjugate(x) : x);
  const places = arange(n);
  const unmoved = places.expand(batch, n);
  const step = (carry: Carry, k: Tensor): [Carry, { column: Numbers; pivot: Tensor }] => {
    const { open } = carry;
    const chosen = choosePivot(carry.rest, k);
    const two = chosen.two.logicalAnd(open.logicalNot());
    const { from, to } = chosen;
    const swapped = where(places.eq(from), to, where(places.eq(to), from, places));
    const order = where(open, unmoved, swapped);
    const rest = each(carry.rest, (x) => rowsAt(rowsAt(x, order).mT, order).mT);
    const next = k.add(1).clamp(undefined, n - 1);
    const x = each(rest, (part) => entry(part, 2, k).squeeze(2));
    const y = each(rest, (part) => entry(part, 2, next).squeeze(2));
    const [d, e, f] = [at(x, k), at(x, next), at(y, next)];
    const alone = over(x, choose(magnitude(d).eq(0), 1, d));
    const [first, second] = overBlock([x, y], [d, e, f], two, bar);
    const isBelow = places.gt(where(two, k.add(1), k));
    const l = choose(isBelow, choose(two, first, alone), 0);
    const m = choose(isBelow.logicalAnd(two), second, 0);
    const dyad = (column: Numbers, row: Numbers): Numbers =>
      times(wide(column, 2), wide(bar(row), 1));
    const left = minus(minus(rest, dyad(l, x)), dyad(m, y));
    const isNext = places.eq(k.add(1));
    const own = choose(places.eq(k), d, choose(isNext.logicalAnd(two), e, l));
    const pivot = where(two, to.add(1).neg(), to.add(1));
    return [
      {
        rest: choose(open.unsqueeze(2), carry.rest, hermitian ? realDiagonal(left) : left),
        open: two,
        column: choose(isNext, f, m),
        pivot,
      },
      {
        column: choose(open, carry.column, own),
        pivot: where(open, carry.pivot, pivot).squeeze(1),
      },
    ];
  };
  const none = zerosFor(realOf(a), batch, n);
  const [, { column, pivot }] = scan(
    step,
    {
      rest: whole(a, hermitian),
      open: zeros([batch, 1], { dtype: "bool" }),
      column: asForm(none, a),
      pivot: zeros([batch, 1], { dtype: "i32" }),
    },
    arange(n),
  );
  return { ld: each(column, (x) => x.permute(1, 2, 0)), pivots: pivot.T };
}

const realOf = (x: Numbers): Tensor => (x instanceof Complex ? x.real : x);

/** The same, without what rounding left of the imaginary parts of a Hermitian matrix's diagonal. */
function realDiagonal(x: Numbers): Numbers {
  if (!(x instanceof Complex)) return x;
  return new Complex(x.real, x.imag.triu(1).add(x.imag.tril(-1)));
}

/** Which pivots begin a block of size 2, (B, n). */
function firstsOf(pivots: Tensor): Tensor {
  const step = (inside: Tensor, pivot: Tensor): [Tensor, Tensor] => {
    const first = pivot.lt(0).logicalAnd(inside.logicalNot());
    return [first, first];
  };
  return scan(step, zeros([pivots.shape[0]], { dtype: "bool" }), pivots.T)[1].T;
}

/** A = Pᵀ L D Lᴴ P (Lᵀ where A is symmetric): what `ldlSolve` works with. */
export interface LdlParts {
  /** Unit lower triangles (B, n, n), whose diagonal is not written. */
  readonly l: Numbers;
  /** Diagonals (B, n) of D, and what stands below them where a block of size 2 begins, else 0. */
  readonly diagonal: Numbers;
  readonly below: Numbers;
  /** Which places begin a block of size 2, and which end one. */
  readonly first: Tensor;
  readonly second: Tensor;
  /** For each row of P A Pᵀ the row of A that it is, (B, n). */
  readonly order: Tensor;
}

/** The parts of factors (B, n, n) and pivots (B, n) in LAPACK's form, of at least one row. */
export function ldlParts(ld: Numbers, pivots: Tensor): LdlParts {
  const [batch, n] = ld.shape;
  const places = arange(n);
  const first = firstsOf(pivots);
  const second = first.pad([1, 0]).narrow(1, 0, n);
  // Where row `from` was exchanged with row `to`; nothing at the second place of a block.
  const from = where(first, places.add(1), places);
  const to = where(second, places, pivots.abs().sub(1));
  // From the last exchange to the first: what each column of L has yet to follow.
  const step = (
    order: Tensor,
    { source, target }: { source: Tensor; target: Tensor },
  ): [Tensor, Tensor] => {
    const [p, q] = [source.unsqueeze(1), target.unsqueeze(1)];
    return [where(order.eq(p), q, where(order.eq(q), p, order)), order];
  };
  const [order, orders] = scan(
    step,
    places.expand(batch, n),
    { source: from.T, target: to.T },
    { reverse: true },
  );
  const isBlock = first.unsqueeze(1).logicalAnd(places.unsqueeze(1).eq(places.add(1)));
  const below = each(ld, (x) => where(isBlock, x, 0).sum(1));
  const l = each(ld, (x) => where(isBlock, 0, x.tril(-1)).gather(1, orders.permute(1, 2, 0)));
  return { l, diagonal: each(ld, (x) => x.diagonal(0, 1, 2)), below, first, second, order };
}

/** D⁻¹ X of X (B, n, k). */
export function overDiagonal(parts: LdlParts, x: Numbers, hermitian: boolean): Numbers {
  const { diagonal, below, first, second } = parts;
  const up = (z: Numbers): Numbers => each(z, (part) => part.roll(-1, 1));
  const down = (z: Numbers): Numbers => each(z, (part) => part.roll(1, 1));
  const bar = (z: Numbers): Numbers => (hermitian ? conjugate(z) : z);
  const inBlock = first.logicalOr(second);
  // Of the other row of a block: its entry on the diagonal, what couples this row to it, its right-hand side.
  const other = choose(first, up(diagonal), down(diagonal));
  const coupling = choose(first, bar(below), down(below));
  const partner = choose(first.unsqueeze(2), up(x), down(x));
  const unit = where(inBlock, modulus(coupling), 1).detach();
  const [d, e, f] = [diagonal, coupling, other].map((z) => over(z, unit));
  const back = choose(first, over(below, unit), over(bar(down(below)), unit));
  const determinant = choose(inBlock, minus(times(d, f), times(e, back)), 1);
  const column = (z: Numbers): Numbers => wide(z, 2);
  const both = over(
    minus(times(column(f), x), times(column(e), partner)),
    column(times(determinant, unit)),
  );
  return choose(inBlock.unsqueeze(2), both, over(x, column(choose(inBlock, 1, diagonal))));
}
