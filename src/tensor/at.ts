import { coerce, isInteger } from "../ir/dtype.ts";
import type { Node } from "../ir/node.ts";
import * as ops from "../ir/ops.ts";
import { broadcastShapes, type Shape, showShape, sizeOf, stridesOf } from "../ir/shape.ts";
import { fromFront, gatherAxis } from "./gather.ts";
import { describe } from "./operand.ts";
import { fromData, Tensor } from "./tensor.ts";

/** Part of an axis: from `start` (the front) to `stop` (the end), without it, by `step` (1). */
export interface Slice {
  start?: number;
  stop?: number;
  step?: number;
}

/** What stands for one axis in `at`; see there. */
export type Index =
  number | string | null | Slice | readonly number[] | readonly boolean[] | Tensor;

/** An index after parsing: what it does to one axis, or to several for masks. */
type Part =
  | { kind: "new" }
  | { kind: "rest" }
  | { kind: "pick"; index: number }
  | { kind: "slice"; slice: Slice }
  | { kind: "positions"; node: Node; known?: readonly number[] }
  | { kind: "mask"; mask: Tensor };

const SLICE = /^\s*(-?\d+)?\s*:\s*(-?\d+)?\s*(?::\s*(-?\d+)?\s*)?$/;

function parseString(text: string, what: string): Part {
  if (text.trim() === "...") return { kind: "rest" };
  const match = SLICE.exec(text);
  if (!match)
    throw new TypeError(
      `${what}: expected a slice such as "1:3" or "...", got ${JSON.stringify(text)}`,
    );
  const [start, stop, step] = match.slice(1).map((part) => (part ? Number(part) : undefined));
  return { kind: "slice", slice: { start, stop, step } };
}

function parse(index: Index, what: string): Part {
  if (index === null) return { kind: "new" };
  if (typeof index === "string") return parseString(index, what);
  if (typeof index === "number") {
    if (!Number.isInteger(index))
      throw new TypeError(`${what}: positions must be integers, got ${index}`);
    return { kind: "pick", index };
  }
  if (index instanceof Tensor) {
    if (index.dtype === "bool") return { kind: "mask", mask: index };
    if (isInteger(index.dtype)) return { kind: "positions", node: ops.cast(index.node, "i32") };
    throw new TypeError(`${what}: positions must be an integer tensor, got ${describe(index)}`);
  }
  if (Array.isArray(index)) {
    const list = index as readonly (number | boolean)[];
    if (list.length > 0 && list.every((v) => typeof v === "boolean"))
      return { kind: "mask", mask: fromData(Uint8Array.from(list, Number), [list.length], "bool") };
    for (const v of list)
      if (!Number.isInteger(v))
        throw new TypeError(`${what}: positions must be integers, got ${String(v)} in an array`);
    const known = list as readonly number[];
    return {
      kind: "positions",
      node: fromData(Int32Array.from(known), [known.length], "i32").node,
      known,
    };
  }
  if (
    typeof index === "object" &&
    [undefined, Object].includes(index.constructor as ObjectConstructor)
  )
    return { kind: "slice", slice: index as Slice };
  throw new TypeError(
    `${what}: expected an integer, slice, array or tensor, got ${describe(index)}`,
  );
}

/** Start, length and step that Python's slice takes of `size` entries. */
export function resolveSlice(
  slice: Slice,
  size: number,
  what: string,
): { start: number; length: number; step: number } {
  const { step = 1 } = slice;
  for (const value of [slice.start ?? 0, slice.stop ?? 0, step])
    if (!Number.isInteger(value))
      throw new TypeError(`${what}: slices must have integer bounds, got ${value}`);
  if (step === 0) throw new RangeError(`${what}: the step of a slice must not be 0`);
  const [low, high] = step > 0 ? [0, size] : [-1, size - 1];
  const bound = (value: number | undefined, absent: number): number =>
    value === undefined ? absent : Math.min(high, Math.max(low, value < 0 ? value + size : value));
  const start = bound(slice.start, step > 0 ? low : high);
  const stop = bound(slice.stop, step > 0 ? high : low);
  return { start, length: Math.max(0, Math.ceil((stop - start) / step)), step };
}

/** Positions (axes, n) of the elements that are not 0, as i32: one row for each axis. Reads the node. */
export function nonzeroRows(x: Tensor): Node {
  const data = x.dataSync();
  const { shape } = x;
  const strides = stridesOf(shape);
  const found: number[] = [];
  const zero = coerce(x.dtype, 0);
  for (let i = 0; i < data.length; i++) if (data[i] !== zero) found.push(i);
  const rows = new Int32Array(shape.length * found.length);
  for (let axis = 0; axis < shape.length; axis++)
    for (let i = 0; i < found.length; i++)
      rows[axis * found.length + i] = Math.floor(found[i] / strides[axis]) % shape[axis];
  return fromData(rows, [shape.length, found.length], "i32").node;
}

const axesOf = (part: Part): number =>
  part.kind === "new" || part.kind === "rest" ? 0 : part.kind === "mask" ? part.mask.ndim : 1;

/** Puts whole axes for `"..."` and for those that no index names. */
function complete(parts: Part[], shape: Shape, what: string): Part[] {
  const used = parts.reduce((sum, part) => sum + axesOf(part), 0);
  if (used > shape.length)
    throw new RangeError(
      `${what}: ${used} indices for a tensor of ${shape.length} axes, shape ${showShape(shape)}`,
    );
  const rest = parts.findIndex((part) => part.kind === "rest");
  if (rest !== parts.findLastIndex((part) => part.kind === "rest"))
    throw new TypeError(`${what}: "..." may stand once only`);
  const whole = Array.from({ length: shape.length - used }, (): Part => ({
    kind: "slice",
    slice: {},
  }));
  return rest < 0
    ? [...parts, ...whole]
    : [...parts.slice(0, rest), ...whole, ...parts.slice(rest + 1)];
}

/** The node of `x.at(...indices)`. */
export function atNode(x: Node, indices: readonly Index[], what: string): Node {
  const { shape } = x;
  const parts = complete(
    indices.map((index) => parse(index, what)),
    shape,
    what,
  );
  const start = shape.map(() => 0);
  const size = shape.slice();
  const step = shape.map(() => 1);
  const flipped: number[] = [];
  // The shape after integers and new axes, and which of its axes are indexed by positions.
  const basic: number[] = [];
  const advanced: { axis: number; index: Node }[] = [];
  let axis = 0;
  for (const part of parts) {
    if (part.kind === "new") basic.push(1);
    else if (part.kind === "pick") {
      if (part.index < -shape[axis] || part.index >= shape[axis])
        throw new RangeError(
          `${what}: index ${part.index} is outside axis ${axis} of size ${shape[axis]}`,
        );
      start[axis] = part.index < 0 ? part.index + shape[axis] : part.index;
      size[axis++] = 1;
    } else if (part.kind === "slice") {
      const taken = resolveSlice(part.slice, shape[axis], what);
      // Steps of slices are positive: the same entries from the other end, then reversed.
      const back = taken.step < 0 && taken.length > 0;
      start[axis] = back ? taken.start + (taken.length - 1) * taken.step : taken.start;
      if (taken.length === 0) start[axis] = 0;
      size[axis] = taken.length;
      step[axis] = Math.abs(taken.step);
      if (back && taken.length > 1) flipped.push(axis);
      axis++;
      basic.push(taken.length);
    } else if (part.kind === "positions") {
      for (const position of part.known ?? [])
        if (position < -shape[axis] || position >= shape[axis])
          throw new RangeError(
            `${what}: index ${position} is outside axis ${axis} of size ${shape[axis]}`,
          );
      advanced.push({ axis: basic.length, index: fromFront(part.node, shape[axis]) });
      basic.push(shape[axis++]);
    } else if (part.kind === "mask") {
      const rows = maskRows(part.mask, shape.slice(axis, axis + part.mask.ndim), axis, what);
      for (const index of rows) {
        advanced.push({ axis: basic.length, index });
        basic.push(shape[axis++]);
      }
      if (part.mask.ndim === 0) {
        advanced.push({ axis: basic.length, index: scalarMask(part.mask) });
        basic.push(1);
      }
    }
  }
  const sliced = ops.flip(ops.slice(x, start, size, step), flipped);
  return gatherAll(ops.reshape(sliced, basic), advanced, what);
}

function maskRows(mask: Tensor, covered: Shape, axis: number, what: string): Node[] {
  if (mask.ndim > 0 && showShape(mask.shape) !== showShape(covered))
    throw new Error(
      `${what}: a mask ${showShape(mask.shape)} does not fit axes of sizes ${showShape(covered)} from axis ${axis} on`,
    );
  const rows = mask.ndim === 0 ? undefined : nonzeroRows(mask);
  return covered.map((_, i) => {
    const count = rows!.shape[1];
    return ops.reshape(ops.slice(rows!, [i, 0], [1, count]), [count]);
  });
}

/** A scalar mask takes all or nothing: position 0 of a new axis, or no position. */
const scalarMask = (mask: Tensor): Node =>
  fromData(new Int32Array(mask.itemSync() === 0 ? 0 : 1), [mask.itemSync() === 0 ? 0 : 1], "i32")
    .node;

/** Applies position arrays together: NumPy's rule for where their common axes go. */
function gatherAll(x: Node, advanced: { axis: number; index: Node }[], what: string): Node {
  if (advanced.length === 0) return x;
  let common: Shape = [];
  for (const { index } of advanced) common = broadcastShapes(common, index.shape, what);
  const count = sizeOf(common);
  const axes = advanced.map(({ axis }) => axis);
  const adjacent = axes.every((axis, i) => i === 0 || axis === axes[i - 1] + 1);
  const front = adjacent ? axes[0] : 0;
  const others = x.shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const order = [...others.slice(0, front), ...axes, ...others.slice(front)];
  const sizes = axes.map((axis) => x.shape[axis]);
  const moved = ops.permute(x, order);
  const lead = moved.shape.slice(0, front);
  const tail = moved.shape.slice(front + axes.length);
  const flat = ops.reshape(moved, [...lead, sizeOf(sizes), ...tail]);
  const strides = stridesOf(sizes);
  let linear: Node | undefined;
  let inside: Node | undefined;
  advanced.forEach(({ index }, i) => {
    const wide = ops.broadcastTo(index, common);
    const scaled = ops.mul(wide, ops.fullLike(wide, strides[i]));
    linear = linear ? ops.add(linear, scaled) : scaled;
    if (advanced.length === 1) return;
    // One position outside its axis could be inside the joined one.
    const fits = ops.and(
      ops.le(ops.zerosLike(wide), wide),
      ops.lt(wide, ops.fullLike(wide, sizes[i])),
    );
    inside = inside ? ops.and(inside, fits) : fits;
  });
  let index = linear!;
  if (inside) index = ops.select(inside, index, ops.fullLike(index, -1));
  const taken = gatherAxis(flat, ops.reshape(index, [count]), front);
  return ops.reshape(taken, [...lead, ...common, ...tail]);
}
