import { broadcastShapes, sameShape, showShape } from "../ir/shape.ts";
import { arange, scan, type Tensor, where } from "../tensor/index.ts";
import { checkOption, checkTensor } from "../tensor/checks.ts";
import {
  checkMatrices,
  checkSameDType,
  columnsOf,
  entry,
  flat,
  leadOf,
  matmul,
  padTo,
  rowsOf,
  unflat,
  units,
  zerosFor,
} from "./matrices.ts";
import { type Pullback, withPullback } from "./pullback.ts";
import { solveRight } from "./triangular.ts";

/**
 * @internal Householder's reflection I - τ v vᵀ of vectors (B, m) that makes them 0 below entry j: v (B, m) and τ
 * (B, 1).
 */
export function reflection(x: Tensor, j: Tensor): [v: Tensor, tau: Tensor] {
  const rows = arange(x.shape[1]);
  const head = entry(x, 1, j);
  const tail = where(rows.gt(j), x, 0);
  // As LAPACK's larfg, so that signs are the same: nothing to do where the tail is 0 already.
  const size = x.abs().amax(1, { keepdim: true }).detach();
  const unit = where(size.gt(0), size, 1);
  const squares = tail.div(unit).square().sum(1, { keepdim: true });
  const none = squares.eq(0);
  const norm = where(none, 1, squares.add(head.div(unit).square()))
    .sqrt()
    .mul(unit);
  const beta = where(head.ge(0), norm.neg(), norm);
  const tau = where(none, 0, beta.sub(head).div(beta));
  return [where(rows.eq(j), 1, tail.div(where(none, 1, head.sub(beta)))), tau];
}

/** Reflections of a column at a time: R, the vectors (B, k, m) and τ (B, k). */
function reflect(a: Tensor): { r: Tensor; v: Tensor; tau: Tensor } {
  const [batch, m, n] = a.shape;
  const k = Math.min(m, n);
  if (a.size === 0) return { r: a, v: zerosFor(a, batch, k, m), tau: zerosFor(a, batch, k) };
  const step = (rest: Tensor, j: Tensor): [Tensor, { v: Tensor; tau: Tensor }] => {
    const [v, tau] = reflection(entry(rest, 2, j).squeeze(2), j);
    const along = matmul(v.unsqueeze(1), rest).mul(tau.unsqueeze(-1));
    return [rest.sub(v.unsqueeze(-1).mul(along)), { v, tau: tau.squeeze(1) }];
  };
  const [r, { v, tau }] = scan(step, a, arange(k));
  return { r, v: v.permute(1, 0, 2), tau: tau.T };
}

/**
 * @internal Reflections with the columns of v (B, k, m) and τ (B, k), applied to c (B, m, n): H₁ H₂ … c, or with
 * `transpose` … H₂ H₁ c.
 */
export function apply(v: Tensor, tau: Tensor, c: Tensor, transpose: boolean): Tensor {
  const k = tau.shape[1];
  if (k === 0 || c.size === 0) return c;
  const step = (x: Tensor, { v, tau }: { v: Tensor; tau: Tensor }): [Tensor, Tensor[]] => {
    const along = matmul(v.unsqueeze(1), x).mul(tau.reshape(-1, 1, 1));
    return [x.sub(v.unsqueeze(-1).mul(along)), []];
  };
  const turns = { v: v.permute(1, 0, 2), tau: tau.T };
  return scan(step, c, turns, { reverse: !transpose })[0];
}

/** The vectors (B, k, m) that stand below the diagonal of `a` (B, m, n). */
function vectorsOf(a: Tensor, k: number): Tensor {
  const [batch, m] = a.shape;
  const columns = a.narrow(2, 0, k).tril(-1);
  return columns.add(padTo(units(batch, k, a.dtype), m, k)).mT;
}

/** What `qr` gives of Q and R: k = min(m, n) columns and rows, all m, or R alone. */
export type QrMode = "reduced" | "complete" | "r";

// S. Walter, L. Lehmann, R. Lamour, "On evaluating higher-order derivatives of the QR decomposition of
// tall matrices with full column rank", 2012; for wide ones M. Lezcano-Casado in PyTorch.
const pullback: Pullback = ([gQ, gR], [q, r]) => {
  const [m, n] = [rowsOf(q), columnsOf(r)];
  if (m >= n) {
    if (columnsOf(q) > n)
      throw new Error(
        'qr: mode "complete" has no derivative for more rows than columns, as the last columns of Q are not determined; use mode "reduced"',
      );
    let inner = gR ? matmul(gR, r.mT) : undefined;
    if (gQ) {
      const turned = matmul(q.mT, gQ);
      inner = inner ? inner.sub(turned) : turned.neg();
    }
    const upper = inner!.triu();
    const symmetric = upper.add(upper.triu(1).mT);
    const moved = matmul(q, symmetric);
    return [solveRight(r.mT, gQ ? gQ.add(moved) : moved, false)];
  }
  let inner = gQ ? matmul(q.mT, gQ) : undefined;
  if (gR) {
    const turned = matmul(gR, r.mT);
    inner = inner ? inner.sub(turned) : turned.neg();
  }
  const skew = inner!.sub(inner!.mT).tril(-1);
  const square = solveRight(r.narrow(2, 0, m).mT, skew, false);
  const wide = padTo(square, m, n);
  return [matmul(q, gR ? gR.add(wide) : wide)];
};

/** @internal Q (B, m, k) or (B, m, m), and R, of matrices (B, m, n) as they were computed. */
export function plainQr(a: Tensor, complete: boolean): { q: Tensor; r: Tensor } {
  const [batch, m, n] = a.shape;
  const k = complete ? m : Math.min(m, n);
  const { r, v, tau } = reflect(a);
  const start = padTo(units(batch, k, a.dtype), m, k);
  return { q: apply(v, tau, start, false), r: r.narrow(1, 0, k).triu() };
}

/** @internal Q (B, m, k) and R (B, k, n) of matrices (B, m, n), with derivatives. */
export function reducedQr(a: Tensor): [q: Tensor, r: Tensor] {
  const { q, r } = plainQr(a, false);
  return withPullback([q, r], [a], pullback) as [Tensor, Tensor];
}

/**
 * A = Q R: orthonormal columns Q (…, m, k) and an upper triangle R (…, k, n) of matrices A (…, m, n), where k =
 * min(m, n); with `mode: "complete"` Q is (…, m, m) and R (…, m, n), with `mode: "r"` Q is empty. Signs are
 * those of LAPACK's Householder reflections. The derivative needs the first k columns of A to be
 * independent.
 *
 * @example
 * qr(tensor([[3, 1], [4, 2]])).r; // [[-5, -2.2], [0, 0.4]]
 */
export function qr(a: Tensor, options: { readonly mode?: QrMode } = {}): { q: Tensor; r: Tensor } {
  checkMatrices(a, "qr");
  const { mode = "reduced" } = options;
  checkOption(mode, ["reduced", "complete", "r"], "the mode", "qr");
  const x = flat(a);
  const lead = leadOf(a);
  const { q, r } = plainQr(x, mode === "complete");
  const [orthonormal, upper] = withPullback([q, r], [x], pullback);
  if (mode === "r") return { q: zerosFor(a, 0), r: unflat(upper, lead) };
  return { q: unflat(orthonormal, lead), r: unflat(upper, lead) };
}

/**
 * The QR factorization of matrices (…, m, n) in compact form: R in the upper triangle of `a`, below it the
 * vectors of Householder's reflections I - τ v vᵀ (their leading ones are left out), and `tau` (…, min(m, n)).
 * What `householderProduct` and `ormqr` take.
 *
 * @example
 * geqrf(tensor([[3], [4]])).tau; // [1.6]
 */
export function geqrf(a: Tensor): { a: Tensor; tau: Tensor } {
  checkMatrices(a, "geqrf");
  const x = flat(a);
  const { r, v, tau } = reflect(x);
  const compact = r.triu().add(padTo(v.mT.tril(-1), rowsOf(x), columnsOf(x)));
  const lead = leadOf(a);
  return { a: unflat(compact, lead), tau: unflat(tau, lead) };
}

/** Throws unless reflections `a` (…, m, n) and `tau` (…, k), k ≤ min(m, n), belong together. */
function checkReflections(a: Tensor, tau: Tensor, what: string): void {
  checkMatrices(a, what);
  checkTensor(tau, what);
  checkSameDType(a, tau, what);
  const k = tau.shape[tau.ndim - 1];
  if (
    tau.ndim !== a.ndim - 1 ||
    !sameShape(tau.shape.slice(0, -1), leadOf(a)) ||
    k > Math.min(rowsOf(a), columnsOf(a))
  )
    throw new RangeError(
      `${what}: expected reflections (…, m, n) and tau (…, k), k ≤ min(m, n), got ${showShape(a.shape)} and ${showShape(tau.shape)}`,
    );
}

const flatTau = (tau: Tensor, batch: number): Tensor => tau.reshape(batch, tau.shape[tau.ndim - 1]);

/**
 * The first n columns of H₁ H₂ … Hₖ, the product of the reflections that `geqrf` gives: a (…, m, n) with m ≥ n,
 * tau (…, k). Of `geqrf`'s own result it is Q.
 *
 * @example
 * const { a, tau } = geqrf(tensor([[3], [4]]));
 * householderProduct(a, tau); // [[-0.6], [-0.8]]
 */
export function householderProduct(a: Tensor, tau: Tensor): Tensor {
  checkReflections(a, tau, "householderProduct");
  const [m, n] = [rowsOf(a), columnsOf(a)];
  if (m < n)
    throw new RangeError(
      `householderProduct: expected at least as many rows as columns, got ${showShape(a.shape)}`,
    );
  const x = flat(a);
  const batch = x.shape[0];
  const t = flatTau(tau, batch);
  const start = padTo(units(batch, n, a.dtype), m, n);
  return unflat(apply(vectorsOf(x, t.shape[1]), t, start, false), leadOf(a));
}

/** Options of `ormqr`. */
export interface OrmqrOptions {
  /** Whether Q stands to the left of the other matrix. Default true. */
  readonly left?: boolean;
  /** Whether the transpose of Q is meant. Default false. */
  readonly transpose?: boolean;
}

/**
 * Q C, where Q (m, m) is the whole product of the reflections that `geqrf` gives, without computing Q: a (…, m,
 * k), tau (…, k), C (…, m, n). With `left: false` C Q of C (…, n, m); with `transpose` Qᵀ in place of Q.
 *
 * @example
 * const { a, tau } = geqrf(tensor([[3], [4]]));
 * ormqr(a, tau, tensor([[3], [4]]), { transpose: true }); // [[-5], [0]]
 */
export function ormqr(a: Tensor, tau: Tensor, c: Tensor, options: OrmqrOptions = {}): Tensor {
  const what = "ormqr";
  const { left = true, transpose = false } = options;
  checkReflections(a, tau, what);
  checkMatrices(c, what);
  checkSameDType(a, c, what);
  const lead = broadcastShapes(leadOf(a), leadOf(c), what);
  if (!sameShape(lead, leadOf(c)) || rowsOf(a) !== (left ? rowsOf(c) : columnsOf(c)))
    throw new RangeError(
      `${what}: reflections ${showShape(a.shape)} do not fit ${showShape(c.shape)}`,
    );
  const [x, y] = [flat(a), flat(c)];
  const t = flatTau(tau, x.shape[0]);
  const v = vectorsOf(x, t.shape[1]);
  const result = left ? apply(v, t, y, transpose) : apply(v, t, y.mT, !transpose).mT;
  return unflat(result, lead);
}
