import { coerce, type DType, isFloat } from "./dtype.ts";
import { type Attrs, make, makeLeaf, Node, primitive } from "./node.ts";
import { type CustomRule, type CustomTupleRule } from "./primitives/custom.ts";
import "./primitives/index.ts";
import { sameShape, type Shape } from "./shape.ts";

// One function a primitive: how rules, layers of the compiler and tensors write graphs. Steps that
// change nothing return their input, and operations on constants alone are computed at once.

/** The number that a constant node is near to, also when it is broadcast; undefined for other nodes. */
export function constantOf(node: Node): number | undefined {
  while (node.op.name === "expand" || node.op.name === "reshape") node = node.inputs[0];
  return node.op.name === "const" ? Number(node.attrs.value) : undefined;
}

/** A scalar constant. */
export const constant = (value: number | boolean | bigint, dtype: DType): Node =>
  make(primitive("const"), [], {
    value: coerce(dtype, typeof value === "boolean" ? Number(value) : value),
    dtype,
  });

/** `value` everywhere in `shape`. */
export const full = (shape: Shape, value: number | boolean | bigint, dtype: DType): Node =>
  broadcastTo(constant(value, dtype), shape);

/** `full` with the shape and dtype of `like`. */
export const fullLike = (like: Node, value: number): Node => full(like.shape, value, like.dtype);
export const zerosLike = (like: Node): Node => fullLike(like, 0);

/** A value supplied when a traced function is called. */
export const placeholder = (shape: Shape, dtype: DType, requiresGrad = false): Node =>
  makeLeaf(primitive("placeholder"), { shape, dtype }, undefined, requiresGrad);

/** A value that exists: `value` is the runtime's handle on its elements. */
export const input = (shape: Shape, dtype: DType, value: object, requiresGrad = false): Node =>
  makeLeaf(primitive("input"), { shape, dtype }, undefined, requiresGrad, value);

/** The index along `axis` at every position of `shape`. */
export const iota = (shape: Shape, axis: number, dtype: DType = "i32"): Node =>
  make(primitive("iota"), [], { shape, axis, dtype });

/**
 * Uniform random u32 words: Philox 4x32-10 with key (seedLow, seedHigh) and counters (c, stream, 0, 0).
 * For n elements and q = ceil(n / 4), element i is word floor(i / q) of counter c = i mod q. The three
 * inputs are u32 scalars.
 */
export const randomBits = (seedLow: Node, seedHigh: Node, stream: Node, shape: Shape): Node =>
  make(primitive("random"), [seedLow, seedHigh, stream], { shape });

function folded(name: string, inputs: readonly Node[], attrs?: Attrs): Node {
  const node = make(primitive(name), inputs, attrs);
  for (const x of inputs) if (x.op.name !== "const") return node;
  const arrays = inputs.map((x) => x.op.evaluate([], x));
  return constant(node.op.evaluate(arrays, node).data[0], node.dtype);
}

const unary =
  (name: string) =>
  (x: Node): Node =>
    folded(name, [x]);
export const neg = unary("neg");
export const abs = unary("abs");
export const sign = unary("sign");
export const floor = unary("floor");
export const ceil = unary("ceil");
export const trunc = unary("trunc");
/** To the nearest integer, halves to even. */
export const round = unary("round");
export const sqrt = unary("sqrt");
export const exp = unary("exp");
export const expm1 = unary("expm1");
export const log = unary("log");
export const log1p = unary("log1p");
export const sin = unary("sin");
export const cos = unary("cos");
export const tan = unary("tan");
export const asin = unary("asin");
export const acos = unary("acos");
export const atan = unary("atan");
export const sinh = unary("sinh");
export const cosh = unary("cosh");
export const tanh = unary("tanh");
export const erf = unary("erf");
/** Logical for bool, bitwise for integers. */
export const not = unary("not");

// Binary operations take two nodes of one shape and one dtype.
const binary =
  (name: string) =>
  (a: Node, b: Node): Node =>
    folded(name, [a, b]);
export const add = (a: Node, b: Node): Node => {
  if (constantOf(a) === 0) return b;
  if (constantOf(b) === 0) return a;
  return folded("add", [a, b]);
};
export const sub = (a: Node, b: Node): Node => (constantOf(b) === 0 ? a : folded("sub", [a, b]));
export const mul = (a: Node, b: Node): Node => {
  if (constantOf(a) === 1) return b;
  if (constantOf(b) === 1) return a;
  return folded("mul", [a, b]);
};
/** True division of floats; integers truncate toward zero, and x / 0 is 0. */
export const div = (a: Node, b: Node): Node => (constantOf(b) === 1 ? a : folded("div", [a, b]));
/** Remainder with the sign of the dividend, as C's `%` and `fmod`; integers: x rem 0 is 0. */
export const rem = binary("rem");
/** By the rules of C's `pow`; integers wrap around, to negative exponents they are ±1 of ±1, else 0. */
export const pow = binary("pow");
/** The larger; NaN when either is. */
export const max = binary("max");
/** The smaller; NaN when either is. */
export const min = binary("min");
export const atan2 = binary("atan2");
export const and = binary("and");
export const or = binary("or");
export const xor = binary("xor");
/** Shifts of i32 and u32 by 0 to 31; shr keeps the sign of i32. */
export const shl = binary("shl");
export const shr = binary("shr");
export const eq = binary("eq");
export const ne = binary("ne");
export const lt = binary("lt");
export const le = binary("le");
export const gt = (a: Node, b: Node): Node => lt(b, a);
export const ge = (a: Node, b: Node): Node => le(b, a);

/** `a` where `cond` (bool) holds, else `b`; all of one shape. */
export const select = (cond: Node, a: Node, b: Node): Node =>
  a === b ? a : make(primitive("select"), [cond, a, b]);

export const cast = (x: Node, dtype: DType): Node =>
  x.dtype === dtype ? x : folded("cast", [x], { dtype });

/** The same bits read as another dtype of the same width. */
export const bitcast = (x: Node, dtype: DType): Node =>
  x.dtype === dtype ? x : make(primitive("bitcast"), [x], { dtype });

/** The same value, through which no derivative flows. */
export const stopGradient = (x: Node): Node =>
  x.requiresGrad ? make(primitive("stopGradient"), [x]) : x;

let nextMarker = 0;

/**
 * The same value as a node of its own, differentiable: what a transformation differentiates with
 * respect to, so that other uses of `x` count as constants.
 */
export function marker(x: Node): Node {
  const attrs = { id: nextMarker++ };
  const spec = { shape: x.shape, dtype: x.dtype };
  return new Node(primitive("marker"), [x], attrs, spec, isFloat(x.dtype));
}

/**
 * `value`, composed of `operands`, with a gradient of its own: see `CustomRule`. `attrs` is what the rule
 * needs to know besides.
 */
export const customVjp = (
  value: Node,
  operands: readonly Node[],
  rule: CustomRule,
  attrs?: Attrs,
): Node =>
  value.requiresGrad
    ? make(primitive("customVjp"), [value, ...operands], { ...attrs, rule })
    : value;

/**
 * `values`, composed of `operands`, with a rule for the gradients of all of them: see `CustomTupleRule`.
 */
export function customVjps(
  values: readonly Node[],
  operands: readonly Node[],
  rule: CustomTupleRule,
  options: { readonly each?: boolean } = {},
): Node[] {
  const attrs = { count: values.length, rule, ...options };
  const node = make(primitive("customVjps"), [...values, ...operands], attrs);
  return values.map((_, i) => pick(node, i));
}

/**
 * The same value as a node that is never merged with `x`; what is computed from it is computed when
 * `after` is there.
 */
export const barrier = (x: Node, after: readonly Node[]): Node =>
  make(primitive("barrier"), [x, ...after]);

export function reshape(x: Node, shape: Shape): Node {
  if (sameShape(x.shape, shape)) return x;
  if (x.op.name === "reshape") return reshape(x.inputs[0], shape);
  return make(primitive("reshape"), [x], { shape });
}

/** Output axis `i` is input axis `axes[i]`. */
export function permute(x: Node, axes: readonly number[]): Node {
  if (axes.every((axis, i) => axis === i)) return x;
  if (x.op.name === "permute") {
    const inner = x.attrs.axes as readonly number[];
    return permute(
      x.inputs[0],
      axes.map((axis) => inner[axis]),
    );
  }
  return make(primitive("permute"), [x], { axes });
}

/** Repeats axes of size 1; the rank stays. */
export function expand(x: Node, shape: Shape): Node {
  if (sameShape(x.shape, shape)) return x;
  if (x.op.name === "expand") return expand(x.inputs[0], shape);
  return make(primitive("expand"), [x], { shape });
}

/** NumPy's broadcast: axes are added in front, then those of size 1 repeat. */
export function broadcastTo(x: Node, shape: Shape): Node {
  const added = shape.length - x.shape.length;
  if (added > 0) {
    const wide = new Array<number>(shape.length);
    for (let i = 0; i < shape.length; i++) wide[i] = i < added ? 1 : x.shape[i - added];
    x = reshape(x, wide);
  }
  return expand(x, shape);
}

/** Adds `lo[i]` entries before and `hi[i]` after axis i, all `value`; none is negative. */
export const pad = (x: Node, lo: readonly number[], hi: readonly number[], value = 0): Node =>
  lo.every((n) => n === 0) && hi.every((n) => n === 0)
    ? x
    : make(primitive("pad"), [x], {
        lo,
        hi,
        value: isFloat(x.dtype) || x.dtype === "i64" ? coerce(x.dtype, value) : value,
      });

/** `size[i]` entries of axis i: start[i], start[i] + step[i], …; steps are positive. */
export const slice = (
  x: Node,
  start: readonly number[],
  size: readonly number[],
  step: readonly number[] = start.map(() => 1),
): Node => (sameShape(size, x.shape) ? x : make(primitive("slice"), [x], { start, size, step }));

export const flip = (x: Node, axes: readonly number[]): Node =>
  axes.length === 0 ? x : make(primitive("flip"), [x], { axes });

// Reductions remove `axes` (ascending, without repeats).
const reduction =
  (name: string) =>
  (x: Node, axes: readonly number[]): Node =>
    axes.length === 0 ? x : make(primitive(name), [x], { axes });
export const reduceSum = reduction("reduceSum");
export const reduceProd = reduction("reduceProd");
export const reduceMax = reduction("reduceMax");
export const reduceMin = reduction("reduceMin");
/** Position (i32) of the first largest entry along one axis, which is removed; NaN counts as largest. */
export const argMax = (x: Node, axis: number): Node => make(primitive("argMax"), [x], { axis });
/** Position (i32) of the first smallest entry along one axis, which is removed; NaN counts as smallest. */
export const argMin = (x: Node, axis: number): Node => make(primitive("argMin"), [x], { axis });

/** Axes of `dot` that are paired (kept) and contracted (summed). */
export interface DotAttrs {
  readonly lhsBatch: readonly number[];
  readonly rhsBatch: readonly number[];
  readonly lhsContract: readonly number[];
  readonly rhsContract: readonly number[];
}

/** Batched contraction; the output's axes are batch, then free axes of `a`, then free axes of `b`. */
export const dot = (a: Node, b: Node, attrs: DotAttrs): Node =>
  make(primitive("dot"), [a, b], { ...attrs });

/** Geometry of `conv`: one entry a spatial axis; padding may be negative (cropping). */
export interface ConvAttrs {
  readonly stride: readonly number[];
  readonly padLo: readonly number[];
  readonly padHi: readonly number[];
  /** Spacing of the kernel's taps. */
  readonly dilation: readonly number[];
  /** Spacing of the input's entries: inputDilation - 1 zeros are put between them first. */
  readonly inputDilation: readonly number[];
  readonly groups: number;
}

/** Cross-correlation of `x` (N, C, ...spatial) with `w` (O, C / groups, ...kernel): (N, O, ...out). */
export const conv = (x: Node, w: Node, attrs: ConvAttrs): Node =>
  make(primitive("conv"), [x, w], { ...attrs });

/** Geometry of windowed reductions over the last `size.length` axes. */
export interface WindowAttrs {
  readonly size: readonly number[];
  readonly stride: readonly number[];
  readonly padLo: readonly number[];
  readonly padHi: readonly number[];
  readonly dilation: readonly number[];
}

/** Sum over each window; padding counts as 0. */
export const windowSum = (x: Node, attrs: WindowAttrs): Node =>
  make(primitive("windowSum"), [x], { ...attrs });

/**
 * For each window the position (i32, flat in the windowed axes of `x`) of its first largest entry; NaN
 * counts as largest and padding is never chosen.
 */
export const windowArgMax = (x: Node, attrs: WindowAttrs): Node =>
  make(primitive("windowArgMax"), [x], { ...attrs });

/**
 * `out[…, i, …] = x[…, index[…, i, …], …]` along `axis`: `index` (i32) has the output's shape, equal to
 * x's but along `axis`. A position outside the axis reads NaN (0 for integers and bool).
 */
export const gather = (x: Node, index: Node, axis: number): Node =>
  make(primitive("gather"), [x, index], { axis });

/** How `scatter` combines an update with what is there. */
export type ScatterMode = "set" | "add" | "max" | "min";

/**
 * A copy of `base` in which `base[…, index[…, i, …], …]` along `axis` is combined with
 * `updates[…, i, …]`, in ascending i; positions outside the axis are dropped.
 */
export const scatter = (
  base: Node,
  index: Node,
  updates: Node,
  axis: number,
  mode: ScatterMode,
): Node => make(primitive("scatter"), [base, index, updates], { axis, mode });

/** Positions (i32) that sort `x` along `axis`; stable; NaN counts as largest. */
export const argsort = (x: Node, axis: number, descending = false): Node =>
  make(primitive("argsort"), [x], { axis, descending });

/** Running sum along `axis`, from the end when `reverse`. */
export const cumsum = (x: Node, axis: number, reverse = false): Node =>
  make(primitive("cumsum"), [x], { axis, reverse });

/** A closed graph over its placeholders. */
export interface Body {
  readonly params: readonly Node[];
  readonly outputs: readonly Node[];
}

/**
 * The body of a `scan`. Its parameters are carries, then one step's slice of each x, then constants of the
 * loop; its outputs the next carries, then one step's y of each sequence.
 */
export type ScanBody = Body;

export interface ScanResult {
  readonly carries: readonly Node[];
  /** Each with a leading axis of `length`. */
  readonly ys: readonly Node[];
  /** What each carry was before each step, with a leading axis of `length`. */
  readonly histories: readonly Node[];
}

/**
 * Runs `body` for `length` steps over the leading axis of `xs` (from the end when `reverse`; ys and
 * histories keep the positions of their xs).
 */
export function scan(
  body: ScanBody,
  carries: readonly Node[],
  xs: readonly Node[],
  constants: readonly Node[],
  length: number,
  reverse = false,
): ScanResult {
  const node = make(primitive("scan"), [...carries, ...xs, ...constants], {
    body,
    carries: carries.length,
    xs: xs.length,
    length,
    reverse,
  });
  const specs = node.op.outputs!(node.inputs, node.attrs);
  const picks = specs.map((_, i) => pick(node, i));
  const ys = body.outputs.length - carries.length;
  return {
    carries: picks.slice(0, carries.length),
    ys: picks.slice(carries.length, carries.length + ys),
    histories: picks.slice(carries.length + ys),
  };
}

/** What attention needs to know besides its inputs. */
export interface AttentionAttrs {
  /** Factor of the scores. */
  readonly scale: number;
  /** Row m sees the keys 0 … m mod `causal` only; 0: all of them. */
  readonly causal: number;
}

/**
 * softmax(scale · q kᵀ + mask) v for inputs q (…, M, E), k (…, N, E), v (…, N, D) and, if wanted, a mask
 * (…, M, N): the result (…, M, D), zeros in rows that see no key, and for each row (…, M) the logarithm of
 * the sum of what softmax divides by it, Infinity in those rows.
 */
export const attention = (inputs: readonly Node[], attrs: AttentionAttrs): [Node, Node] => {
  const node = make(primitive("attention"), inputs, { ...attrs });
  return [pick(node, 0), pick(node, 1)];
};

/**
 * Cotangents of q, k and v, given q, k, v, the cotangent of the result (…, M, D), the logarithms (…, M),
 * for each row what its weights' cotangents add up to (…, M), and the mask, if there was one.
 */
export const attentionVjp = (
  inputs: readonly Node[],
  attrs: AttentionAttrs,
): [Node, Node, Node] => {
  const node = make(primitive("attentionVjp"), inputs, { ...attrs });
  return [pick(node, 0), pick(node, 1), pick(node, 2)];
};

/** The results of a graph for these inputs, as one node. */
export const call = (body: Body, inputs: readonly Node[]): Node[] => {
  const node = make(primitive("call"), inputs, { body });
  return body.outputs.map((_, i) => pick(node, i));
};

/** Result `index` of a tuple node. */
export const pick = (tuple: Node, index: number): Node =>
  make(primitive("pick"), [tuple], { index });
