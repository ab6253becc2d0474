import { barrier } from "../ir/ops.ts";
import { type Parameter } from "../nn/parameter.ts";
import { isTracing } from "../runtime/engine.ts";
import { checkInteger } from "../optim/checks.ts";
import { type Optimizer } from "../optim/optimizer.ts";
import { type OptimizerOptions } from "../optim/param-group.ts";
import { ParameterOptimizer } from "../optim/per-parameter.ts";
import { hostNumber } from "../optim/scalars.ts";
import { noGrad, tensor, where } from "../tensor/index.ts";
import { describe } from "../tensor/operand.ts";
import { asWritten } from "../tensor/precision.ts";
import { CellTensor, flushCells, notePendingLoss, Tensor } from "../tensor/tensor.ts";
import { mapTree } from "../tensor/tree.ts";

/** Options of `GradScaler`. */
export interface GradScalerOptions {
  /** The first scale. Default 65536. */
  readonly initScale?: number;
  /** Factor of the scale after `growthInterval` steps without an infinity or a NaN. Default 2. */
  readonly growthFactor?: number;
  /** Factor of the scale after a step with one. Default 0.5. */
  readonly backoffFactor?: number;
  /** Steps in a row after which the scale grows. Default 2000. */
  readonly growthInterval?: number;
  /** With `false` nothing is scaled, and `step` is that of the optimiser. Default true. */
  readonly enabled?: boolean;
}

/** What a scaler remembers, for saving. */
export interface GradScalerState {
  /** The scale, an f32 scalar; a number where it is loaded from elsewhere. */
  readonly scale: Tensor | number;
  /** Steps since the scale last changed, an i32 scalar. */
  readonly growthTracker: Tensor | number;
  readonly growthFactor: number;
  readonly backoffFactor: number;
  readonly growthInterval: number;
}

type AnyOptimizer = Optimizer<OptimizerOptions>;

/** What has happened with an optimiser since the last `update`. */
interface Progress {
  /** Whether a gradient was infinite or NaN, a bool scalar. */
  readonly found: Tensor;
  readonly stepped: boolean;
  /** Whether it happened in a function that `compile` records. */
  readonly traced: boolean;
}

/**
 * Keeps gradients of f16 from becoming zero (Micikevicius et al. 2018): the loss is multiplied by a large scale, so
 * that its gradients are in the range of f16, and the gradients of the parameters are divided by it before the step.
 * Where one of them is infinite or NaN the step is skipped, neither parameters nor the optimiser's state change,
 * and the scale is halved; after many steps in a row without, it is doubled. Equal to `torch.amp.GradScaler`.
 *
 * Nothing is read for it: whether a step is skipped is decided where the step is computed, so all of it also works
 * inside `compile`, which must then hold `scale` to `update`. Optimisers of `optim` but `LBFGS`, which evaluates the
 * loss itself, can be used.
 *
 * @example
 * const scaler = new GradScaler();
 * for (let i = 0; i < 3; i++) {
 *   optimizer.zeroGrad();
 *   const loss = autocast({ dtype: "f16" }, () => criterion.forward(net.forward(images), labels));
 *   scaler.scale(loss).backward();
 *   scaler.unscale_(optimizer); // only where gradients are clipped or looked at
 *   optim.clipGradNorm_(net.parameters(), 1);
 *   scaler.step(optimizer);
 *   scaler.update();
 * }
 * await scaler.getScale(); // 65536
 */
export class GradScaler {
  readonly enabled: boolean;
  private readonly scaleCell: CellTensor;
  private readonly tracker: CellTensor;
  private settings: Required<Omit<GradScalerOptions, "initScale" | "enabled">>;
  private readonly progress = new Map<AnyOptimizer, Progress>();

  /** @throws RangeError for options outside their range. */
  constructor(options: GradScalerOptions = {}) {
    const { initScale = 2 ** 16, enabled = true } = options;
    const { growthFactor = 2, backoffFactor = 0.5, growthInterval = 2000 } = options;
    checkScale(initScale, "initScale", "GradScaler");
    this.enabled = enabled;
    this.settings = checkedSettings({ growthFactor, backoffFactor, growthInterval });
    this.scaleCell = new CellTensor([], "f32", Float32Array.of(initScale));
    this.tracker = new CellTensor([], "i32", Int32Array.of(0));
  }

  /** Factor of the scale after `growthInterval` steps without an infinity or a NaN. May be set. */
  get growthFactor(): number {
    return this.settings.growthFactor;
  }
  set growthFactor(value: number) {
    this.settings = checkedSettings({ ...this.settings, growthFactor: value });
  }
  /** Factor of the scale after a step with one. May be set. */
  get backoffFactor(): number {
    return this.settings.backoffFactor;
  }
  set backoffFactor(value: number) {
    this.settings = checkedSettings({ ...this.settings, backoffFactor: value });
  }
  /** Steps in a row after which the scale grows. May be set. */
  get growthInterval(): number {
    return this.settings.growthInterval;
  }
  set growthInterval(value: number) {
    this.settings = checkedSettings({ ...this.settings, growthInterval: value });
  }

  /**
   * Losses times the scale.
   *
   * @param losses - A tensor, or a list or an object of them.
   */
  scale<L>(losses: L): L {
    if (!this.enabled) return losses;
    return mapTree(losses, (loss) => {
      // backward() makes the scaled loss an output of the step's program; who reads it will read this one.
      if (loss.requiresGrad) notePendingLoss(loss);
      return loss.mul(this.scaleCell);
    }) as L;
  }

  /**
   * Divides the gradients of an optimiser's parameters by the scale: before they are clipped or looked at. `step`
   * does it where it has not been done.
   *
   * @throws Error when called twice between two calls of `update`, or after `step`; and for parameters of f16,
   * whose gradients are too coarse for that.
   */
  unscale_(optimizer: AnyOptimizer): void {
    if (!this.enabled) return;
    const before = this.progress.get(optimizer);
    if (before?.stepped)
      throw new Error("unscale_: it is called after step(): call update() first");
    if (before)
      throw new Error("unscale_: it has already been called for this optimiser since update()");
    const params = optimizer.paramGroups.flatMap((group) => group.params).filter((p) => p.grad);
    if (params.some((p) => p.grad!.dtype === "f16"))
      throw new TypeError(
        "unscale_: expected gradients of f32 or bf16, got f16: keep parameters in f32, autocast casts them",
      );
    const found = asWritten(() => noGrad(() => this.unscaled(params)));
    this.progress.set(optimizer, { found, stepped: false, traced: isTracing() });
  }

  /** Divides the gradients. Whether one of them is infinite or NaN, a bool scalar. */
  private unscaled(params: readonly Parameter[]): Tensor {
    const unsafe = params.map((p) => p.grad!.isfinite().logicalNot().any());
    const found = unsafe.length > 0 ? anyOf(unsafe) : tensor(false);
    const inverse = this.scaleCell.double().reciprocal().float();
    for (const p of params) {
      // What is made of gradients waits until all are known: so they alone are kept until then, and not new
      // moments, which would be made with the gradient and be left unused where the step is skipped.
      const whole = new Tensor(barrier(p.grad!.node, [found.node]));
      p.grad = whole.float().mul(inverse).to(whole.dtype);
    }
    return found;
  }

  /**
   * The optimiser's step, unless a gradient is infinite or NaN.
   *
   * @throws Error when called twice between two calls of `update`.
   */
  step(optimizer: AnyOptimizer): void {
    if (!this.enabled) {
      optimizer.step();
      return;
    }
    if (this.progress.get(optimizer)?.stepped)
      throw new Error("step: it has already been called for this optimiser since update()");
    if (!this.progress.has(optimizer)) this.unscale_(optimizer);
    const own = this.progress.get(optimizer)!;
    // With the losses it is an output of the program that the step runs: update() has it then.
    notePendingLoss(own.found);
    if (optimizer instanceof ParameterOptimizer) optimizer.stepUnless(own.found);
    else if (!own.found.itemSync()) optimizer.step();
    this.progress.set(optimizer, { ...own, stepped: true });
  }

  /**
   * Sets the scale for the next step: once, after the steps of all optimisers.
   *
   * @param scale - A scale to go on with. Default: what follows from the gradients since the last call.
   * @throws Error where no gradients were unscaled since the last call.
   */
  update(scale?: number): void {
    if (!this.enabled) return;
    if (scale !== undefined) {
      checkScale(scale, "the scale", "update");
      this.scaleCell.rebind(tensor(scale));
    } else {
      const all = [...this.progress.values()];
      if (all.length === 0)
        throw new Error(
          "update: no gradients were unscaled since the last call: call step() first",
        );
      if (!isTracing() && all.some(({ traced }) => traced))
        throw new Error(
          "update: step() was called inside a compiled function: call update() there too",
        );
      asWritten(() => noGrad(() => this.follow(anyOf(all.map(({ found }) => found)))));
    }
    this.progress.clear();
  }

  /** The scale after steps in which a gradient was not finite (`found`), or none was. */
  private follow(found: Tensor): void {
    const { scaleCell, tracker } = this;
    const times = (name: "growthFactor" | "backoffFactor"): Tensor =>
      scaleCell
        .double()
        .mul(hostNumber("f64", () => this.settings[name]))
        .float();
    const count = tracker.add(1);
    const reached = count.eq(hostNumber("i32", () => this.settings.growthInterval));
    const larger = times("growthFactor");
    const grown = where(reached.logicalAnd(larger.isfinite()), larger, scaleCell);
    scaleCell.rebind(where(found, times("backoffFactor"), grown));
    tracker.rebind(where(found.logicalOr(reached), 0, count));
  }

  /** The scale; 1 for a scaler that is not enabled. */
  async getScale(): Promise<number> {
    return this.enabled ? this.scaleCell.item() : 1;
  }

  /** Scale, count and options, for saving; the tensors are the live ones. Empty unless enabled. */
  stateDict(): GradScalerState | Record<string, never> {
    if (!this.enabled) return {};
    return { scale: this.scaleCell, growthTracker: this.tracker, ...this.settings };
  }

  /**
   * Takes over a state that `stateDict()` gave: all of it or, when it does not fit, nothing.
   *
   * @throws Error for one of a scaler that was not enabled; TypeError, RangeError for one that is damaged.
   */
  loadStateDict(state: GradScalerState | Record<string, never>): void {
    if (!this.enabled) return;
    const what = "loadStateDict";
    if (typeof state !== "object" || state === null)
      throw new TypeError(`${what}: expected what stateDict() gave, got ${describe(state)}`);
    if (Object.keys(state).length === 0)
      throw new Error(`${what}: the state is empty: it is of a scaler that was not enabled`);
    const { growthFactor, backoffFactor, growthInterval } = state as GradScalerState;
    const settings = checkedSettings({ growthFactor, backoffFactor, growthInterval }, what);
    const scale = scalarOf(state.scale, "f32", "scale");
    const tracker = scalarOf(state.growthTracker, "i32", "growthTracker");
    this.settings = settings;
    this.scaleCell.rebind(scale);
    this.tracker.rebind(tracker);
    // At once, so that later changes of where the values came from do not show.
    flushCells([this.scaleCell, this.tracker]);
    this.progress.clear();
  }
}

/** Whether one of some bool scalars is true. */
const anyOf = (all: readonly Tensor[]): Tensor => all.reduce((a, b) => a.logicalOr(b));

function checkScale(value: number, name: string, what: string): void {
  if (!(typeof value === "number" && value > 0 && value < Infinity))
    throw new RangeError(`${what}: ${name} must be a finite number > 0, got ${describe(value)}`);
}

function checkedSettings(
  settings: GradScaler["settings"],
  what = "GradScaler",
): GradScaler["settings"] {
  const { growthFactor, backoffFactor, growthInterval } = settings;
  if (!(growthFactor > 1 && growthFactor < Infinity))
    throw new RangeError(
      `${what}: growthFactor must be a finite number > 1, got ${describe(growthFactor)}`,
    );
  if (!(backoffFactor > 0 && backoffFactor < 1))
    throw new RangeError(
      `${what}: backoffFactor must be between 0 and 1, got ${describe(backoffFactor)}`,
    );
  checkInteger(1, growthInterval, "growthInterval", what);
  return settings;
}

/** A number of a state as a tensor. */
function scalarOf(value: unknown, dtype: "f32" | "i32", name: string): Tensor {
  if (value instanceof Tensor && value.ndim === 0 && value.dtype === dtype) return value;
  if (typeof value === "number" && Number.isFinite(value)) return tensor(value, { dtype });
  throw new TypeError(
    `loadStateDict: expected ${name} to be ${dtype}[] or a number, got ${describe(value)}`,
  );
}
