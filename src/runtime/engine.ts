import { fromStored, itemBytes, type TypedArray } from "../ir/dtype.ts";
import { clearInternTable, type Node, type Spec } from "../ir/node.ts";
import { showShape, sizeOf } from "../ir/shape.ts";
import { type Device, type DeviceBuffer, type Running } from "./device.ts";
import { capture, type Program, programFor } from "./program.ts";
import { Residents } from "./residents.ts";
import { withDevice } from "./registry.ts";
import { type Cell, CellValue, cellsPending, HostScalar, HostValue } from "./values.ts";

// The last flush, so that a read of a value inside its graph can be noticed.
let lastStep: { program: Program; order: readonly Node[] } | undefined;

let tracing = 0;

/** Runs `fn` while nothing may be computed: a function is being traced. */
export function whileTracing<R>(fn: () => R): R {
  tracing++;
  try {
    return fn();
  } finally {
    tracing--;
  }
}

export const isTracing = (): boolean => tracing > 0;

function checkMayRun(): void {
  if (tracing > 0)
    throw new Error(
      "a tensor cannot be read inside a function that is being compiled: return it instead",
    );
}

/** Looks at all values of a program before it runs. */
export interface Inspector {
  /** Whether a node's elements are computed for it. */
  readonly wanted: (node: Node) => boolean;
  /**
   * What is wrong, if anything, and with which outputs. `elementsOf` gives the elements of nodes that are
   * wanted, or exist.
   */
  readonly check: (
    order: readonly Node[],
    outputs: ReadonlySet<Node>,
    elementsOf: (node: Node) => TypedArray | undefined,
  ) => { readonly message: string; readonly outputs: ReadonlySet<Node> } | undefined;
}

let inspector: Inspector | undefined;

/** Sets who looks at the values of programs: nobody, but for a search for errors. */
export function setInspector(one: Inspector | undefined): void {
  inspector = one;
}

/** Whether somebody looks at the values of programs. */
export const isInspected = (): boolean => inspector !== undefined;

function inspect(
  device: Device,
  cells: readonly Cell[],
  also: readonly Node[],
  { wanted, check }: Inspector,
): void {
  const outputs = [...cells.map((cell) => cell.pending!), ...also];
  const { order } = capture(outputs);
  const nodes = order.filter((node) => node.value === undefined && wanted(node));
  if (nodes.length === 0) return;
  const captured = capture(nodes);
  const values = execute(device, programFor(captured, device), captured, [], nodes);
  const elements = new Map(nodes.map((node, i) => [node, values[i].data]));
  const elementsOf = (node: Node): TypedArray | undefined => {
    const { value } = node;
    if (value instanceof HostValue) return value.data;
    if (value instanceof CellValue) return value.cell.read(value.version);
    return elements.get(node);
  };
  const problem = check(order, new Set(outputs), elementsOf);
  if (!problem) return;
  // Otherwise whatever is computed later would meet the same problem.
  for (const cell of cells) if (problem.outputs.has(cell.pending!)) cell.pending = undefined;
  throw new Error(problem.message);
}

/** Computes the nodes that have no value yet; afterwards each has a `HostValue`. */
export function evaluate(nodes: readonly Node[]): void {
  compute(nodes, "now");
}

/** As `evaluate`, while JavaScript goes on where that pays. What is wrong is thrown at once. */
export async function evaluateAsync(nodes: readonly Node[]): Promise<void> {
  compute(nodes, "awaited");
  for (const { value } of nodes) if (value instanceof HostValue) await value.ready;
}

/**
 * Whether a program ends before JavaScript goes on, or meanwhile: "awaited" where somebody waits for it, and
 * "later" where nobody does yet.
 */
type When = "now" | "awaited" | "later";

function compute(nodes: readonly Node[], when: When): void {
  const todo = [...new Set(nodes)].filter((node) => node.value === undefined);
  if (todo.length === 0) return;
  checkMayRun();
  noticeReads(todo);
  run(cellsPending(), todo, when);
}

/** The elements of a node: a view that must not be changed. */
export const read = (node: Node): TypedArray => fromStored(node.dtype, readStored(node));

/**
 * The elements of a node as they are stored, which for f16 and bf16 are their bits, in a Uint16Array: what
 * files are written from. A view that must not be changed.
 */
export function readStored(node: Node): TypedArray {
  evaluate([node]);
  const { value } = node;
  if (value instanceof HostValue) return value.data;
  if (value instanceof CellValue) return value.cell.read(value.version);
  checkMayRun();
  throw new Error("this tensor only has a value while the function it belongs to runs");
}

/** As `read`, while JavaScript goes on where that pays. */
export const readAsync = async (node: Node): Promise<TypedArray> =>
  fromStored(node.dtype, await readStoredAsync(node));

/** As `readStored`, while JavaScript goes on where that pays. */
export async function readStoredAsync(node: Node): Promise<TypedArray> {
  compute([node], "awaited");
  // A cell's value is read before anybody can update the cell.
  if (node.value instanceof HostValue) await node.value.ready;
  return readStored(node);
}

/** The elements of a node that are known without computing or reading anything. */
export const knownElements = ({ value, dtype }: Node): TypedArray | undefined =>
  value instanceof HostValue ? fromStored(dtype, value.data) : undefined;

/**
 * Computes the pending values of `cells` and the nodes `also` in one program, which may still run when this
 * returns.
 */
export function flush(cells: readonly Cell[], also: readonly Node[]): void {
  if (tracing > 0) return;
  const all = new Set([...cells.filter((cell) => cell.pending), ...cellsPending()]);
  const todo = [...new Set(also)].filter((node) => node.value === undefined);
  if (all.size > 0 || todo.length > 0) lastStep = run([...all], todo, "later");
}

/** Computes what cells and nodes wait for, and stores it. */
const run = (cells: readonly Cell[], nodes: readonly Node[], when: When): typeof lastStep =>
  withDevice((device) => runOn(device, cells, nodes, when));

function runOn(
  device: Device,
  cells: readonly Cell[],
  nodes: readonly Node[],
  when: When,
): typeof lastStep {
  const pending = cells.map((cell) => cell.pending!);
  if (inspector) inspect(device, cells, nodes, inspector);
  let captured = capture([...pending, ...nodes]);
  const base = programFor(captured, device);
  let program = base;
  const step = { program: base, order: captured.order };
  if (base.watched.size > 0) {
    const watched = [...base.watched].map((position) => captured.order[position]);
    nodes = [...nodes, ...watched];
    captured = capture([...pending, ...nodes]);
    program = programFor(captured, device);
  }
  const next = cells.map((cell) => cell.nextBuffer(device));
  const values = execute(device, program, captured, next, nodes, when);
  nodes.forEach((node, i) => (node.value = values[i]));
  for (const cell of cells) cell.advance();
  clearInternTable();
  return step;
}

/** The numbers and the memory that a run of a program takes. */
interface Arguments {
  readonly inputs: readonly Node[];
  readonly constants: readonly (number | HostScalar)[];
}

/** Runs a program: the first outputs go to `fixed` buffers, the others are returned, one for each spec. */
export function execute(
  device: Device,
  program: Program,
  { inputs, constants }: Arguments,
  fixed: readonly DeviceBuffer[],
  specs: readonly Spec[],
  when: When = "now",
): HostValue[] {
  const borrowed: DeviceBuffer[] = [];
  const borrow = (bytes: number): DeviceBuffer => {
    const buffer = device.allocate(Math.max(1, bytes));
    borrowed.push(buffer);
    return buffer;
  };
  let results: DeviceBuffer[] = [];
  try {
    const memory = inputs.map((leaf) => inputBuffer(device, leaf, borrow));
    results = specs.map(({ shape, dtype }) =>
      device.allocate(Math.max(1, sizeOf(shape) * itemBytes(dtype))),
    );
    const numbers = constants.map((c) => (c instanceof HostScalar ? c.get() : c));
    const { loaded } = program;
    const outputs = [...fixed, ...results];
    let running: Running | undefined;
    if (when !== "now" && loaded.runAsync)
      running = loaded.runAsync(memory, outputs, numbers, when === "awaited");
    else loaded.run(memory, outputs, numbers);
    const taken = results;
    results = [];
    return specs.map(
      ({ shape, dtype }, i) => new HostValue(device.take(taken[i], dtype, sizeOf(shape)), running),
    );
  } finally {
    for (const buffer of [...borrowed, ...results]) device.free(buffer);
    residents.get(device)?.trim();
  }
}

const residents = new WeakMap<Device, Residents>();

function residentsOf(device: Device): Residents {
  let found = residents.get(device);
  if (!found) residents.set(device, (found = new Residents(device)));
  return found;
}

function inputBuffer(
  device: Device,
  leaf: Node,
  borrow: (bytes: number) => DeviceBuffer,
): DeviceBuffer {
  const { value } = leaf;
  if (value instanceof CellValue) return value.cell.buffer(device, value.version);
  if (!(value instanceof HostValue))
    throw new Error(
      `a tensor of shape ${showShape(leaf.shape)} only has a value while the function it belongs to runs`,
    );
  if (device.adopt) return device.adopt(value.data);
  // What is used a second time will probably be used a third time.
  if (value.uses++ > 0) return residentsOf(device).bufferOf(value);
  const buffer = borrow(value.data.byteLength);
  device.upload(buffer, value.data);
  return buffer;
}

/**
 * When values inside the last step's graph are wanted after it, they are computed again this once and
 * join the outputs of that program from the next step on.
 */
function noticeReads(wanted: readonly Node[]): void {
  if (!lastStep) return;
  const { program, order } = lastStep;
  const positions = new Map<Node, number>();
  order.forEach((node, i) => positions.set(node, i));
  const seen = new Set<Node>();
  const stack = [...wanted];
  while (stack.length > 0) {
    const node = stack.pop()!;
    if (seen.has(node) || node.value !== undefined) continue;
    seen.add(node);
    const position = positions.get(node);
    if (position !== undefined && node.inputs.length > 0) program.watched.add(position);
    else stack.push(...node.inputs);
  }
}
