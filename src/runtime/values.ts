import { type DType, itemBytes, type TypedArray } from "../ir/dtype.ts";
import { type Node } from "../ir/node.ts";
import { input } from "../ir/ops.ts";
import { type Shape, showShape, sizeOf } from "../ir/shape.ts";
import { type Device, type DeviceBuffer, type Running } from "./device.ts";

/** Elements that live in JavaScript memory, as they are stored, owned by the garbage collector. */
export class HostValue {
  private readonly elements: TypedArray;
  /** What still writes the elements. */
  private running: Running | undefined;
  /** How often a program has taken it as input; what is used again stays on the device. */
  uses = 0;

  constructor(data: TypedArray, running?: Running) {
    this.elements = data;
    this.running = running;
  }

  /** The elements; waits for them where a program still writes them. */
  get data(): TypedArray {
    if (this.running) {
      this.running.finish();
      this.running = undefined;
    }
    return this.elements;
  }

  /** Resolves when the elements are there; undefined where they are. */
  get ready(): Promise<void> | undefined {
    return this.running?.done;
  }
}

/** A number that the host supplies anew at every run: a stream of random numbers, say. */
export class HostScalar {
  readonly get: () => number;

  constructor(get: () => number) {
    this.get = get;
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

// Cells whose next value has been written down and not computed, and some that had one. An array and not
// a set: see RecentMap.
let listedCells: Cell[] = [];

/** The cells that have a pending value, in the order in which they got one. */
export function cellsPending(): readonly Cell[] {
  if (listedCells.length > 0) listedCells = listedCells.filter((cell) => cell.keepListed());
  return listedCells;
}

/** Gives the device memory of a collected cell back. */
const abandoned = new FinalizationRegistry((slots: Slots) => slots.release());

/** The two buffers of a cell on one device. */
class Slots {
  readonly device: Device;
  private readonly bytes: number;
  private readonly buffers: (DeviceBuffer | undefined)[] = [undefined, undefined];

  constructor(device: Device, bytes: number) {
    this.device = device;
    this.bytes = bytes;
  }

  at(version: number): DeviceBuffer {
    return (this.buffers[version & 1] ??= this.device.allocate(this.bytes));
  }

  release(): void {
    for (const buffer of this.buffers) if (buffer) this.device.free(buffer);
    this.buffers.fill(undefined);
  }
}

/**
 * A place whose value is replaced: a parameter, a running mean, an optimiser's moment. It points to its
 * current value, which may still have to be computed (`pending`). On the device it owns two buffers, so
 * that what was computed from the value before the last update can be computed again; or one, where it is
 * only updated in place, by compiled functions.
 */
export class Cell {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly requiresGrad: boolean;
  private current = 0;
  /** The lowest version whose value is still there. */
  private oldest = 0;
  private next: Node | undefined;
  /** Whether it is in the list of pending cells. */
  private listed = false;
  private leaf: Node;
  /** Elements known to the host, by parity of the version; what is not there is on the device. */
  private readonly host: (TypedArray | undefined)[] = [undefined, undefined];
  private slots: Slots | undefined;

  constructor(shape: Shape, dtype: DType, data: TypedArray, requiresGrad = false) {
    if (data.length !== sizeOf(shape))
      throw new Error(
        `cell: shape ${showShape(shape)} needs ${sizeOf(shape)} elements, got ${data.length}`,
      );
    this.shape = shape;
    this.dtype = dtype;
    this.requiresGrad = requiresGrad;
    this.host[0] = data;
    this.leaf = this.makeLeaf();
  }

  /** The current value as a node. */
  get node(): Node {
    return this.next ?? this.leaf;
  }

  get version(): number {
    return this.current;
  }

  /** The value to take over at the next flush; undefined takes a pending one back. */
  get pending(): Node | undefined {
    return this.next;
  }
  set pending(node: Node | undefined) {
    this.next = node;
    if (!node || this.listed) return;
    this.listed = true;
    listedCells.push(this);
  }

  /** @internal Whether the cell stays in the list of pending cells. */
  keepListed(): boolean {
    return (this.listed = this.next !== undefined);
  }

  /** Where the device finds the value of `version`, which is the current or the one before. */
  buffer(device: Device, version: number): DeviceBuffer {
    this.check(version);
    if (this.slots && this.slots.device !== device) this.leave();
    this.slots ??= this.enter(device);
    const buffer = this.slots.at(version);
    const data = this.host[version & 1];
    if (data) {
      device.upload(buffer, data);
      this.host[version & 1] = undefined;
    }
    return buffer;
  }

  /** Where a program writes the next value; `advance` makes it the current one. */
  nextBuffer(device: Device): DeviceBuffer {
    // The current value must have moved to this device before the next one is written there.
    this.buffer(device, this.current);
    return this.slots!.at(this.current + 1);
  }

  /** Called when the pending value has been written to `nextBuffer`. */
  advance(): void {
    this.oldest = this.current;
    this.moveTo(this.current + 1);
  }

  /** Called when the next value has been written over the current one. */
  replaced(): void {
    // A version of the same parity has the same memory.
    this.oldest = this.current + 2;
    this.moveTo(this.current + 2);
  }

  private moveTo(version: number): void {
    this.pending = undefined;
    this.current = version;
    this.host[version & 1] = undefined;
    this.leaf = this.makeLeaf();
  }

  /** A copy of the elements of `version`. */
  read(version: number): TypedArray {
    this.check(version);
    const data = this.host[version & 1];
    if (data) return data.slice();
    return this.slots!.device.read(this.slots!.at(version), this.dtype, sizeOf(this.shape));
  }

  /** Replaces the value by elements from the host; the array is taken over, not copied. */
  assign(data: TypedArray): void {
    if (data.length !== sizeOf(this.shape))
      throw new Error(`cell: expected ${sizeOf(this.shape)} elements, got ${data.length}`);
    this.advance();
    this.host[this.current & 1] = data;
  }

  private check(version: number): void {
    if (version >= this.oldest) return;
    throw new Error(
      `a value of shape ${showShape(this.shape)} was read after the parameter that it was computed ` +
        `from had been updated, twice or by a compiled function; the value from then is gone. Keep such a ` +
        `result with \`await t.eval()\` before the step, or return it from a step with compile()`,
    );
  }

  private enter(device: Device): Slots {
    const slots = new Slots(device, Math.max(1, sizeOf(this.shape)) * itemBytes(this.dtype));
    abandoned.register(this, slots, this);
    return slots;
  }

  /** Brings what the present device holds back to the host. */
  private leave(): void {
    for (let version = this.oldest; version <= this.current; version++)
      if (!this.host[version & 1]) this.host[version & 1] = this.read(version);
    abandoned.unregister(this);
    this.slots!.release();
    this.slots = undefined;
  }

  private makeLeaf(): Node {
    return input(this.shape, this.dtype, new CellValue(this, this.current), this.requiresGrad);
  }
}
