import {
  coerce,
  type DType,
  DTYPES,
  isFloat,
  isInteger,
  itemBytes,
  limits,
} from "../../src/ir/dtype.ts";
import { type NDArray } from "../../src/ir/ndarray.ts";
import { make, type Node, primitive } from "../../src/ir/node.ts";
import * as ops from "../../src/ir/ops.ts";
import { type Shape, sizeOf } from "../../src/ir/shape.ts";
import { randomConv, randomWindow } from "../ir/geometries.ts";
import { Garden, type Grown, type Step } from "./garden.ts";

const isNumber = (dtype: DType): boolean => isFloat(dtype) || isInteger(dtype);
const floats = (g: Garden): Grown => g.any((x) => isFloat(x.node.dtype), "f32");
const numbers = (g: Garden): Grown => g.any((x) => isNumber(x.node.dtype), "i32");
const anything = (g: Garden): Grown => g.any(() => true, "f32");
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

function shuffled(g: Garden, list: readonly number[]): number[] {
  const out = [...list];
  for (let i = out.length - 1; i > 0; i--) {
    const j = g.int(0, i);
    [out[i], out[j]] = [out[j], out[i]];
  }
  return out;
}

const someAxes = (g: Garden, rank: number): number[] => range(rank).filter(() => g.chance(0.5));

const SMOOTH =
  "neg abs sqrt exp expm1 log log1p sin cos tan asin acos atan sinh cosh tanh erf neg abs exp tanh".split(
    " ",
  );
const JUMPS = ["sign", "floor", "ceil", "trunc", "round"];

const unary: Step = (g) => {
  const { node } = floats(g);
  return make(primitive(g.pick(SMOOTH)), [node]);
};

const jump: Step = (g) => {
  const x = g.find((y) => isFloat(y.node.dtype) && y.exact);
  return x && make(primitive(g.pick(JUMPS)), [x.node]);
};

const integerUnary: Step = (g) => {
  const { node } = g.any((x) => !isFloat(x.node.dtype), "i32");
  return node.dtype === "bool"
    ? ops.not(node)
    : make(primitive(g.pick(["neg", "abs", "sign", "not"])), [node]);
};

const binary: Step = (g) => {
  const { node } = anything(g);
  const { dtype } = node;
  let names = ["add", "sub", "mul", "max", "min", "div", "add", "mul"];
  if (isFloat(dtype)) names.push("pow", "atan2", "rem");
  else if (dtype === "bool") names = ["and", "or", "xor", "max", "min"];
  else names.push("and", "or", "xor", "rem", "pow");
  const other = g.like(node.shape, dtype);
  const pair = g.chance(0.5) ? [node, other] : [other, node];
  return make(primitive(g.pick(names)), pair);
};

const shift: Step = (g) => {
  const { node } = g.any(({ node: x }) => isInteger(x.dtype) && itemBytes(x.dtype) >= 4, "u32");
  const most = 8 * itemBytes(node.dtype) - 1;
  const by = ops.and(g.like(node.shape, node.dtype), ops.fullLike(node, most));
  return make(primitive(g.pick(["shl", "shr"])), [node, by]);
};

const compare: Step = (g) => {
  const x = g.find((y) => y.exact) ?? g.leaf(g.shape(), g.dtype());
  const pair = [x.node, g.like(x.node.shape, x.node.dtype)];
  return make(primitive(g.pick(["eq", "ne", "lt", "le"])), g.chance(0.5) ? pair : pair.reverse());
};

const select: Step = (g) => {
  const { node } = anything(g);
  return ops.select(g.like(node.shape, "bool"), node, g.like(node.shape, node.dtype));
};

/** Numbers outside the range of an integer dtype have no value of it that devices agree on. */
const holds = (dtype: DType, { data }: NDArray): boolean => {
  const [low, high] = limits(dtype).map(Number);
  return isFloat(dtype) || data.every((x) => x > low - 1 && x < high + 1);
};

const cast: Step = (g) => {
  const x = anything(g);
  const to = g.pick(DTYPES);
  if (isFloat(x.node.dtype) && !isFloat(to)) {
    if (!x.exact || (to !== "bool" && !holds(to, x.value))) return undefined;
  }
  return ops.cast(x.node, to);
};

const bitcast: Step = (g) => {
  const x = g.find((y) => y.exact);
  if (!x) return undefined;
  // The bits of a NaN are the machine's own.
  if (x.value.data.some((v) => v !== v)) return undefined;
  const { dtype } = x.node;
  const fits = DTYPES.filter((to) => to !== "bool" && itemBytes(to) === itemBytes(dtype));
  return ops.bitcast(x.node, g.pick(fits));
};

// Views.

const reshape: Step = (g) => {
  const { node } = anything(g);
  let shape = [...node.shape];
  for (let turn = g.int(1, 3); turn > 0; turn--) {
    const at = g.int(0, shape.length);
    if (g.chance(0.4) || shape.length === 0) shape.splice(at, 0, 1);
    else if (g.chance(0.5) && shape.length > 1) {
      const i = g.int(0, shape.length - 2);
      shape.splice(i, 2, shape[i] * shape[i + 1]);
    } else {
      const i = g.int(0, shape.length - 1);
      const divisors = range(shape[i] + 1).filter((d) => d > 0 && shape[i] % d === 0);
      if (divisors.length > 0) {
        const d = g.pick(divisors);
        shape.splice(i, 1, d, shape[i] / d);
      }
    }
    if (g.chance(0.2)) shape = shape.filter((n) => n !== 1);
  }
  return shape.length > 6 ? undefined : ops.reshape(node, shape);
};

const permute: Step = (g) => {
  const { node } = anything(g);
  return ops.permute(node, shuffled(g, range(node.shape.length)));
};

const expand: Step = (g) => {
  const x = g.find((y) => y.node.shape.includes(1)) ?? anything(g);
  const { shape } = x.node;
  const wide = shape.map((n) => (n === 1 && g.chance(0.7) ? g.pick([1, 2, 3, 5, 8, 0]) : n));
  return sizeOf(wide) > 3000 ? undefined : ops.expand(x.node, wide);
};

const pad: Step = (g) => {
  const { node } = anything(g);
  const some = (): number[] => node.shape.map(() => (g.chance(0.4) ? g.int(0, 3) : 0));
  const value = node.dtype === "bool" || g.chance(0.6) ? 0 : g.pick([1, 2, 7]);
  return ops.pad(node, some(), some(), value);
};

const slice: Step = (g) => {
  const { node } = anything(g);
  const step = node.shape.map(() => (g.chance(0.7) ? 1 : g.int(2, 3)));
  const start = node.shape.map((n) => (n > 1 && g.chance(0.5) ? g.int(0, n - 1) : 0));
  const size = node.shape.map((n, i) => {
    const most = n === 0 ? 0 : Math.floor((n - 1 - start[i]) / step[i]) + 1;
    return g.chance(0.5) ? most : g.int(g.chance(0.05) ? 0 : Math.min(1, most), most);
  });
  return ops.slice(node, start, size, step);
};

const flip: Step = (g) => {
  const { node } = anything(g);
  return ops.flip(node, someAxes(g, node.shape.length));
};

/** Flip of a slice of a pad of a permutation, and the like. */
const views: Step = (g) => {
  let nodes: Node | readonly Node[] | undefined;
  const inner = g.fork(anything(g));
  for (let i = g.int(2, 4); i > 0; i--) {
    nodes = g.pick([reshape, permute, expand, pad, slice, flip])(inner);
    if (!nodes || sizeOf((nodes as Node).shape) > 3000) return undefined;
    if (!inner.grow(nodes as Node)) return undefined;
    inner.grown.splice(0, inner.grown.length - 1);
  }
  return nodes;
};

// Reductions, contractions, windows.

const reduce: Step = (g) => {
  const x = numbers(g);
  const axes = someAxes(g, x.node.shape.length);
  const name = g.pick(["reduceSum", "reduceSum", "reduceProd", "reduceMax", "reduceMin"]);
  return axes.length === 0 ? undefined : make(primitive(name), [x.node], { axes });
};

const boolReduce: Step = (g) => {
  const x = g.find((y) => y.node.dtype === "bool");
  const axes = x ? someAxes(g, x.node.shape.length) : [];
  if (!x || axes.length === 0) return undefined;
  return make(primitive(g.pick(["reduceMax", "reduceMin"])), [x.node], { axes });
};

const argExtremum: Step = (g) => {
  const x = g.find((y) => y.exact && y.node.shape.length > 0);
  if (!x) return undefined;
  const axis = g.int(0, x.node.shape.length - 1);
  if (x.node.shape[axis] === 0) return undefined;
  return make(primitive(g.pick(["argMax", "argMin"])), [x.node], { axis });
};

const dot: Step = (g) => {
  const { node: a } = numbers(g);
  const roles = a.shape.map(() => g.pick(["free", "sum", "sum", "pair"] as const));
  const of = (role: string): number[] =>
    shuffled(
      g,
      range(a.shape.length).filter((i) => roles[i] === role),
    );
  const lhsBatch = of("pair");
  const lhsContract = of("sum");
  const free = range(g.int(0, 2)).map(() => g.pick([1, 2, 3, 5, 8, 17]));
  // Axes of b in random order: paired, summed, free.
  const sizes = [
    ...lhsBatch.map((i) => a.shape[i]),
    ...lhsContract.map((i) => a.shape[i]),
    ...free,
  ];
  const order = shuffled(g, range(sizes.length));
  const shape = order.map((i) => sizes[i]);
  const work = sizeOf(a.shape) * sizeOf(free);
  if (work > 60_000 || sizeOf(shape) > 3000) return undefined;
  const place = (first: number, count: number): number[] =>
    range(count).map((i) => order.indexOf(first + i));
  const b = g.like(shape, a.dtype);
  const attrs = {
    lhsBatch,
    rhsBatch: place(0, lhsBatch.length),
    lhsContract,
    rhsContract: place(lhsBatch.length, lhsContract.length),
  };
  return ops.dot(a, b, attrs);
};

/** A value of this shape that is a view of something grown, where there are enough elements. */
function shaped(g: Garden, shape: Shape, dtype: DType): Node {
  const n = sizeOf(shape);
  const x = g.chance(0.6)
    ? g.find((y) => y.node.dtype === dtype && sizeOf(y.node.shape) >= n)
    : undefined;
  if (!x) return g.leaf(shape, dtype).node;
  const flat = ops.reshape(x.node, [sizeOf(x.node.shape)]);
  return ops.reshape(ops.slice(flat, [g.int(0, flat.shape[0] - n)], [n]), shape);
}

const conv: Step = (g) => {
  const { x, w, attrs } = randomConv(g.rng);
  const dtype = g.pick(["f32", "f32", "f64", "i32", "i64", "f16", "bf16", "i8"] as const);
  return ops.conv(shaped(g, x, dtype), shaped(g, w, dtype), attrs);
};

const window: Step = (g) => {
  const { x, attrs } = randomWindow(g.rng);
  const dtype = g.pick(["f32", "f32", "f64", "i32", "i64", "f16", "bf16", "i16"] as const);
  const input = shaped(g, x, dtype);
  if (g.chance(0.5)) return ops.windowSum(input, attrs);
  const exact = g.find((y) => y.node === input)?.exact ?? !isFloat(dtype);
  return exact ? ops.windowArgMax(input, attrs) : undefined;
};

// Indexing.

function indexFor(g: Garden, x: Node, axis: number): Node {
  const n = x.shape[axis];
  const shape = x.shape.map((size, i) => (i === axis ? g.pick([0, 1, 2, 3, 5, 9, 9]) : size));
  const outside = g.chance(0.3) ? 1 : 0;
  const found = g.find((y) => y.node.dtype === "i32" && y.node.shape.length === 0);
  if (found && g.chance(0.3)) return ops.broadcastTo(found.node, shape);
  return g.leaf(shape, "i32", () => g.int(-outside, n - 1 + outside)).node;
}

const withAxis = (g: Garden, fits: (x: Grown) => boolean): [Grown, number] | undefined => {
  const x = g.find((y) => y.node.shape.length > 0 && fits(y));
  return x && [x, g.int(0, x.node.shape.length - 1)];
};

const gather: Step = (g) => {
  const found = withAxis(g, () => true);
  if (!found || found[0].node.shape[found[1]] === 0) return undefined;
  const [{ node }, axis] = found;
  return ops.gather(node, indexFor(g, node, axis), axis);
};

const scatter: Step = (g) => {
  const found = withAxis(g, () => true);
  if (!found || found[0].node.shape[found[1]] === 0) return undefined;
  const [{ node }, axis] = found;
  const modes =
    node.dtype === "bool"
      ? (["set", "max", "min"] as const)
      : (["set", "add", "max", "min"] as const);
  const index = indexFor(g, node, axis);
  return ops.scatter(node, index, g.like(index.shape, node.dtype), axis, g.pick(modes));
};

const argsort: Step = (g) => {
  const found = withAxis(g, (x) => x.exact);
  if (!found) return undefined;
  const [{ node }, axis] = found;
  const order = ops.argsort(node, axis, g.chance(0.5));
  return g.chance(0.5) || node.shape[axis] === 0 ? order : ops.gather(node, order, axis);
};

const cumsum: Step = (g) => {
  const found = withAxis(g, (x) => isNumber(x.node.dtype));
  return found && ops.cumsum(found[0].node, found[1], g.chance(0.5));
};

const iota: Step = (g) => {
  const { node } = anything(g);
  if (node.shape.length === 0) return undefined;
  const dtype = g.pick(DTYPES.filter(isNumber));
  return ops.iota(node.shape, g.int(0, node.shape.length - 1), dtype);
};

const random: Step = (g) => {
  const word = (): Node => g.leaf([], "u32", () => Math.floor(g.rng() * 2 ** 32)).node;
  const shape = g.shape();
  const bits = ops.randomBits(word(), word(), word(), shape);
  if (g.chance(0.3)) return bits;
  const top = ops.cast(ops.shr(bits, ops.fullLike(bits, 8)), "f32");
  return ops.mul(top, ops.fullLike(top, 2 ** -24));
};

// What layers are made of.

const pattern: Step = (g) => {
  const { node: x } = g.any((y) => isFloat(y.node.dtype) && y.node.shape.length > 0, "f32");
  const rank = x.shape.length;
  if (rank === 0 || x.shape[rank - 1] === 0) return undefined;
  const axes = [rank - 1];
  const back = (y: Node): Node => ops.expand(ops.reshape(y, [...x.shape.slice(0, -1), 1]), x.shape);
  const n = ops.constant(x.shape[rank - 1], x.dtype);
  switch (g.int(0, 3)) {
    case 0: {
      const shifted = ops.sub(x, back(ops.stopGradient(ops.reduceMax(x, axes))));
      const e = ops.exp(shifted);
      const sum = ops.reduceSum(e, axes);
      return g.chance(0.5) ? ops.div(e, back(sum)) : ops.sub(shifted, back(ops.log(sum)));
    }
    case 1: {
      const kept = x.shape.slice(0, -1);
      const mean = ops.div(ops.reduceSum(x, axes), ops.broadcastTo(n, kept));
      const centred = ops.sub(x, back(mean));
      const variance = ops.div(
        ops.reduceSum(ops.mul(centred, centred), axes),
        ops.broadcastTo(n, kept),
      );
      return ops.div(centred, back(ops.sqrt(ops.add(variance, ops.fullLike(variance, 1e-3)))));
    }
    case 2: {
      const columns = g.pick([1, 3, 8, 17]);
      const attrs = { lhsBatch: [], rhsBatch: [], lhsContract: [rank - 1], rhsContract: [0] };
      if (sizeOf(x.shape) * columns > 60_000) return undefined;
      const w = g.leaf([x.shape[rank - 1], columns], x.dtype).node;
      const product = ops.dot(x, w, attrs);
      const sum = ops.add(product, ops.broadcastTo(g.leaf([columns], x.dtype).node, product.shape));
      return ops.max(sum, ops.fullLike(sum, 0));
    }
    default: {
      const keep = ops.cast(g.like(x.shape, "bool"), x.dtype);
      return ops.mul(ops.mul(x, keep), ops.fullLike(x, 1.25));
    }
  }
};

/** A loop whose body is a random graph of its own. */
const scan: Step = (g) => {
  if (g.depth > 1) return undefined;
  const length = g.pick([0, 1, 2, 3, 5]);
  const small = (x: Grown): boolean => sizeOf(x.node.shape) <= 100;
  const first = (x: Node): Node => ops.placeholder(x.shape, x.dtype);
  const carries = range(g.int(0, 2)).map(() => g.find(small) ?? g.leaf([2], "f32"));
  const constants = range(g.int(0, 2)).map(() => g.find(small) ?? g.leaf([3], "f32"));
  const xs = range(g.int(0, 2)).map(() => {
    const rank = g.int(0, 2);
    const shape = [length, ...range(rank).map(() => g.pick([1, 2, 3, 5]))];
    return { node: shaped(g, shape, g.pick(["f32", "f64", "i32"])), shape };
  });
  const body = new Garden(g.rng, { wild: g.wild, depth: g.depth + 1, leaf: literalLeaf });
  const outer = [
    ...carries.map((x) => x.node),
    ...xs.map((x) => x.node),
    ...constants.map((x) => x.node),
  ];
  const params = outer.map((x, i) => {
    const isSequence = i >= carries.length && i < carries.length + xs.length;
    const param = isSequence ? ops.placeholder(x.shape.slice(1), x.dtype) : first(x);
    const value = body.leaf(param.shape, param.dtype).value;
    body.grown.pop();
    body.keep(param, value, false);
    return param;
  });
  for (let i = g.int(1, 5); i > 0; i--) body.step(STEPS);
  const next = carries.map((_, i) => {
    const own = params[i];
    const found = body.find(
      (x) =>
        x.node.dtype === own.dtype &&
        x.node.shape.length <= own.shape.length &&
        fitsInto(x.node.shape, own.shape),
    );
    return found ? ops.broadcastTo(found.node, own.shape) : own;
  });
  const ys = range(g.int(0, 2)).flatMap(
    () => body.find((x) => sizeOf(x.node.shape) <= 400)?.node ?? [],
  );
  if (next.length + ys.length === 0) return undefined;
  const result = ops.scan(
    { params, outputs: [...next, ...ys] },
    carries.map((x) => x.node),
    xs.map((x) => x.node),
    constants.map((x) => x.node),
    length,
    g.chance(0.4),
  );
  const all = [...result.carries, ...result.ys, ...(g.chance(0.4) ? result.histories : [])];
  return all.filter((x) => x.shape.length <= 6);
};

const fitsInto = (from: Shape, to: Shape): boolean =>
  from.every((n, i) => n === 1 || n === to[to.length - from.length + i]);

/** In bodies every leaf is a parameter, so numbers stand in for others. */
function literalLeaf(value: NDArray): Node {
  const first = value.data.length > 0 ? value.data[0] : coerce(value.dtype, 0);
  value.data.fill(first);
  return ops.full(value.shape, first, value.dtype);
}

export const STEPS: readonly Step[] = [
  ...[unary, unary, unary, jump, integerUnary, binary, binary, binary, binary, shift, compare],
  ...[
    select,
    select,
    cast,
    cast,
    bitcast,
    reshape,
    permute,
    expand,
    pad,
    slice,
    flip,
    views,
    views,
  ],
  ...[
    reduce,
    reduce,
    reduce,
    boolReduce,
    argExtremum,
    dot,
    dot,
    conv,
    conv,
    window,
    gather,
    scatter,
  ],
  ...[argsort, cumsum, iota, random, pattern, pattern, pattern, scan, scan],
];
