import { abs, Complex, conj, div, matmul, mul, sub, where } from "../complex/index.ts";
import { arange, cat, eye, type Tensor, where as select } from "../tensor/index.ts";
import { checkSquare, flat, leadOf, rowsOf, unflat, zerosFor } from "./matrices.ts";
import { type Pullback, withPullback } from "./pullback.ts";
import { schur, triangularVectors } from "./schur.ts";
import { solve } from "./solve.ts";

/** The solution X of A X = B for complex matrices, by real ones of twice the size. */
function solveComplex(a: Complex, b: Complex): Complex {
  const n = a.shape[1];
  const whole = cat([cat([a.real, a.imag.neg()], 2), cat([a.imag, a.real], 2)], 1);
  const x = solve(whole, cat([b.real, b.imag], 1));
  return new Complex(x.narrow(1, 0, n), x.narrow(1, n, n));
}

const diagonal = (z: Complex): Complex => z.map((x) => x.diagonal(0, -2, -1));
const isOff = (n: number): Tensor => eye(n, n, { dtype: "bool" }).logicalNot();

/** Divided by the distances λⱼ - λᵢ of eigenvalues (B, n), and 0 on the diagonal. */
function overGaps(z: Complex, values: Complex): Complex {
  const off = isOff(z.shape[1]);
  const gaps = sub(
    values.map((x) => x.unsqueeze(-2)),
    values.map((x) => x.unsqueeze(-1)),
  );
  return where(off, div(z, where(off, gaps, 1)), 0);
}

// C. Boeddeker et al., "On the computation of complex-valued gradients with application to statistically
// optimum beamforming", 2017, for vectors of length 1.
const pullback: Pullback = ([gLr, gLi, gVr, gVi], [lr, li, vr, vi]) => {
  const [values, v] = [new Complex(lr, li), new Complex(vr, vi)];
  const pair = (x: Tensor | undefined, y: Tensor | undefined): Complex | undefined =>
    x || y ? new Complex(x ?? y!.zerosLike(), y ?? x!.zerosLike()) : undefined;
  const [gL, gV] = [pair(gLr, gLi), pair(gVr, gVi)];
  let inner: Complex;
  if (gL) {
    const off = isOff(rowsOf(vr));
    inner = gL.map((x) => select(off, 0, x.unsqueeze(-2).expand(vr.shape)));
  } else {
    const turned = matmul(v.mH, gV!);
    const lengths = diagonal(turned).real.unsqueeze(-2);
    const free = sub(turned, matmul(v.mH, mul(v, lengths)));
    inner = overGaps(free, conj(values));
  }
  return [solveComplex(v.mH, matmul(inner, v.mH)).real];
};

/** Eigenvalues of real matrices: those that are real as real ones, the others as exact pairs. */
function paired(values: Complex): Complex {
  const column = values.map((x) => x.unsqueeze(-1));
  const distance = abs(
    sub(
      conj(column),
      values.map((x) => x.unsqueeze(-2)),
    ),
  );
  const partner = distance.argmin(-1);
  const other = conj(values.map((x) => x.gather(1, partner)));
  const mutual = partner.gather(1, partner).eq(arange(partner.shape[1]));
  return where(mutual, values.add(other).mul(0.5), values);
}

/** By real parts, then by imaginary ones. */
function orderOf(values: Complex): Tensor {
  const first = values.imag.argsort(1);
  return first.gather(1, values.real.gather(1, first).argsort(1));
}

/**
 * To first order in A the eigenvalues and eigenvectors that are there, whose own derivatives do not come from
 * how they were computed: what `jvp` sees.
 */
function followed(a: Tensor, values: Complex, v: Complex): [values: Complex, v: Complex] {
  const moved = solveComplex(
    v,
    v.map((x) => a.matmul(x)),
  );
  const change = sub(moved, moved.detach());
  return [values.add(diagonal(change)), v.add(matmul(v, overGaps(change, values)))];
}

/**
 * Columns of length 1 whose largest entry is real; those of real eigenvalues are real altogether, as both parts
 * of such a vector are eigenvectors.
 */
function normalized(v: Complex, isReal: Tensor): Complex {
  const largest = v.real.square().add(v.imag.square()).argmax(1, { keepdim: true });
  const top = v.map((x) => x.gather(1, largest));
  const turned = mul(v, div(conj(top), where(abs(top).eq(0), 1, abs(top))));
  const size = abs(turned).amax(1, { keepdim: true }).detach();
  const real = turned.real.div(size);
  const imag = select(isReal.unsqueeze(1), 0, turned.imag.div(size));
  const length = real.square().add(imag.square()).sum(1, { keepdim: true }).sqrt();
  return new Complex(real.div(length), imag.div(length));
}

/** Eigenvalues (B, n) and eigenvectors as columns (B, n, n) of real matrices. */
function eigen(a: Tensor): [values: Complex, vectors: Complex] {
  const [batch, n] = a.shape;
  if (a.size === 0) {
    const none = zerosFor(a, batch, n);
    return [new Complex(none, none), new Complex(a, a)];
  }
  const [q, t] = schur(a.detach());
  const found = paired(diagonal(t));
  const order = orderOf(found);
  let values = found.map((x) => x.gather(1, order));
  let vectors = matmul(q, triangularVectors(t)).map((x) =>
    x.gather(2, order.unsqueeze(1).expand(batch, n, n)),
  );
  const isReal = values.imag.eq(0);
  if (a.requiresGrad) [values, vectors] = followed(a, values, vectors);
  vectors = normalized(vectors, isReal);
  const parts = [values.real, values.imag, vectors.real, vectors.imag];
  const [lr, li, vr, vi] = withPullback(parts, [a], pullback);
  return [new Complex(lr, li), new Complex(vr, vi)];
}

/**
 * Complex eigenvalues (…, n) and eigenvectors (…, n, n), a column for each, of real square matrices (…, n, n): A V =
 * V diag(λ). Eigenvalues are sorted by real parts, then by imaginary ones; eigenvectors have length 1 and a
 * real largest entry. The derivative needs eigenvalues that differ.
 *
 * Source: Francis' QR algorithm with Wilkinson's shifts, a fixed number of steps.
 *
 * @example
 * eig(tensor([[0, -1], [1, 0]])).eigenvalues; // [0-1i, 0+1i]
 */
export function eig(a: Tensor): { eigenvalues: Complex; eigenvectors: Complex } {
  checkSquare(a, "eig");
  const [values, vectors] = eigen(flat(a));
  const lead = leadOf(a);
  return {
    eigenvalues: values.map((x) => unflat(x, lead)),
    eigenvectors: vectors.map((x) => unflat(x, lead)),
  };
}

/**
 * Complex eigenvalues (…, n) of real square matrices (…, n, n), sorted by real parts, then by imaginary ones.
 *
 * @example
 * eigvals(tensor([[0, -1], [1, 0]])).imag; // [-1, 1]
 */
export function eigvals(a: Tensor): Complex {
  checkSquare(a, "eigvals");
  return eigen(flat(a))[0].map((x) => unflat(x, leadOf(a)));
}
