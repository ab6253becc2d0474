import { Complex, complex, conj, div, mul, sqrt, sub, where } from "../complex/index.ts";
import { arange, cat, eye, scan, type Tensor, where as select } from "../tensor/index.ts";
import { entry, epsilonOf, matmul, units } from "./matrices.ts";
import { reflection } from "./qr.ts";

/** A = Q H Qᵀ of real matrices (B, n, n): orthogonal Q, and H with zeros below the first subdiagonal. */
function hessenberg(a: Tensor): [q: Tensor, h: Tensor] {
  const [batch, n] = a.shape;
  const start = units(batch, n, a.dtype);
  if (n < 3) return [start, a];
  const step = ([q, h]: Tensor[], j: Tensor): [Tensor[], Tensor[]] => {
    const [v, tau] = reflection(entry(h, 2, j).squeeze(2), j.add(1));
    const [row, column] = [v.unsqueeze(1), v.unsqueeze(-1)];
    const scaled = column.mul(tau.unsqueeze(-1));
    const left = h.sub(scaled.mul(matmul(row, h)));
    return [[q.sub(matmul(q, scaled).mul(row)), left.sub(matmul(left, scaled).mul(row))], []];
  };
  const [[q, h]] = scan(step, [start, a], arange(n - 2));
  return [q, h.triu(-1)];
}

/** The number of QR steps: some three find an eigenvalue. */
const stepsFor = (n: number): number => 6 * n + 20;
/** Steps without a new eigenvalue after which one has another shift, as some matrices are fixed points. */
const PATIENCE = 8;

interface State {
  readonly q: Complex;
  readonly h: Complex;
  /** The last row (B, 1) of the part that is not triangular yet, and how long it has been that. */
  readonly last: Tensor;
  readonly waited: Tensor;
}

const magnitude = (z: Complex): Tensor => z.real.abs().add(z.imag.abs());

/** Entries (B, 1) at positions (B, 1) of rows and columns. */
function at(z: Complex, row: Tensor, column: Tensor): Complex {
  const n = z.shape[2];
  return z.map((x) => x.flatten(1).gather(1, row.mul(n).add(column)));
}

/** Wilkinson's shift (B, 1): of the last 2 × 2 block the eigenvalue next to its last entry. */
function shiftOf(h: Complex, last: Tensor, waited: Tensor): Complex {
  const low = last.clamp(1);
  const before = low.sub(1);
  const d = at(h, low, low);
  const corner = at(h, low, before);
  const product = mul(at(h, before, low), corner);
  const half = sub(at(h, before, before), d).mul(0.5);
  const root = sqrt(mul(half, half).add(product));
  const opposite = half.real.mul(root.real).add(half.imag.mul(root.imag)).lt(0);
  const sum = half.add(where(opposite, root.neg(), root));
  const none = magnitude(sum).eq(0);
  const usual = where(
    none,
    d,
    d.sub(div(product, where(none, complex(sum.real.onesLike(), 0), sum))),
  );
  return where(waited.remainder(PATIENCE).eq(PATIENCE - 1), d.add(magnitude(corner)), usual);
}

/** What is below the diagonal and no more than rounding made 0, and the last row (B, 1) with more than that. */
function deflated(h: Complex): [h: Complex, last: Tensor] {
  const n = h.shape[2];
  const rows = arange(n);
  const below = magnitude(h.map((x) => x.diagonal(-1, -2, -1)));
  const size = magnitude(h.map((x) => x.diagonal(0, -2, -1)));
  const around = size.narrow(1, 0, n - 1).add(size.narrow(1, 1, n - 1));
  const whole = magnitude(h).amax([1, 2]).unsqueeze(-1);
  const bound = select(around.gt(0), around, whole).mul(epsilonOf(h.dtype));
  const kept = below.gt(bound).to("i32").pad([1, 0]);
  const isBelow = eye(n, n, { dtype: "bool" }).to("i32").roll(1, 0).tril().eq(1);
  const drop = isBelow.logicalAnd(kept.eq(0).unsqueeze(-1));
  return [h.map((x) => select(drop, 0, x)), kept.mul(rows).amax(1, { keepdim: true })];
}

/** Sequences over the first axis: rows (or columns) 1, 2, … of (n, B, k), and the first. */
const firstAndRest = (z: Complex): [first: Complex, rest: Complex] => [
  z.map((x) => x.select(0, 0)),
  z.map((x) => x.narrow(0, 1, x.shape[0] - 1)),
];

const joined = (ys: Complex, last: Complex): Complex =>
  new Complex(cat([ys.real, last.real.unsqueeze(0)], 0), cat([ys.imag, last.imag.unsqueeze(0)], 0));

/** Rotations of rows j and j + 1 that make H triangular, and R (n, B, n). */
function rotateRows(h: Complex, last: Tensor): { r: Complex; alpha: Complex; beta: Complex } {
  const n = h.shape[2];
  const [first, rest] = firstAndRest(h.map((x) => x.permute(1, 0, 2)));
  const step = (
    current: Complex,
    { next, j }: { next: Complex; j: Tensor },
  ): [Complex, { row: Complex; alpha: Complex; beta: Complex }] => {
    const a = current.map((x) => entry(x, 1, j));
    const b = next.map((x) => entry(x, 1, j));
    const squares = [a.real, a.imag, b.real, b.imag].map((x) => x.square());
    const size = squares.reduce((x, y) => x.add(y)).sqrt();
    const idle = size.eq(0).logicalOr(last.le(j));
    const divisor = select(idle, 1, size);
    const alpha = where(
      idle,
      1,
      a.map((x) => x.div(divisor)),
    );
    const beta = where(
      idle,
      0,
      b.map((x) => x.div(divisor)),
    );
    const row = mul(conj(alpha), current).add(mul(conj(beta), next));
    const onward = mul(alpha, next).sub(mul(beta, current));
    return [onward, { row, alpha, beta }];
  };
  const turns = { next: rest, j: arange(n - 1) };
  const [end, { row, alpha, beta }] = scan(step, first, turns);
  return { r: joined(row, end), alpha, beta };
}

/** The same rotations, transposed, of columns of matrices; columns come and go as (n, B, k). */
function rotateColumns(columns: Complex, alpha: Complex, beta: Complex): Complex {
  const [first, rest] = firstAndRest(columns);
  const step = (
    current: Complex,
    { next, a, b }: { next: Complex; a: Complex; b: Complex },
  ): [Complex, Complex] => [
    mul(conj(a), next).sub(mul(conj(b), current)),
    mul(a, current).add(mul(b, next)),
  ];
  const [end, done] = scan(step, first, { next: rest, a: alpha, b: beta });
  return joined(done, end);
}

/** A = Q T Qᴴ of real matrices (B, n, n): unitary Q and an upper triangle T. */
export function schur(a: Tensor): [q: Complex, t: Complex] {
  const [batch, n] = a.shape;
  const [q, h] = hessenberg(a);
  const real = (x: Tensor): Complex => complex(x, x.zerosLike());
  if (n === 1) return [real(q), real(h)];
  const rows = arange(n);
  const step = (state: State): [State, Tensor[]] => {
    const [clean, last] = deflated(state.h);
    const waited = select(last.eq(state.last), state.waited.add(1), 0);
    const shift = shiftOf(clean, last, waited);
    const active = rows
      .le(last)
      .unsqueeze(-1)
      .logicalAnd(eye(n, n, { dtype: "bool" }));
    const shifts = shift.map((x) => select(active, x.unsqueeze(-1), 0));
    const { r, alpha, beta } = rotateRows(clean.sub(shifts), last);
    const upper = r.map((x) => x.permute(1, 0, 2).triu());
    const both = stackedColumns(upper, state.q);
    const columns = rotateColumns(both, alpha, beta).map((x) => x.permute(1, 2, 0));
    const next = columns.map((x) => x.narrow(1, 0, n)).add(shifts);
    return [{ q: columns.map((x) => x.narrow(1, n, n)), h: next, last, waited }, []];
  };
  const start: State = {
    q: real(q),
    h: real(h),
    last: arange(1)
      .expand(batch, 1)
      .add(n - 1),
    waited: arange(1).expand(batch, 1),
  };
  const [{ q: vectors, h: triangle }] = scan(step, start, [], { length: stepsFor(n) });
  return [vectors, triangle.map((x) => x.triu())];
}

/** Columns (n, B, 2 n) of two batches of matrices, one below the other. */
const stackedColumns = (upper: Complex, lower: Complex): Complex =>
  new Complex(cat([upper.real, lower.real], 1), cat([upper.imag, lower.imag], 1)).map((x) =>
    x.permute(2, 0, 1),
  );

/** Size of an entry beyond which an eigenvector is made shorter. */
const LARGE = 1e12;

/** Eigenvectors of upper triangles T (B, n, n) as columns, of any length. */
export function triangularVectors(t: Complex): Complex {
  const [batch, n] = t.shape;
  const columns = arange(n);
  const values = t.map((x) => x.diagonal(0, -2, -1));
  const smallest = magnitude(t)
    .amax([1, 2])
    .unsqueeze(-1)
    .mul(epsilonOf(t.dtype))
    .clamp(t.dtype === "f64" ? 1e-300 : 1e-37);
  const zero = t.map((x) => x.zerosLike());
  const step = (x: Complex, { row, i }: { row: Complex; i: Tensor }): [Complex, Tensor[]] => {
    const sums = row
      .map((p) => p.unsqueeze(1))
      .matmul(x)
      .map((p) => p.squeeze(1));
    const gaps = row.map((p) => entry(p, 1, i)).sub(values);
    const equal = magnitude(gaps).lt(smallest);
    const divisor = where(equal, complex(smallest, smallest.zerosLike()), gaps);
    const own = select(columns.eq(i), 1, 0).to(t.dtype).expand(batch, n);
    const found = where(columns.gt(i), div(sums.neg(), divisor), complex(own, own.zerosLike()));
    // Of matrices that hardly have enough eigenvectors the entries grow beyond all numbers.
    const size = magnitude(found);
    const scale = select(size.gt(LARGE), size.reciprocal(), 1);
    const here = columns.eq(i).unsqueeze(-1);
    const entries = found.map((p) => p.unsqueeze(1));
    const next = where(here, entries, x).map((p) => p.mul(scale.unsqueeze(1)));
    return [next, []];
  };
  const turns = { row: t.map((x) => x.permute(1, 0, 2)), i: columns };
  return scan(step, zero, turns, { reverse: true })[0];
}
