// Nodes are made of primitives, so these must be defined.
import "../ir/primitives/index.ts";
import { type DType, isFloat, newArray, toStored, type TypedArray } from "../ir/dtype.ts";
import { isGradEnabled, type Node } from "../ir/node.ts";
import { input, marker, permute, stopGradient } from "../ir/ops.ts";
import { sameShape, type Shape, showShape, sizeOf } from "../ir/shape.ts";
import { evaluateAsync, flush, read, readAsync } from "../runtime/engine.ts";
import { Cell, CellValue, HostValue } from "../runtime/values.ts";
import type { Methods } from "./methods.ts";
import { type Nested, nest, numberOf } from "./nested.ts";
import { inspect, print } from "./print.ts";

/**
 * An n-dimensional array of numbers: an immutable value, computed when somebody reads it.
 *
 * A tensor never needs to be freed. Reading is asynchronous (`await t.data()`), so that the same program
 * works on a GPU; `dataSync()` reads at once on CPU devices.
 *
 * @example
 * const x = tensor([[1, 2], [3, 4]]);
 * await x.matmul(x).toArray(); // [[7, 10], [15, 22]]
 * await x.sum().item(); // 10
 */
// `methods.ts` gives the prototype what the interface below promises.
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging
export class Tensor {
  /** @internal */
  protected current: Node;
  /**
   * What `backward()` has added up for this tensor: for parameters and for tensors on which
   * `requiresGrad_()` was called; undefined before the first `backward()` and after `zeroGrad()`.
   */
  grad: Tensor | undefined = undefined;

  /** @internal Wraps a node of the graph. */
  constructor(node: Node) {
    this.current = node;
  }

  /** @internal The graph node that this tensor stands for. */
  get node(): Node {
    return this.current;
  }

  /** Number of entries along each axis; [] for a scalar. */
  get shape(): Shape {
    return this.node.shape;
  }
  /** Type of the elements. */
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
  /** The tensor with its axes in reverse order: for a matrix, its transpose. */
  get T(): Tensor {
    const { node } = this;
    return new Tensor(
      permute(
        node,
        node.shape.map((_, i) => node.shape.length - 1 - i),
      ),
    );
  }
  /** The last two axes exchanged: every matrix of a batch transposed. */
  get mT(): Tensor {
    const { node } = this;
    const rank = node.shape.length;
    if (rank < 2)
      throw new RangeError(`mT: expected at least 2 axes, got shape ${showShape(node.shape)}`);
    const axes = node.shape.map((_, i) => i);
    [axes[rank - 2], axes[rank - 1]] = [rank - 1, rank - 2];
    return new Tensor(permute(node, axes));
  }

  /**
   * The elements in row-major order: a copy, or for the CPU devices the value itself; do not write to it.
   * Those of `f16` are a Float16Array where the engine has it, else, as always for `bf16`, a Float32Array;
   * those of `i64` a BigInt64Array, which TypeScript is told by `data<BigInt64Array>()`.
   *
   * @example
   * await tensor([1, 2]).data(); // Float32Array [1, 2]
   */
  async data(): Promise<TypedArray>;
  async data<A extends BigInt64Array>(): Promise<A>;
  async data(): Promise<unknown> {
    const elements = readAsync(this.node);
    this.settle();
    return elements;
  }

  /** The elements in row-major order, at once. Throws on devices that can only be read asynchronously. */
  dataSync(): TypedArray;
  // The caller knows of what dtype the tensor is.
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
  dataSync<A extends BigInt64Array>(): A;
  dataSync(): unknown {
    const data = read(this.node);
    this.settle();
    return data;
  }

  /** The only element, as a number. Throws for an i64 beyond 2^53, which `data()` gives as a bigint. */
  async item(): Promise<number> {
    this.checkSingle();
    return numberOf((await this.data())[0]);
  }

  /** The only element, as a number, at once. */
  itemSync(): number {
    this.checkSingle();
    return numberOf(this.dataSync()[0]);
  }

  private checkSingle(): void {
    if (this.size !== 1)
      throw new Error(
        `item: expected a tensor of one element, got shape [${this.shape.join(", ")}]`,
      );
  }

  /**
   * The elements as nested arrays (a number or boolean for a scalar). Throws where an i64 is beyond 2^53:
   * `data()` gives those as bigints.
   */
  async toArray(): Promise<Nested> {
    return nest(await this.data(), this.shape, this.dtype);
  }

  /** The elements as nested arrays, at once. */
  toArraySync(): Nested {
    return nest(this.dataSync(), this.shape, this.dtype);
  }

  /** Computes this tensor now and keeps its elements. Returns itself. */
  async eval(): Promise<this> {
    const done = evaluateAsync([this.node]);
    this.settle();
    await done;
    return this;
  }

  /**
   * Makes this tensor a leaf that gets a `grad` from `backward()`; with `false`, one through which no
   * derivative flows. What was computed from it before is not affected. Returns itself.
   *
   * @example
   * const x = tensor([1, 2, 3]).requiresGrad_();
   * x.square().sum().backward();
   * await x.grad?.toArray(); // [2, 4, 6]
   */
  requiresGrad_(on = true): this {
    if (on === this.requiresGrad && (!on || isGradLeaf(this.current))) return this;
    if (!on) {
      this.current = stopGradient(this.node);
      return this;
    }
    if (!isFloat(this.dtype))
      throw new TypeError(
        `requiresGrad_: only floating-point tensors can require a gradient, got ${this.dtype}`,
      );
    this.current = gradLeaf(this.node, this);
    return this;
  }

  /** The tensor as NumPy would print it; computes it if need be. */
  toString(): string {
    return print(this);
  }

  /** @internal What `console.log` shows in Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return inspect(this);
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

/** Every function of the families in `methods.ts` is a method too, with the tensor as first argument. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging, @typescript-eslint/no-empty-object-type
export interface Tensor extends Methods {}

// Which tensor gets the gradient of a leaf of the graph. Cells own a new leaf after every update.
const leafOwners = new WeakMap<Node, Tensor>();
const cellOwners = new WeakMap<Cell, CellTensor>();

/** A node of its own with the value of `node`, whose gradient `backward()` gives to `owner`. */
function gradLeaf(node: Node, owner: Tensor): Node {
  const leaf = marker(stopGradient(node));
  leafOwners.set(leaf, owner);
  return leaf;
}

const isGradLeaf = (node: Node): boolean => leafOwners.has(node);

/** @internal The tensor that accumulates the gradient of this node, if it is a leaf that has one. */
export const gradOwner = (node: Node): Tensor | undefined =>
  node.value instanceof CellValue ? cellOwners.get(node.value.cell) : leafOwners.get(node);

/**
 * A tensor whose value is replaced by training: weights, running statistics, optimiser state. Layers
 * register parameters as those with `requiresGrad`.
 *
 * @example
 * const mean = new nn.Buffer(zeros([3]));
 * mean.rebind(mean.mul(0.9).add(0.1));
 * await mean.toArray(); // [0.1, 0.1, 0.1]
 */
export class CellTensor extends Tensor {
  /** @internal */
  readonly cell!: Cell;

  constructor(shape: Shape, dtype: DType, data: TypedArray, requiresGrad = false) {
    if (requiresGrad && !isFloat(dtype))
      throw new TypeError(`only floating-point tensors can require a gradient, got ${dtype}`);
    const cell = new Cell(shape, dtype, toStored(dtype, data), requiresGrad);
    super(cell.node);
    this.enter(cell);
  }

  /** Makes `cell` what holds the value: another one where the shape was not known before. */
  protected enter(cell: Cell): void {
    (this as { cell: Cell }).cell = cell;
    cellOwners.set(cell, this);
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
    if (node.dtype !== this.dtype || !sameShape(node.shape, this.cell.shape))
      throw new Error(
        `rebind: expected ${this.dtype}${showShape(this.shape)}, got ${node.dtype}${showShape(node.shape)}`,
      );
    // Until the flush, what is computed from a parameter reaches it through a leaf of its own.
    this.cell.pending = this.requiresGrad ? gradLeaf(node, this) : stopGradient(node);
  }

  override requiresGrad_(on = true): this {
    if (on !== this.requiresGrad)
      throw new Error(
        `requiresGrad_: a cell is made with or without a gradient; this one has requiresGrad ${this.requiresGrad}`,
      );
    return this;
  }

  override settle(): void {
    // Its node is the cell's, and has no graph behind it.
  }
}

/**
 * Computes several tensors now, as one program: what they share is computed once.
 *
 * @example
 * const [y, dx] = [x.square().sum(), x.mul(2)];
 * await evalAll([y, dx]);
 */
export async function evalAll(tensors: Iterable<Tensor>): Promise<void> {
  const list = [...tensors];
  for (const x of list as unknown[])
    if (!(x instanceof Tensor)) throw new TypeError(`evalAll: expected tensors, got a ${typeof x}`);
  const done = evaluateAsync(list.map((x) => x.node));
  for (const x of list) x.settle();
  await done;
}

/** Computes the pending values of these cells, and those tensors, as one program. */
export function flushCells(cells: Iterable<CellTensor>, also: readonly Tensor[] = []): void {
  flush(
    [...cells].map((c) => c.cell),
    also.map((t) => t.node),
  );
}

/** A leaf tensor over elements as they are stored; the array is taken over. */
export const fromStoredData = (data: TypedArray, shape: Shape, dtype: DType): Tensor =>
  new Tensor(input(shape, dtype, new HostValue(data)));

/** A leaf tensor over numbers; the array is taken over. */
export const fromData = (data: TypedArray, shape: Shape, dtype: DType): Tensor =>
  fromStoredData(toStored(dtype, data), shape, dtype);

export const zerosData = (shape: Shape, dtype: DType): TypedArray => newArray(dtype, sizeOf(shape));

// Losses on which backward() was called and that nobody has computed yet.
let pendingLosses: Tensor[] = [];
const MAX_PENDING_LOSSES = 64;

/** @internal Makes `loss` an output of the program that the next step runs. */
export function notePendingLoss(loss: Tensor): void {
  // Without steps (a loop that updates by hand) only the newest are worth keeping.
  if (pendingLosses.length >= MAX_PENDING_LOSSES) pendingLosses.shift();
  pendingLosses.push(loss);
}

/** @internal The losses since the last call that have no value yet. */
export function takePendingLosses(): Tensor[] {
  const losses = pendingLosses.filter((loss) => loss.node.value === undefined);
  pendingLosses = [];
  return losses;
}

/**
 * @internal Computes the pending values of these cells and the losses they came from, as one program:
 * how an optimiser ends its step.
 */
export function stepCells(cells: Iterable<CellTensor>): void {
  const losses = takePendingLosses();
  flushCells(cells, losses);
  for (const loss of losses) loss.settle(true);
}

export { isGradEnabled };
