import { type DType, newArray } from "../ir/dtype.ts";
import { type Node } from "../ir/node.ts";
import { stopGradient } from "../ir/ops.ts";
import { type Shape, sizeOf } from "../ir/shape.ts";
import { Cell } from "../runtime/values.ts";
import { CellTensor, flushCells, Tensor } from "../tensor/tensor.ts";

// Cells whose first value has not been computed. They are computed together, as one program, when the
// first of them is used: so a net is initialised by one call, and a value that an initialiser replaces
// is never computed.
const fresh = new Set<CellTensor>();

/** @internal Computes the first values that have not been computed. */
export function settleFresh(): void {
  const cells = [...fresh];
  fresh.clear();
  flushCells(cells);
}

/** A cell that starts with the value of a tensor. */
class ModuleCell extends CellTensor {
  constructor(value: Tensor, requiresGrad: boolean) {
    if (!(value instanceof Tensor))
      throw new TypeError(`expected a tensor to start from, got a ${typeof value}`);
    super(value.shape, value.dtype, newArray(value.dtype, sizeOf(value.shape)), requiresGrad);
    this.rebind(value);
    fresh.add(this);
  }

  /** Starts again with zeros of another shape. */
  protected restart(shape: Shape): void {
    const { dtype, requiresGrad } = this.cell;
    this.enter(new Cell(shape, dtype, newArray(dtype, sizeOf(shape)), requiresGrad));
  }

  override get node(): Node {
    if (fresh.has(this)) settleFresh();
    return super.node;
  }
  override get shape(): Shape {
    return this.cell.shape;
  }
  override get dtype(): DType {
    return this.cell.dtype;
  }
}

/** Options of `Parameter`. */
export interface ParameterOptions {
  /** Whether it is trained. Default true. */
  readonly requiresGrad?: boolean;
}

/**
 * A tensor that training changes. A `Module` finds the parameters among its fields.
 *
 * @example
 * class Scale extends nn.Module {
 *   factor = new nn.Parameter(ones([]));
 *   forward(x: Tensor) {
 *     return x.mul(this.factor);
 *   }
 * }
 */
export class Parameter extends ModuleCell {
  private frozen: boolean;

  /** @param value - What it starts with; a floating-point tensor. */
  constructor(value: Tensor, options: ParameterOptions = {}) {
    super(value, true);
    this.frozen = options.requiresGrad === false;
  }

  override get node(): Node {
    return this.frozen ? stopGradient(super.node) : super.node;
  }

  override get requiresGrad(): boolean {
    return !this.frozen;
  }

  /** Freezes the parameter (`false`), or trains it again. Returns itself. */
  override requiresGrad_(on = true): this {
    // A value that is still to be computed was recorded with or without a way for derivatives.
    flushCells([this]);
    this.frozen = !on;
    if (!on) this.grad = undefined;
    return this;
  }
}

/** Options of `Buffer`. */
export interface BufferOptions {
  /** Whether it is part of `stateDict()`: not for what can be computed anew. Default true. */
  readonly persistent?: boolean;
}

/**
 * A tensor that belongs to a module's state but is not trained by gradients, such as a running mean.
 * Assign a new value with `rebind`.
 *
 * @example
 * class Counter extends nn.Module {
 *   seen = new nn.Buffer(zeros([]));
 *   forward(x: Tensor) {
 *     this.seen.rebind(this.seen.add(x.shape[0]));
 *     return x;
 *   }
 * }
 */
export class Buffer extends ModuleCell {
  /** Whether it is in the module's state. */
  readonly persistent: boolean;

  constructor(value: Tensor, options: BufferOptions = {}) {
    super(value, false);
    this.persistent = options.persistent ?? true;
  }
}
