import { isFloat, newArray } from "../../src/ir/dtype.ts";
import { type NDArray } from "../../src/ir/ndarray.ts";
import { type Node, topological } from "../../src/ir/node.ts";
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
export const isExact = (node: Node): boolean =>
  !ROUNDING.has(node.op.name) && !COMBINING.has(node.op.name);

const STEP = { f32: 1e-5, f64: 1e-12 } as const;

/** Moves floats by up to one step of their dtype, in the direction that `rng` and `sign` say. */
function moved(x: NDArray, rng: Rng, sign: number): NDArray {
  if (!isFloat(x.dtype)) return x;
  const step = sign * STEP[x.dtype as "f32" | "f64"];
  const data = newArray(x.dtype, x.data.length);
  for (let i = 0; i < data.length; i++) data[i] = x.data[i] * (1 + step * (2 * rng() - 1));
  return { ...x, data };
}

/** The elements of a leaf. */
export function valueOf(leaf: Node): NDArray {
  const { value } = leaf;
  if (!(value instanceof HostValue)) throw new Error(`${leaf.op.name} has no value`);
  return { shape: leaf.shape, dtype: leaf.dtype, data: value.data };
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

/** The values of `outputs` with every rounded value moved by `rng` in the direction `sign`; 0 moves nothing. */
export function evaluateMoved(outputs: readonly Node[], rng: Rng, sign: number): NDArray[] {
  const order = topological(outputs, (node) => node.value !== undefined);
  const inputsAt = order.map((node) =>
    node.value === undefined ? node.inputs.map((x) => x.order) : [],
  );
  const at = outputs.map((node) => node.order);
  const values: (NDArray | readonly NDArray[])[] = [];
  order.forEach((node, i) => {
    if (node.value !== undefined) {
      values.push(valueOf(node));
      return;
    }
    let inputs = inputsAt[i].map((k) => values[k]);
    if (sign !== 0 && COMBINING.has(node.op.name))
      inputs = (inputs as readonly NDArray[]).map((x) => moved(x, rng, sign));
    const value = evaluateNode(node, inputs);
    const rounds = sign !== 0 && !isExact(node);
    if (!rounds) values.push(value);
    else if (Array.isArray(value))
      values.push((value as readonly NDArray[]).map((x) => moved(x, rng, sign)));
    else values.push(moved(value as NDArray, rng, sign));
  });
  return at.map((k) => values[k] as NDArray);
}

/** What a device must give: elements, and how far each may be off (NaN: anything is right). */
export interface Expected {
  readonly value: NDArray;
  readonly tolerance: Float64Array;
}

/** The values of `outputs`, with tolerances from evaluations that are moved to either side. */
export function expectedOf(outputs: readonly Node[], rngOf: (seed: number) => Rng): Expected[] {
  const plain = evaluateMoved(outputs, rngOf(0), 0);
  const exact = topological(outputs).every(isExact);
  const others = exact ? [] : [1, -1].map((sign) => evaluateMoved(outputs, rngOf(7), sign));
  return plain.map((value, k) => {
    const tolerance = new Float64Array(value.data.length);
    if (others.length === 0) return { value, tolerance };
    let widest = 0;
    for (let i = 0; i < tolerance.length; i++) {
      const x = value.data[i];
      let off = 0;
      for (const other of others) {
        const y = other[k].data[i];
        if (!Object.is(x, y) && x !== y) off += Math.abs(x - y);
      }
      // Where NaN or infinity hang on the last bits, or an integer does, nothing can be said.
      tolerance[i] = Number.isFinite(off) && (off === 0 || isFloat(value.dtype)) ? off : NaN;
      if (tolerance[i] > widest) widest = tolerance[i];
    }
    if (!isFloat(value.dtype)) return { value, tolerance };
    const step = STEP[value.dtype as "f32" | "f64"];
    for (let i = 0; i < tolerance.length; i++)
      tolerance[i] =
        4 * tolerance[i] + 0.1 * widest + step * Math.abs(value.data[i]) + Number.MIN_VALUE;
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
