import { type DType, isFloat, newArray, type TypedArray } from "../ir/dtype.ts";
import { isGradEnabled, type Node } from "../ir/node.ts";
import { input, stopGradient } from "../ir/ops.ts";
import { type Shape, sizeOf } from "../ir/shape.ts";
import { evaluate, flush, read } from "../runtime/engine.ts";
import { Cell, HostValue } from "../runtime/values.ts";

/**
 * An n-dimensional array of numbers: an immutable value, computed when somebody reads it.
 *
 * A tensor never needs to be freed. Reading is asynchronous (`await t.data()`), so that the same program
 * works on a GPU; `dataSync()` reads at once on CPU devices.
 */
export class Tensor {
  /** @internal */
  protected current: Node;

  /** @internal Wraps a node of the graph. */
  constructor(node: Node) {
    this.current = node;
  }

  /** @internal The graph node that this tensor stands for. */
  get node(): Node {
    return this.current;
  }

  get shape(): Shape {
    return this.node.shape;
  }
  get dtype(): DType {
    return this.node.dtype;
  }
  /** Number of axes. */
  get ndim(): number {
    return this.shape.length;
  }
  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }
  /** Whether `backward()` reaches parameters through this tensor. */
  get requiresGrad(): boolean {
    return this.node.requiresGrad;
  }

  /** The elements in row-major order: a copy, or for the CPU devices the value itself; do not write to it. */
  async data(): Promise<TypedArray> {
    return this.dataSync();
  }

  /** The elements in row-major order, at once. Throws on devices that can only be read asynchronously. */
  dataSync(): TypedArray {
    const data = read(this.node);
    this.settle();
    return data;
  }

  /** The only element, as a number. */
  async item(): Promise<number> {
    return this.itemSync();
  }

  /** The only element, as a number, at once. */
  itemSync(): number {
    if (this.size !== 1)
      throw new Error(`item: expected a tensor of one element, got shape [${this.shape.join(", ")}]`);
    return this.dataSync()[0];
  }

  /** Computes this tensor now and keeps its elements. Returns itself. */
  async eval(): Promise<this> {
    evaluate([this.node]);
    this.settle();
    return this;
  }

  /** The same value, through which no derivative flows. */
  detach(): Tensor {
    return new Tensor(stopGradient(this.node));
  }

  /**
   * @internal Lets go of the graph behind a computed value that no derivative will be asked of, so that
   * what it was computed from can be collected.
   */
  settle(force = false): void {
    const node = this.current;
    if (node.inputs.length > 0 && node.value instanceof HostValue && (force || !node.requiresGrad))
      this.current = input(node.shape, node.dtype, node.value);
  }
}

/**
 * A tensor whose value is replaced by training: weights, running statistics, optimiser state. Layers
 * register parameters as those with `requiresGrad`.
 */
export class CellTensor extends Tensor {
  /** @internal */
  readonly cell: Cell;

  constructor(shape: Shape, dtype: DType, data: TypedArray, requiresGrad = false) {
    if (requiresGrad && !isFloat(dtype))
      throw new TypeError(`only floating-point tensors can require a gradient, got ${dtype}`);
    const cell = new Cell(shape, dtype, data, requiresGrad);
    super(cell.node);
    this.cell = cell;
  }

  override get node(): Node {
    return this.cell.node;
  }

  override get requiresGrad(): boolean {
    return this.cell.requiresGrad;
  }

  /** Replaces the value by one that is computed with the next flush or read. */
  rebind(value: Tensor): void {
    const { node } = value;
    if (node.dtype !== this.dtype || node.shape.join() !== this.shape.join())
      throw new Error(
        `rebind: expected ${this.dtype}[${this.shape.join(", ")}], got ${node.dtype}[${node.shape.join(", ")}]`,
      );
    this.cell.pending = stopGradient(node);
  }

  override settle(): void {}
}

/** Computes the pending values of these cells, and those tensors, as one program. */
export function flushCells(cells: Iterable<CellTensor>, also: readonly Tensor[] = []): void {
  flush(
    [...cells].map((c) => c.cell),
    also.map((t) => t.node),
  );
}

/** A leaf tensor over elements that exist; the array is taken over. */
export function fromData(data: TypedArray, shape: Shape, dtype: DType): Tensor {
  return new Tensor(input(shape, dtype, new HostValue(data)));
}

export const zerosData = (shape: Shape, dtype: DType): TypedArray =>
  newArray(dtype, sizeOf(shape));

export { isGradEnabled };
