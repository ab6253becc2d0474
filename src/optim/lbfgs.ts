import { type Parameter } from "../nn/parameter.ts";
import { cat, noGrad, type Tensor, zeros } from "../tensor/index.ts";
import { flushCells } from "../tensor/tensor.ts";
import { checkInteger, checkLearningRate, checkNotNegative, checkOneOf } from "./checks.ts";
import {
  computed,
  direction,
  EMPTY,
  loadMemory,
  type Memory,
  remember,
  saveMemory,
} from "./lbfgs-memory.ts";
import { type Closure, Optimizer } from "./optimizer.ts";
import { type Parameters } from "./param-group.ts";
import { hostNumber } from "./scalars.ts";
import {
  applyOptions,
  groupProblem,
  loadedOptions,
  type OptimizerState,
  refuse,
  savedGroups,
} from "./state.ts";
import { type LinePoint, strongWolfe } from "./strong-wolfe.ts";

/** Options of `LBFGS`. */
export interface LBFGSOptions {
  /** Learning rate: the step that is tried first. Default 1. */
  readonly lr?: number;
  /** Iterations in one `step`. Default 20. */
  readonly maxIter?: number;
  /** Evaluations of the objective in one `step`; `null` stands for 1.25 · `maxIter`. Default null. */
  readonly maxEval?: number | null;
  /** Largest element of a gradient that counts as 0. Default 1e-7. */
  readonly toleranceGrad?: number;
  /** Change of the objective or of a parameter that counts as none. Default 1e-9. */
  readonly toleranceChange?: number;
  /** Iterations that are remembered. Default 100. */
  readonly historySize?: number;
  /** How the length of a step is found; `null`: it is `lr`. Default null. */
  readonly lineSearchFn?: "strongWolfe" | null;
}

type LBFGSSettings = Required<LBFGSOptions>;

/** The objective and its gradient with respect to all parameters, one after the other. */
interface Evaluation {
  readonly loss: Tensor;
  readonly value: number;
  readonly grad: Tensor;
  /** The largest element of the gradient, in size. */
  readonly largest: number;
}

/** Parameters on the line of a search. */
type Point = LinePoint & Evaluation;

/**
 * L-BFGS (Nocedal 1980; Liu & Nocedal 1989), for objectives without noise: steps along an estimate of
 * Newton's direction, made from the last steps and what they did to the gradient.
 *
 * `step` needs a function that evaluates the model, since it does so several times. It also needs a device
 * that can be read at once, and cannot be a part of a compiled function. All parameters are one group, and of
 * one dtype.
 *
 * @example
 * const optimizer = new optim.LBFGS(net.parameters(), { lineSearchFn: "strongWolfe" });
 * optimizer.step(() => {
 *   optimizer.zeroGrad();
 *   const loss = criterion.forward(net.forward(images), labels);
 *   loss.backward();
 *   return loss;
 * });
 */
export class LBFGS extends Optimizer<LBFGSSettings> {
  private memory: Memory = EMPTY;

  /** @throws RangeError for options outside their range, Error for more than one group or dtype. */
  constructor(parameters: Parameters<LBFGSOptions>, options: LBFGSOptions = {}) {
    super(parameters, {
      lr: 1,
      maxIter: 20,
      maxEval: null,
      toleranceGrad: 1e-7,
      toleranceChange: 1e-9,
      historySize: 100,
      lineSearchFn: null,
      ...options,
    });
    if (this.paramGroups.length !== 1)
      throw new Error(`LBFGS: expected one group of parameters, got ${this.paramGroups.length}`);
  }

  protected check(options: LBFGSSettings): void {
    checkLearningRate(options.lr, "LBFGS");
    checkInteger(1, options.maxIter, "maxIter", "LBFGS");
    if (options.maxEval !== null) checkInteger(1, options.maxEval, "maxEval", "LBFGS");
    checkNotNegative(options.toleranceGrad, "toleranceGrad", "LBFGS");
    checkNotNegative(options.toleranceChange, "toleranceChange", "LBFGS");
    checkInteger(1, options.historySize, "historySize", "LBFGS");
    checkOneOf([null, "strongWolfe"], options.lineSearchFn, "lineSearchFn", "LBFGS");
  }

  protected override checkParameters(params: readonly Parameter[]): void {
    const dtypes = [...new Set(params.map(({ dtype }) => dtype))];
    if (dtypes.length > 1)
      throw new Error(`LBFGS: expected parameters of one dtype, got ${dtypes.join(" and ")}`);
  }

  override addParamGroup(): void {
    throw new Error("LBFGS: parameters cannot be added, they are all one group");
  }

  /**
   * Makes up to `maxIter` iterations.
   *
   * @param closure - Evaluates the model, calls `backward()` and returns the loss.
   * @returns The loss before the first of them.
   */
  override step(closure: Closure): Tensor {
    if (typeof closure !== "function")
      throw new TypeError(
        `LBFGS: step needs a function that evaluates the model and returns the loss, got a ${typeof closure}`,
      );
    const { options } = this.paramGroups[0];
    const { maxIter, toleranceGrad, toleranceChange, historySize } = options;
    const maxEval = options.maxEval ?? Math.floor((maxIter * 5) / 4);
    let now = this.evaluate(closure);
    const { loss } = now;
    let evaluations = 1;
    this.count(1, 0);
    if (now.largest <= toleranceGrad) return loss;
    for (let iteration = 1; iteration <= maxIter; iteration++) {
      this.count(0, 1);
      this.memory = remember(this.memory, now.grad, historySize);
      const isFirst = this.memory.nIter === 1;
      const first = isFirst ? Math.min(1, 1 / sumOfSizes(now.grad)) * options.lr : options.lr;
      const line = this.lineFrom(now);
      this.memory = { ...this.memory, last: { d: line.d, t: first, grad: now.grad } };
      if (line.slope > -toleranceChange) break;
      const before = now.value;
      let t = first;
      if (options.lineSearchFn === null) {
        this.place(line.start, line.d, t);
        if (iteration === maxIter) break;
        now = this.evaluate(closure);
        evaluations++;
        this.count(1, 0);
      } else {
        const limits = {
          reach: line.reach,
          toleranceChange,
          maxEvaluations: maxEval - evaluations,
        };
        const at = (step: number): Point => {
          this.place(line.start, line.d, step);
          const found = this.evaluate(closure);
          return { ...found, t: step, slope: found.grad.dot(line.d).itemSync() };
        };
        const found = strongWolfe<Point>(at, { ...now, t: 0, slope: line.slope }, t, limits);
        now = found.point;
        ({ t } = found.point);
        this.place(line.start, line.d, t);
        this.memory = { ...this.memory, last: { ...this.memory.last!, t } };
        evaluations += found.evaluations;
        this.count(found.evaluations, 0);
      }
      if (evaluations >= maxEval || now.largest <= toleranceGrad) break;
      if (line.reach * Math.abs(t) <= toleranceChange) break;
      if (Math.abs(now.value - before) < toleranceChange) break;
    }
    return loss;
  }

  stateDict(): OptimizerState {
    const state: OptimizerState["state"] =
      this.memory === EMPTY ? {} : { 0: saveMemory(this.memory) };
    return { state, paramGroups: savedGroups(this) };
  }

  loadStateDict(state: OptimizerState): void {
    const sizes = groupProblem(this, state);
    if (sizes !== undefined) refuse(this, [sizes]);
    const problems: string[] = [];
    const options = loadedOptions(this, state, problems);
    const [{ params }] = this.paramGroups;
    const size = params.reduce((sum, p) => sum + p.size, 0);
    const historySize = options[0].historySize ?? this.paramGroups[0].options.historySize;
    const saved = state.state[0];
    const memory = saved ? loadMemory(saved, size, params[0].dtype, historySize, problems) : EMPTY;
    refuse(this, problems);
    applyOptions(this, state, options);
    this.memory = memory;
  }

  private count(funcEvals: number, nIter: number): void {
    const { memory } = this;
    this.memory = {
      ...memory,
      funcEvals: memory.funcEvals + funcEvals,
      nIter: memory.nIter + nIter,
    };
  }

  private evaluate(closure: Closure): Evaluation {
    const loss = closure();
    const [{ params }] = this.paramGroups;
    return noGrad(() => {
      const flat = cat(
        params.map((p) => p.grad?.reshape(-1) ?? zeros([p.size], { dtype: p.dtype })),
      );
      const [, grad, largest] = computed(loss, flat, flat.abs().max());
      return { loss, value: loss.itemSync(), grad, largest: largest.itemSync() };
    });
  }

  /** The line to search: where the parameters are, the direction, its slope and its largest element. */
  private lineFrom({ grad }: Evaluation): {
    start: Tensor;
    d: Tensor;
    slope: number;
    reach: number;
  } {
    return noGrad(() => {
      const [{ params }] = this.paramGroups;
      const towards = direction(this.memory, grad);
      const [start, d, slope, reach] = computed(
        cat(params.map((p) => p.detach().reshape(-1))),
        towards,
        grad.dot(towards),
        towards.abs().max(),
      );
      return { start, d, slope: slope.itemSync(), reach: reach.itemSync() };
    });
  }

  /** Moves the parameters to `start + t · d`. */
  private place(start: Tensor, d: Tensor, t: number): void {
    const [{ params }] = this.paramGroups;
    noGrad(() => {
      const flat = start.add(d.mul(hostNumber(d.dtype, () => t)));
      let offset = 0;
      for (const p of params) {
        p.rebind(flat.at({ start: offset, stop: offset + p.size }).reshape(p.shape));
        offset += p.size;
      }
    });
    flushCells(params);
  }
}

const sumOfSizes = (x: Tensor): number => noGrad(() => x.abs().sum().itemSync());
