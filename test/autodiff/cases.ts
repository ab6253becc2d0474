import { type DType } from "../../src/ir/dtype.ts";
import { fill, type NDArray } from "../../src/ir/ndarray.ts";
import { make, type Node, primitive } from "../../src/ir/node.ts";
import * as ops from "../../src/ir/ops.ts";
import { type Shape, sizeOf } from "../../src/ir/shape.ts";
import { randomConv, randomWindow } from "../ir/geometries.ts";
import { distinct, integer, type Rng, uniform } from "../ir/util.ts";
import { attentionCases } from "./attention-cases.ts";
import { customCases } from "./custom-cases.ts";
import { loopCases } from "./loop-cases.ts";

/** One application of a primitive, by which its rules are tried. */
export interface Case {
  /** The primitive that it is about. */
  readonly op: string;
  readonly label: string;
  readonly inputs: (rng: Rng) => NDArray[];
  readonly build: (inputs: readonly Node[]) => Node | readonly Node[];
  /** No second derivative to compare: it is zero or does not exist. */
  readonly rough?: boolean;
}

export const SHAPES: readonly Shape[] = [[], [1], [3], [2, 1, 3], [0, 3], [2, 2]];
const cases: Case[] = [];
const show = (value: unknown): string => JSON.stringify(value);

/** Adds a case. */
export type Add = (
  op: string,
  label: string,
  inputs: Case["inputs"],
  build: Case["build"],
  rough?: boolean,
) => void;

function add(
  op: string,
  label: string,
  inputs: Case["inputs"],
  build: Case["build"],
  rough = false,
): void {
  cases.push({ op, label: `${op} ${label}`, inputs, build, rough });
}

// Elementwise: each function on an interval where it is smooth.
const UNARY: Record<string, readonly [low: number, high: number, rough?: boolean]> = {
  neg: [-2, 2],
  sqrt: [0.3, 3],
  exp: [-2, 2],
  expm1: [-2, 2],
  log: [0.3, 3],
  log1p: [-0.6, 3],
  sin: [-3, 3],
  cos: [-3, 3],
  tan: [-1, 1],
  asin: [-0.8, 0.8],
  acos: [-0.8, 0.8],
  atan: [-2, 2],
  sinh: [-2, 2],
  cosh: [-2, 2],
  tanh: [-2, 2],
  erf: [-2, 2],
  stopGradient: [-2, 2, true],
};
for (const [name, [low, high, rough]] of Object.entries(UNARY))
  for (const shape of SHAPES)
    add(
      name,
      show(shape),
      (rng) => [uniform(rng, shape, "f64", low, high)],
      ([x]) => make(primitive(name), [x]),
      rough,
    );
const STEPS = ["abs", "sign", "floor", "ceil", "trunc", "round"];
for (const name of STEPS)
  for (const shape of SHAPES)
    add(
      name,
      show(shape),
      // Away from integers and halves, where these functions jump.
      (rng) => [fill(shape, "f64", () => integer(rng, -3, 2) + (rng() < 0.5 ? 0.25 : 0.75))],
      ([x]) => make(primitive(name), [x]),
      true,
    );
add(
  "marker",
  "",
  (rng) => [uniform(rng, [3])],
  ([x]) => ops.mul(ops.marker(x), x),
);

const BINARY: Record<string, readonly [a: [number, number], b: [number, number]]> = {
  add: [
    [-2, 2],
    [-2, 2],
  ],
  sub: [
    [-2, 2],
    [-2, 2],
  ],
  mul: [
    [-2, 2],
    [-2, 2],
  ],
  div: [
    [-2, 2],
    [0.4, 2],
  ],
  pow: [
    [0.4, 2],
    [-2, 3],
  ],
  atan2: [
    [0.2, 2],
    [-2, 2],
  ],
};
for (const [name, [a, b]] of Object.entries(BINARY))
  for (const shape of SHAPES)
    add(
      name,
      show(shape),
      (rng) => [uniform(rng, shape, "f64", ...a), uniform(rng, shape, "f64", ...b)],
      ([x, y]) => make(primitive(name), [x, y]),
    );
for (const exponent of [0, 1, 2, 3, -1.5])
  add(
    "pow",
    `constant ${exponent}`,
    (rng) => [uniform(rng, [4], "f64", 0.5, 2)],
    ([x]) => ops.pow(x, ops.fullLike(x, exponent)),
  );
for (const name of ["max", "min"])
  for (const shape of SHAPES)
    add(
      name,
      show(shape),
      (rng) => {
        const both = distinct(rng, 2 * sizeOf(shape));
        return [0, 1].map((k) => fill(shape, "f64", (i) => both[2 * i + k]));
      },
      ([x, y]) => make(primitive(name), [x, y]),
      true,
    );
for (const shape of SHAPES)
  add(
    "rem",
    show(shape),
    // The quotient is kept away from integers.
    (rng) => {
      const b = uniform(rng, shape, "f64", 0.5, 2);
      const quotient = fill(shape, "f64", () => integer(rng, -3, 3) + 0.25 + 0.5 * rng());
      return [fill(shape, "f64", (i) => quotient.data[i] * b.data[i]), b];
    },
    ([x, y]) => ops.rem(x, y),
    true,
  );
for (const name of ["and", "or", "xor", "shl", "shr"])
  add(
    name,
    "u32",
    (rng) => [uniform(rng, [2, 3], "u32", 0, 1e6), uniform(rng, [2, 3], "u32", 0, 31)],
    ([x, y]) => make(primitive(name), [x, y]),
  );
add(
  "not",
  "bool",
  (rng) => [uniform(rng, [5], "bool", 0, 1)],
  ([x]) => ops.not(x),
);
for (const name of ["eq", "ne", "lt", "le"])
  add(
    name,
    "f64",
    (rng) => [uniform(rng, [2, 3]), uniform(rng, [2, 3])],
    ([x, y]) => make(primitive(name), [x, y]),
  );
for (const shape of SHAPES)
  add(
    "select",
    show(shape),
    (rng) => [uniform(rng, shape, "bool", 0, 1), uniform(rng, shape), uniform(rng, shape)],
    ([cond, x, y]) => ops.select(cond, ops.mul(x, x), ops.mul(x, y)),
  );
for (const [from, to] of [
  ["f64", "f64"],
  ["f64", "i32"],
  ["i32", "f64"],
] as const)
  add(
    "cast",
    `${from} to ${to}`,
    (rng) => [uniform(rng, [4], from, -9.4, 9.4)],
    ([x]) => make(primitive("cast"), [x], { dtype: to }),
    true,
  );
add(
  "bitcast",
  "",
  (rng) => [uniform(rng, [4], "f32")],
  ([x]) => ops.bitcast(x, "i32"),
);

// Views.
const view = (label: string, op: string, shape: Shape, build: (x: Node) => Node): void =>
  add(
    op,
    label,
    (rng) => [uniform(rng, shape)],
    ([x]) => build(ops.mul(x, x)),
  );
view("[2,3]", "reshape", [2, 3], (x) => ops.reshape(x, [3, 2, 1]));
view("[0,3]", "reshape", [0, 3], (x) => ops.reshape(x, [2, 0]));
view("[]", "reshape", [], (x) => ops.reshape(x, [1, 1]));
view("[2,3,4]", "permute", [2, 3, 4], (x) => ops.permute(x, [2, 0, 1]));
view("[0,1]", "permute", [0, 1], (x) => ops.permute(x, [1, 0]));
view("[1,3]", "expand", [1, 3], (x) => ops.expand(x, [4, 3]));
view("[2,1,1] to empty", "expand", [2, 1, 1], (x) => ops.expand(x, [2, 0, 3]));
view("[2,3]", "pad", [2, 3], (x) => ops.pad(x, [1, 0], [0, 2], 7));
view("[0,2]", "pad", [0, 2], (x) => ops.pad(x, [1, 0], [2, 1]));
view("[4,7]", "slice", [4, 7], (x) => ops.slice(x, [1, 1], [2, 3], [2, 2]));
view("[4,7] step beyond", "slice", [4, 7], (x) => ops.slice(x, [0, 2], [4, 2], [1, 4]));
view("[3] to empty", "slice", [3], (x) => ops.slice(x, [1], [0]));
view("[3] to one", "slice", [3], (x) => ops.slice(x, [2], [1], [5]));
view("[2,3,1]", "flip", [2, 3, 1], (x) => ops.flip(x, [1, 2]));
view("[0,3]", "flip", [0, 3], (x) => ops.flip(x, [0, 1]));

// Reductions.
const REDUCED: readonly (readonly [Shape, readonly number[]])[] = [
  [[4], [0]],
  [[2, 3], [1]],
  [
    [2, 3, 2],
    [0, 2],
  ],
  [[3, 1], [1]],
  [[0, 2], [1]],
  [
    [2, 3],
    [0, 1],
  ],
];
for (const [shape, axes] of REDUCED) {
  const label = `${show(shape)} over ${show(axes)}`;
  add(
    "reduceSum",
    label,
    (rng) => [uniform(rng, shape)],
    ([x]) => ops.reduceSum(ops.mul(x, x), axes),
  );
  add(
    "reduceProd",
    label,
    (rng) => [uniform(rng, shape)],
    ([x]) => ops.reduceProd(x, axes),
  );
  for (const name of ["reduceMax", "reduceMin"])
    add(
      name,
      label,
      (rng) => {
        const data = distinct(rng, sizeOf(shape));
        return [fill(shape, "f64", (i) => data[i])];
      },
      ([x]) => make(primitive(name), [x], { axes }),
      true,
    );
}
for (const zeros of [1, 2, 3])
  add(
    "reduceProd",
    `${zeros} zeros`,
    (rng) => [fill([2, 4], "f64", (i) => (i % 4 < zeros ? 0 : 0.5 + rng()))],
    ([x]) => ops.reduceProd(x, [1]),
  );
for (const shape of [[2, 0], [0]])
  for (const name of ["reduceSum", "reduceProd", "reduceMax", "reduceMin"])
    add(
      name,
      `${show(shape)} over nothing`,
      () => [fill(shape, "f64", () => 0)],
      ([x]) => make(primitive(name), [x], { axes: [shape.length - 1] }),
      true,
    );
for (const name of ["argMax", "argMin"])
  for (const axis of [0, 1])
    add(
      name,
      `axis ${axis}`,
      (rng) => [uniform(rng, [3, 4], "i32", 0, 3)],
      ([x]) => make(primitive(name), [x], { axis }),
    );

// Contractions.
const DOTS: readonly (readonly [Shape, Shape, ops.DotAttrs])[] = [
  [[2, 3], [3, 4], { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] }],
  [[3, 2], [4, 3], { lhsBatch: [], rhsBatch: [], lhsContract: [0], rhsContract: [1] }],
  [[2, 3, 4], [4, 2, 5], { lhsBatch: [0], rhsBatch: [1], lhsContract: [2], rhsContract: [0] }],
  [
    [2, 3, 4, 2],
    [4, 3, 2, 2],
    { lhsBatch: [3], rhsBatch: [2], lhsContract: [1, 2], rhsContract: [1, 0] },
  ],
  [
    [2, 3, 1, 2],
    [3, 2, 2],
    { lhsBatch: [1, 0], rhsBatch: [0, 2], lhsContract: [3], rhsContract: [1] },
  ],
  [[2], [3], { lhsBatch: [], rhsBatch: [], lhsContract: [], rhsContract: [] }],
  [[3], [3], { lhsBatch: [], rhsBatch: [], lhsContract: [0], rhsContract: [0] }],
  [[3], [3], { lhsBatch: [0], rhsBatch: [0], lhsContract: [], rhsContract: [] }],
  [[2, 0], [0, 3], { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] }],
  [[0, 2], [2, 1], { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] }],
];
for (const [a, b, attrs] of DOTS)
  add(
    "dot",
    `${show(a)} ${show(b)}`,
    (rng) => [uniform(rng, a), uniform(rng, b)],
    ([x, y]) => ops.dot(x, y, attrs),
  );

const geometry = (rng: Rng, seed: number): void => {
  const { x, w, attrs } = randomConv(rng);
  add(
    "conv",
    `#${seed} ${show(x)} ${show(w)} ${show(attrs)}`,
    (inner) => [uniform(inner, x), uniform(inner, w)],
    ([a, b]) => ops.conv(a, b, attrs),
  );
};

const windows = (rng: Rng, seed: number): void => {
  const { x, attrs } = randomWindow(rng);
  const label = `#${seed} ${show(x)} ${show(attrs)}`;
  add(
    "windowSum",
    label,
    (inner) => [uniform(inner, x)],
    ([a]) => ops.windowSum(ops.mul(a, a), attrs),
  );
  add(
    "windowArgMax",
    label,
    (inner) => [uniform(inner, x)],
    ([a]) => ops.windowArgMax(a, attrs),
  );
};

// Indexing: positions outside the axis and repeated ones are among them.
const indices = (rng: Rng, shape: Shape, low: number, high: number): NDArray =>
  fill(shape, "i32", () => integer(rng, low, high));
const INDEXED: readonly (readonly [Shape, Shape, number])[] = [
  [[4], [3], 0],
  [[2, 4], [2, 6], 1],
  [[3, 2, 2], [5, 2, 2], 0],
  [[3, 1], [0, 1], 0],
];
for (const [shape, index, axis] of INDEXED) {
  const label = `${show(shape)} ${show(index)} axis ${axis}`;
  add(
    "gather",
    label,
    (rng) => [uniform(rng, shape), indices(rng, index, 0, shape[axis] - 1)],
    ([x, at]) => ops.gather(ops.mul(x, x), at, axis),
  );
  for (const mode of ["set", "add", "max", "min"] as const)
    add(
      "scatter",
      `${mode} ${label}`,
      (rng) => {
        const data = distinct(rng, sizeOf(shape) + sizeOf(index));
        return [
          fill(shape, "f64", (i) => data[i]),
          indices(rng, index, -1, shape[axis]),
          fill(index, "f64", (i) => data[sizeOf(shape) + i]),
        ];
      },
      ([base, at, updates]) => ops.scatter(base, at, updates, axis, mode),
      true,
    );
}
for (const descending of [false, true])
  for (const axis of [0, 1])
    add(
      "argsort",
      `axis ${axis} ${descending ? "descending" : "ascending"}`,
      (rng) => [uniform(rng, [3, 4], "i32", 0, 2)],
      ([x]) => ops.argsort(x, axis, descending),
    );
for (const reverse of [false, true])
  for (const [shape, axis] of [
    [[4], 0],
    [[2, 3, 2], 1],
    [[0, 2], 0],
  ] as const)
    add(
      "cumsum",
      `${show(shape)} ${reverse}`,
      (rng) => [uniform(rng, shape)],
      ([x]) => ops.cumsum(ops.mul(x, x), axis, reverse),
    );

// Leaves that have inputs.
const words = (rng: Rng, dtype: DType): NDArray[] =>
  [0, 1, 2].map(() => uniform(rng, [], dtype, 0, 4e9));
add(
  "random",
  "",
  (rng) => words(rng, "u32"),
  ([low, high, stream]) => ops.randomBits(low, high, stream, [2, 3]),
);
add(
  "iota",
  "",
  (rng) => [uniform(rng, [2, 3])],
  ([x]) => ops.mul(x, ops.iota([2, 3], 1, "f64")),
);
add(
  "const",
  "",
  (rng) => [uniform(rng, [2])],
  ([x]) => ops.mul(x, ops.fullLike(x, 3)),
);

loopCases(add);
attentionCases(add);
customCases(add);

/** All cases; geometries of conv and windows are drawn from `seed`. */
export function allCases(rngOf: (seed: number) => Rng, seed: number): readonly Case[] {
  for (let i = 0; i < 24; i++) geometry(rngOf(seed + i), seed + i);
  for (let i = 0; i < 16; i++) windows(rngOf(seed + i), seed + i);
  return cases;
}
