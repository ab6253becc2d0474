import { coerce, type DType, isDType, isFloat, newArray } from "../dtype.ts";
import { fill, type NDArray } from "../ndarray.ts";
import { definePrimitive, make, type Node, type Primitive, type Spec } from "../node.ts";
import { add, full, marker, pad, randomBits, reshape, slice } from "../ops.ts";
import { type Shape, sizeOf, stridesOf } from "../shape.ts";
import { philox } from "../special.ts";
import { checkAxis, checkCount, checkDType, checkShape, NUMBERS, showSpec } from "./common.ts";

const nothingToBatch = (node: Node): Node => {
  throw new Error(`${node.op.name}: has no inputs that could be batched`);
};

definePrimitive({
  name: "const",
  elementwise: true,
  infer(inputs, { value, dtype }) {
    checkCount("const", inputs, 0);
    if (!isDType(dtype)) throw new TypeError(`const: unknown dtype ${String(dtype)}`);
    const known = typeof value === "number" || typeof value === "bigint";
    if (!known || !Object.is(coerce(dtype, value), value))
      throw new TypeError(`const: ${String(value)} is not a value of ${dtype}`);
    return { shape: [], dtype };
  },
  batch: nothingToBatch,
  evaluate: (_, { attrs, dtype }) => fill([], dtype, () => attrs.value as number),
  cost: () => 0,
});

// Leaves are made with `makeLeaf`, which gives them their shape; `infer` never sees one.
const leaf = (name: string): Primitive => ({
  name,
  infer(): Spec {
    throw new Error(`${name}: is a leaf, made by ${name}() and not by applying it to inputs`);
  },
  batch: nothingToBatch,
  evaluate(): NDArray {
    throw new Error(`${name}: its value is not in the graph and must be supplied`);
  },
  cost: () => 0,
});
definePrimitive(leaf("input"));
definePrimitive(leaf("placeholder"));

definePrimitive({
  name: "iota",
  infer(inputs, attrs) {
    checkCount("iota", inputs, 0);
    const shape = attrs.shape as Shape;
    checkShape("iota", shape);
    checkAxis("iota", attrs.axis as number, shape.length);
    const dtype = attrs.dtype as DType;
    if (!NUMBERS.includes(dtype))
      throw new TypeError(`iota: expected dtype ${NUMBERS.join(", ")}, got ${dtype}`);
    return { shape, dtype };
  },
  batch: nothingToBatch,
  evaluate(_, { attrs, shape, dtype }) {
    const axis = attrs.axis as number;
    const step = stridesOf(shape)[axis];
    return fill(shape, dtype, (i) => Math.floor(i / step) % shape[axis]);
  },
  cost: (node) => sizeOf(node.shape),
});

definePrimitive({
  name: "random",
  infer(inputs, attrs) {
    checkCount("random", inputs, 3);
    for (const x of inputs) {
      checkDType("random", x, ["u32"]);
      if (x.shape.length !== 0)
        throw new Error(`random: seeds and stream must be scalars, got ${showSpec(x)}`);
    }
    checkShape("random", attrs.shape as Shape);
    return { shape: attrs.shape as Shape, dtype: "u32" };
  },
  // Entries with different seeds share no counters, so each is its own node, joined by padding with 0.
  batch(node, inputs, batched, size) {
    const entry = (i: number): Node => {
      const [low, high, stream] = inputs.map((x, k) =>
        batched[k] ? reshape(slice(x, [i], [1]), []) : x,
      );
      const bits = reshape(randomBits(low, high, stream, node.shape), [1, ...node.shape]);
      const zeros = node.shape.map(() => 0);
      return pad(bits, [i, ...zeros], [size - 1 - i, ...zeros]);
    };
    if (size === 0) return full([0, ...node.shape], 0, "u32");
    let all = entry(0);
    for (let i = 1; i < size; i++) all = add(all, entry(i));
    return all;
  },
  evaluate([low, high, stream], { shape }) {
    const data = newArray("u32", sizeOf(shape));
    const quarter = Math.ceil(data.length / 4);
    const key = [low.data[0], high.data[0]] as const;
    for (let c = 0; c < quarter; c++) {
      const words = philox([c, stream.data[0], 0, 0], key);
      for (let w = 0; w < 4 && w * quarter + c < data.length; w++) data[w * quarter + c] = words[w];
    }
    return { shape, dtype: "u32", data };
  },
  cost: (node) => 30 * sizeOf(node.shape),
});

const same = (inputs: readonly Node[], name: string): Spec => {
  checkCount(name, inputs, 1);
  return { shape: inputs[0].shape, dtype: inputs[0].dtype };
};

definePrimitive({
  name: "stopGradient",
  elementwise: true,
  infer: (inputs) => same(inputs, "stopGradient"),
  batch: (node, [x]) => make(node.op, [x]),
  evaluate: ([x]) => x,
  cost: () => 0,
});

definePrimitive({
  name: "marker",
  elementwise: true,
  infer: (inputs) => same(inputs, "marker"),
  vjp: (_, cotangent) => [cotangent],
  jvp: (_, [tangent]) => tangent,
  batch: (_, [x]) => marker(x),
  evaluate: ([x]) => x,
  cost: () => 0,
});

const byWalk = (node: Node): never => {
  throw new Error(`${node.op.name}: walks over the graph take picks from their tuple themselves`);
};

definePrimitive({
  name: "pick",
  infer(inputs, attrs) {
    checkCount("pick", inputs, 1);
    const [tuple] = inputs;
    if (!tuple.op.outputs)
      throw new Error(`pick: ${tuple.op.name} has one result, there is nothing to pick from`);
    const specs = tuple.op.outputs(tuple.inputs, tuple.attrs);
    const index = attrs.index as number;
    if (!Number.isInteger(index) || index < 0 || index >= specs.length)
      throw new RangeError(
        `pick: ${tuple.op.name} has ${specs.length} results, there is no result ${String(index)}`,
      );
    return specs[index];
  },
  // The walk files the cotangent under the index of the result.
  vjp: (node, cotangent) => [isFloat(node.dtype) ? cotangent : undefined],
  batch: byWalk,
  evaluate: (_, node) => byWalk(node),
  cost: () => 0,
});
