import { type DType } from "../ir/dtype.ts";
import { stack, type Tensor, tensor } from "../tensor/index.ts";
import { flushCells } from "../tensor/tensor.ts";
import { hostNumber } from "./scalars.ts";
import { type OptimizerState, tensorProblem } from "./state.ts";

/** A step that was made and what it did to the gradient. */
interface Pair {
  /** Change of the gradient, and of the parameters; (n). */
  readonly y: Tensor;
  readonly s: Tensor;
  /** `1 / (y · s)` */
  readonly rho: number;
}

/** What L-BFGS remembers from one iteration to the next. */
export interface Memory {
  /** How often the objective was evaluated, and how many iterations were made. */
  readonly funcEvals: number;
  readonly nIter: number;
  /** The last direction, step along it, and gradient; none before the first iteration. */
  readonly last: { readonly d: Tensor; readonly t: number; readonly grad: Tensor } | undefined;
  /** Oldest first. */
  readonly pairs: readonly Pair[];
  /** Factor of the first guess of the inverse Hessian. */
  readonly scale: number;
}

export const EMPTY: Memory = { funcEvals: 0, nIter: 0, last: undefined, pairs: [], scale: 1 };

/** Computes all of these now, as one program. */
export function computed<T extends readonly Tensor[]>(...tensors: T): T {
  flushCells([], tensors);
  for (const t of tensors) t.settle(true);
  return tensors;
}

/** The memory with what the last step did to the gradient, where that says something of the curvature. */
export function remember(memory: Memory, grad: Tensor, historySize: number): Memory {
  const { last, pairs } = memory;
  if (!last) return memory;
  const change = grad.sub(last.grad);
  const move = last.d.mul(hostNumber(grad.dtype, () => last.t));
  const [y, s, ys, yy] = computed(change, move, change.dot(move), change.dot(change));
  const product = ys.itemSync();
  if (!(product > 1e-10)) return memory;
  const kept = pairs.length >= historySize ? pairs.slice(1) : pairs;
  const pair = { y, s, rho: 1 / product };
  return { ...memory, pairs: [...kept, pair], scale: product / yy.itemSync() };
}

/** The inverse Hessian that the pairs tell of, times the negative gradient: the two loops of Nocedal 1980. */
export function direction({ pairs, scale }: Memory, grad: Tensor): Tensor {
  const number = (x: number): Tensor => hostNumber(grad.dtype, () => x);
  const rhos = pairs.map(({ rho }) => number(rho));
  const shares: Tensor[] = [];
  let q = grad.neg();
  for (let i = pairs.length - 1; i >= 0; i--) {
    shares[i] = pairs[i].s.dot(q).mul(rhos[i]);
    q = q.sub(pairs[i].y.mul(shares[i]));
  }
  let r = q.mul(number(scale));
  pairs.forEach(({ y, s }, i) => {
    r = r.add(s.mul(shares[i].sub(y.dot(r).mul(rhos[i]))));
  });
  return r;
}

type Saved = OptimizerState["state"][number];

/** The memory as tensors, under PyTorch's names. */
export function saveMemory({ funcEvals, nIter, last, pairs, scale }: Memory): Saved {
  const number = (x: number): Tensor => tensor(x, { dtype: "f64" });
  return {
    funcEvals: number(funcEvals),
    nIter: number(nIter),
    HDiag: number(scale),
    ...(last && { d: last.d, t: number(last.t), prevFlatGrad: last.grad }),
    ...(pairs.length > 0 && {
      oldDirs: stack(pairs.map(({ y }) => y)),
      oldStps: stack(pairs.map(({ s }) => s)),
      ro: tensor(
        pairs.map(({ rho }) => rho),
        { dtype: "f64" },
      ),
    }),
  };
}

/** The memory that `saveMemory` gave for `size` elements; what does not fit is added to `problems`. */
export function loadMemory(
  saved: Saved,
  size: number,
  dtype: DType,
  historySize: number,
  problems: string[],
): Memory {
  const count = saved.oldDirs?.shape[0] ?? 0;
  const scalar = { shape: [], dtype: "f64" as const };
  const vector = { shape: [size], dtype };
  const list = { shape: [count, size], dtype };
  const specs = {
    funcEvals: scalar,
    nIter: scalar,
    HDiag: scalar,
    ...(saved.d && { d: vector, t: scalar, prevFlatGrad: vector }),
    ...(saved.oldDirs && {
      oldDirs: list,
      oldStps: list,
      ro: { shape: [count], dtype: "f64" as const },
    }),
  };
  const before = problems.length;
  for (const [name, spec] of Object.entries(specs)) {
    const problem = tensorProblem(saved[name], spec);
    if (problem !== undefined) problems.push(`state 0: ${name}: ${problem}`);
  }
  for (const name of Object.keys(saved))
    if (!Object.hasOwn(specs, name)) problems.push(`state 0: unexpected ${name}`);
  if (count > historySize)
    problems.push(`state 0: oldDirs: expected at most historySize ${historySize}, got ${count}`);
  if (problems.length > before) return EMPTY;
  const rows = (x: Tensor): Tensor[] => Array.from({ length: count }, (_, i) => x.at(i));
  const rhos = Array.from(saved.ro?.dataSync() ?? []);
  const parts = saved.oldDirs
    ? computed(...rows(saved.oldDirs), ...rows(saved.oldStps))
    : ([] as Tensor[]);
  return {
    funcEvals: saved.funcEvals.itemSync(),
    nIter: saved.nIter.itemSync(),
    last: saved.d && { d: saved.d, t: saved.t.itemSync(), grad: saved.prevFlatGrad },
    pairs: rhos.map((rho, i) => ({ y: parts[i], s: parts[count + i], rho })),
    scale: saved.HDiag.itemSync(),
  };
}
