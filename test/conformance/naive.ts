import { coerce, fromStored, isFloat, newArray } from "../../src/ir/dtype.ts";
import { fill, type NDArray } from "../../src/ir/ndarray.ts";
import { type Node, topological } from "../../src/ir/node.ts";
import { placeholder, type ScanBody } from "../../src/ir/ops.ts";
import { HostValue } from "../../src/runtime/values.ts";
import { type Rng } from "../ir/util.ts";

// The naive evaluation, and how much each of its results depends on rounding. Devices add in another
// order and have other last bits in exp than the definition; what that does to a result depends on all
// that is computed from it. So the graph is evaluated again with every rounded value moved a little,
// and a device may be as far off as that moves the result.

/** Primitives whose float results are moved: those that round. */
const ROUNDING = new Set(
  (
    "add sub mul div rem pow atan2 sqrt exp expm1 log log1p sin cos tan asin acos atan sinh cosh tanh " +
    "erf cast"
  ).split(" "),
);
/** Primitives that add up or multiply many numbers: what they combine is moved as well. */
const COMBINING = new Set("reduceSum reduceProd dot conv windowSum scatter cumsum scan".split(" "));

/** Whether a primitive's result is the same to the last bit on every device. */
export const isExact = ({ op }: Node): boolean =>
  !ROUNDING.has(op.name) && !COMBINING.has(op.name) && !op.tuple?.compose;

/** Primitives that jump: where rounding decides which way, other values follow that are not near. */
const JUMPING = new Set(
  "eq ne lt le sign floor ceil trunc round rem argMax argMin windowArgMax argsort".split(" "),
);

/** Primitives whose second input divides the first. */
const DIVIDING = new Set(["div", "rem"]);

/** Of halves it is the distance of neighbours: a last bit of f32 may decide where they are rounded to. */
const STEP = { f16: 2 ** -10, bf16: 2 ** -7, f32: 1e-5, f64: 1e-12 } as const;
type Float = keyof typeof STEP;

/** Below these, floats lie equally far apart, and rounding is no longer relative. */
const SUBNORMAL = { f16: 2 ** -14, bf16: 2 ** -126, f32: 2 ** -126, f64: 2 ** -1022 } as const;
const LAST_PLACE = { f16: 2 ** -24, bf16: 2 ** -133, f32: 2 ** -149, f64: 2 ** -1074 } as const;

/** Moves floats by up to one step of their dtype, in the direction that `rng` and `sign` say. */
function moved(x: NDArray, rng: Rng, sign: number): NDArray {
  if (!isFloat(x.dtype)) return x;
  const dtype = x.dtype as Float;
  const step = sign * STEP[dtype];
  const data = newArray(dtype, x.data.length);
  for (let i = 0; i < data.length; i++) {
    const y = x.data[i];
    const direction = 2 * rng() - 1;
    data[i] = y * (1 + step * direction);
    if (y !== 0 && Math.abs(y) < SUBNORMAL[dtype])
      data[i] += Math.sign(sign * direction) * LAST_PLACE[dtype];
  }
  return { ...x, data };
}

/** The elements of a leaf. */
export function valueOf(leaf: Node): NDArray {
  const { value } = leaf;
  if (!(value instanceof HostValue)) throw new Error(`${leaf.op.name} has no value`);
  return { shape: leaf.shape, dtype: leaf.dtype, data: fromStored(leaf.dtype, value.data) };
}

/** One node's value, or values, from those of its inputs. */
export function evaluateNode(
  node: Node,
  inputs: readonly (NDArray | readonly NDArray[])[],
): NDArray | readonly NDArray[] {
  if (node.op.name === "pick") return (inputs[0] as readonly NDArray[])[node.attrs.index as number];
  const arrays = inputs as readonly NDArray[];
  return node.op.tuple ? node.op.tuple.evaluate(arrays, node) : node.op.evaluate(arrays, node);
}

const ownValue = (node: Node): NDArray | undefined =>
  node.value === undefined ? undefined : valueOf(node);

/** What an evaluation without moves notes for those with moves. */
interface Notes {
  /** The values of primitives that jump. */
  readonly jumps: Map<Node, NDArray>;
  /** What was divided by. */
  readonly divisors: Map<Node, NDArray>;
}

/** Quotients, NaN where so little is left of the divisor that on a device it may as well be 0. */
function unlessVanishing(value: NDArray, divisor: NDArray, before: NDArray | undefined): NDArray {
  if (!before || !isFloat(value.dtype)) return value;
  const data = value.data.slice();
  for (let i = 0; i < data.length; i++) {
    const [x, y] = [divisor.data[i], before.data[i]];
    if (Math.abs(x - y) > 0.1 * Math.abs(y)) data[i] = NaN;
  }
  return { ...value, data };
}

/**
 * The values of `outputs` with every rounded value moved by `rng` in the direction `sign`; 0 moves
 * nothing. `given` supplies values of nodes that are not computed. `notes` are written where nothing is
 * moved, and read where something is.
 */
export function evaluateMoved(
  outputs: readonly Node[],
  rng: Rng,
  sign: number,
  given: (leaf: Node) => NDArray | undefined = ownValue,
  notes?: Notes,
): NDArray[] {
  const order = topological(outputs, (node) => given(node) !== undefined);
  const inputsAt = order.map((node) => (given(node) ? [] : node.inputs.map((x) => x.order)));
  const at = outputs.map((node) => node.order);
  const values: (NDArray | readonly NDArray[])[] = [];
  order.forEach((node, i) => {
    const known = given(node);
    if (known) {
      values.push(known);
      return;
    }
    let inputs = inputsAt[i].map((k) => values[k]);
    if (sign !== 0 && node.op.name === "scan") {
      values.push(scanMoved(node, inputs as NDArray[], rng, sign));
      return;
    }
    const compose = node.op.tuple?.compose;
    if (sign !== 0 && compose) {
      const params = node.inputs.map(({ shape, dtype }) => placeholder(shape, dtype));
      const known = new Map(params.map((x, k) => [x, inputs[k] as NDArray]));
      values.push(evaluateMoved(compose(params, node.attrs), rng, sign, (x) => known.get(x)));
      return;
    }
    if (sign !== 0 && COMBINING.has(node.op.name))
      inputs = (inputs as readonly NDArray[]).map((x) => moved(x, rng, sign));
    let value = evaluateNode(node, inputs);
    if (DIVIDING.has(node.op.name)) {
      const divisor = inputs[1] as NDArray;
      if (sign === 0) notes?.divisors.set(node, divisor);
      else value = unlessVanishing(value as NDArray, divisor, notes?.divisors.get(node));
    }
    if (sign === 0 || isExact(node)) values.push(value);
    else if (node.op.name === "reduceProd")
      values.push(unlessOutOfRange(node, inputs[0] as NDArray, moved(value as NDArray, rng, sign)));
    else values.push(moved(value as NDArray, rng, sign));
    if (sign === 0 && JUMPING.has(node.op.name)) notes?.jumps.set(node, values[i] as NDArray);
  });
  return at.map((k) => values[k] as NDArray);
}

/** A product, NaN where factors in another order leave the range of the dtype on the way. */
function unlessOutOfRange(node: Node, x: NDArray, product: NDArray): NDArray {
  if (!isFloat(x.dtype)) return product;
  const only = (fits: (factor: number) => boolean): NDArray =>
    evaluateNode(node, [{ ...x, data: x.data.map((v) => (fits(v) ? v : 1)) }]) as NDArray;
  const large = only((v) => Math.abs(v) > 1);
  const small = only((v) => v !== 0 && Math.abs(v) < 1);
  const data = product.data.map((v, i) =>
    Math.abs(large.data[i]) === Infinity || small.data[i] === 0 ? NaN : v,
  );
  return { ...product, data };
}

/** The results of a scan whose body is moved in every turn. */
function scanMoved(node: Node, inputs: readonly NDArray[], rng: Rng, sign: number): NDArray[] {
  const {
    body,
    carries: count,
    xs,
    length,
    reverse,
  } = node.attrs as unknown as {
    body: ScanBody;
    carries: number;
    xs: number;
    length: number;
    reverse: boolean;
  };
  let carries = inputs.slice(0, count);
  const constants = inputs.slice(count + xs);
  const specs = node.op.outputs!(node.inputs, node.attrs);
  const stacks = specs.slice(count).map(({ shape, dtype }) => fill(shape, dtype, () => 0));
  const put = (stack: NDArray, step: number, { data }: NDArray): void =>
    stack.data.set(data, step * data.length);
  const ys = stacks.length - count;
  for (let turn = 0; turn < length; turn++) {
    const step = reverse ? length - 1 - turn : turn;
    carries.forEach((carry, k) => put(stacks[ys + k], step, carry));
    const slices = inputs.slice(count, count + xs).map(({ shape, dtype, data }): NDArray => {
      const n = data.length / length;
      return { shape: shape.slice(1), dtype, data: data.slice(step * n, (step + 1) * n) };
    });
    const values = new Map(
      [...carries, ...slices, ...constants].map((x, k) => [body.params[k], x]),
    );
    const results = evaluateMoved(body.outputs, rng, sign, (leaf) => values.get(leaf));
    carries = results.slice(0, count);
    results.slice(count).forEach((y, k) => put(stacks[k], step, y));
  }
  return [...carries, ...stacks];
}

/** What a device must give: elements, and how far each may be off (NaN: anything is right). */
export interface Expected {
  readonly value: NDArray;
  readonly tolerance: Float64Array;
}

/** The mean magnitude of the elements that are finite. */
function typicalSize({ data }: NDArray): number {
  let sum = 0;
  let count = 0;
  for (const x of data) {
    if (!Number.isFinite(x)) continue;
    sum += Math.abs(x);
    count++;
  }
  return sum / Math.max(1, count);
}

/** The values of `outputs`, with tolerances from evaluations that are moved to either side. */
export function expectedOf(outputs: readonly Node[], rngOf: (seed: number) => Rng): Expected[] {
  const notes: Notes = { jumps: new Map(), divisors: new Map() };
  const { jumps } = notes;
  const plain = evaluateMoved(outputs, rngOf(0), 0, ownValue, notes);
  const exact = topological(outputs).every(isExact);
  const others = exact
    ? []
    : [1, -1].map((sign) => evaluateMoved(outputs, rngOf(7), sign, ownValue, notes));
  // Once more with all jumps as they were, since a jump may hide what rounding does to either side.
  if (!exact && jumps.size > 0)
    others.push(
      evaluateMoved(outputs, rngOf(8), 1, (node) => ownValue(node) ?? jumps.get(node), notes),
    );
  return plain.map((value, k) => {
    const tolerance = new Float64Array(value.data.length);
    if (others.length === 0) return { value, tolerance };
    let widest = 0;
    const size = typicalSize(value);
    for (let i = 0; i < tolerance.length; i++) {
      const x = value.data[i];
      let off = 0;
      for (const other of others) {
        const y = other[k].data[i];
        if (!Object.is(x, y) && x !== y) off += Math.abs(coerce("f64", x) - coerce("f64", y));
      }
      // Where NaN or infinity hang on the last bits, an integer does, or all digits do (a tangent of a
      // tangent of a tangent), nothing can be said.
      const unsaid = !Number.isFinite(off) || (isFloat(value.dtype) ? off > size : off !== 0);
      tolerance[i] = unsaid ? NaN : off;
      // What neighbours are off counts for all: a value may stay the same by accident.
      if (isFloat(value.dtype) && Number.isFinite(off) && off > widest) widest = off;
    }
    if (!isFloat(value.dtype)) return { value, tolerance };
    const step = STEP[value.dtype as Float];
    const lastPlace = LAST_PLACE[value.dtype as Float];
    for (let i = 0; i < tolerance.length; i++)
      tolerance[i] =
        4 * tolerance[i] + 0.1 * widest + step * Math.abs(value.data[i]) + 4 * lastPlace;
    return { value, tolerance };
  });
}

/** Says where `given` is farther from what is expected than it may be; undefined when it is not. */
export function mismatch(
  given: ArrayLike<number>,
  { value, tolerance }: Expected,
): string | undefined {
  const { data } = value;
  if (given.length !== data.length) return `expected ${data.length} elements, got ${given.length}`;
  const exact = !isFloat(value.dtype);
  for (let i = 0; i < data.length; i++) {
    const [x, y] = [given[i], data[i]];
    if (Object.is(x, y) || tolerance[i] !== tolerance[i]) continue;
    if (!exact && Math.abs(x - y) <= tolerance[i]) continue;
    // Infinities: of one sign where nothing was rounded before; else the last bits may decide.
    return `element ${i} is ${x}, expected ${y} ± ${tolerance[i]}`;
  }
  return undefined;
}
