import { type DType, type TypedArray } from "../ir/dtype.ts";
import { type Node } from "../ir/node.ts";
import { input } from "../ir/ops.ts";
import { type Shape, sizeOf } from "../ir/shape.ts";
import { type Device, type DeviceBuffer } from "./device.ts";

/** Elements that live in JavaScript memory, owned by the garbage collector. */
export class HostValue {
  readonly data: TypedArray;
  /** How often a program has taken it as input; what is used again stays on the device. */
  uses = 0;
  resident: { device: Device; buffer: DeviceBuffer } | undefined;

  constructor(data: TypedArray) {
    this.data = data;
  }
}

/** What a cell held at one version. */
export class CellValue {
  readonly cell: Cell;
  readonly version: number;

  constructor(cell: Cell, version: number) {
    this.cell = cell;
    this.version = version;
  }
}

/**
 * A place whose value is replaced: a parameter, a running mean, an optimiser's moment. It points to its
 * current value, which may still have to be computed (`pending`). On the device it owns two buffers, so
 * that what was computed from the value before the last update can be computed again.
 */
export class Cell {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly requiresGrad: boolean;
  version = 0;
  /** The value to take over at the next flush. */
  pending: Node | undefined;
  /** Elements set from the host and not uploaded yet. */
  host: TypedArray | undefined;
  device: Device | undefined;
  readonly slots: (DeviceBuffer | undefined)[] = [undefined, undefined];
  private leaf: Node;

  constructor(shape: Shape, dtype: DType, data: TypedArray, requiresGrad = false) {
    if (data.length !== sizeOf(shape))
      throw new Error(`cell: shape [${shape.join(", ")}] needs ${sizeOf(shape)} elements, got ${data.length}`);
    this.shape = shape;
    this.dtype = dtype;
    this.requiresGrad = requiresGrad;
    this.host = data;
    this.leaf = this.makeLeaf();
  }

  /** The current value as a node. */
  get node(): Node {
    return this.pending ?? this.leaf;
  }

  /** Called when the pending value has been written to the other slot. */
  advance(): void {
    this.pending = undefined;
    this.version++;
    this.leaf = this.makeLeaf();
  }

  /** Replaces the value by elements from the host; the array is taken over, not copied. */
  assign(data: TypedArray): void {
    if (data.length !== sizeOf(this.shape))
      throw new Error(`cell: expected ${sizeOf(this.shape)} elements, got ${data.length}`);
    this.advance();
    this.host = data;
  }

  private makeLeaf(): Node {
    return input(this.shape, this.dtype, new CellValue(this, this.version), this.requiresGrad);
  }
}
