import { describe, expect, test } from "vitest";
import {
  coerce,
  type DType,
  DTYPES,
  isFloat,
  isNarrow,
  itemBytes,
  limits,
} from "../../src/ir/dtype.ts";
import { fill } from "../../src/ir/ndarray.ts";
import { make, type Node, primitive } from "../../src/ir/node.ts";
import * as ops from "../../src/ir/ops.ts";
import { allCases, type Case } from "../autodiff/cases.ts";
import { rngOf } from "../ir/util.ts";
import { nodesOf } from "./cases.ts";
import { checkTogether, devicesUnderTest, hostLeaf } from "./devices.ts";
import { withoutFirstTier } from "./first-tier.ts";

// Dtypes that are stored and not computed in, and i64: every primitive on every device against the naive
// evaluation. `native` compiles what its first tier would run.

const SEED = 2_903;

/** Primitives whose cases name f64, and those that f16 and bf16 are cast for before they are applied. */
const OTHERS = new Set(["iota", "scan", "pick", "attention", "attentionVjp"]);

const CASES = allCases(rngOf, SEED).filter(({ op }) => !OTHERS.has(op));

/** A case with this dtype in place of f64. */
const inDType = (one: Case, dtype: DType): Case => ({
  ...one,
  inputs: (rng) =>
    one.inputs(rng).map((x) => (x.dtype === "f64" ? fill(x.shape, dtype, (i) => x.data[i]) : x)),
});

const leafOf = (dtype: DType, values: readonly number[]): Node =>
  hostLeaf(fill([values.length], dtype, (i) => values[i]));

/** All pairs of some integers of a dtype, the ends of its range among them. */
function pairs(dtype: DType): [Node, Node] {
  const [low, high] = limits(dtype);
  const one = coerce(dtype, 1);
  const values = [low, low + one, -7, -2, -1, 0, 1, 2, 3, 9, high - one, high];
  const all = values.flatMap((a) => values.map((b) => [a, b]));
  return [0, 1].map((k) =>
    leafOf(
      dtype,
      all.map((pair) => pair[k]),
    ),
  ) as [Node, Node];
}

function integerNodes(dtype: DType): Node[] {
  const [a, b] = pairs(dtype);
  const unary = "neg abs sign not".split(" ").map((name) => make(primitive(name), [a]));
  const binary = "add sub mul div rem pow max min and or xor eq ne lt le"
    .split(" ")
    .map((name) => make(primitive(name), [a, b]));
  const [x, y] = [a, b].map((node) => ops.reshape(node, [12, 12]));
  const at = hostLeaf(fill([12, 12], "i32", (i) => (i * 5) % 13));
  const by = leafOf(
    dtype,
    Array.from({ length: 144 }, (_, i) => i % (8 * itemBytes(dtype))),
  );
  const reduced = (["reduceSum", "reduceProd", "reduceMax", "reduceMin"] as const).flatMap((f) =>
    [[0], [1], [0, 1]].map((axes) => ops[f](x, axes)),
  );
  const window = { size: [3], stride: [2], padLo: [1], padHi: [0], dilation: [1] };
  const rows = ops.reshape(x, [2, 6, 12]);
  return [
    ...unary,
    ...binary,
    ...reduced,
    ops.reduceMin(ops.slice(x, [0, 0], [0, 3]), [0]),
    ops.reduceMax(ops.slice(x, [0, 0], [2, 0]), [0, 1]),
    ...(isNarrow(dtype) ? [] : [ops.shl(a, by), ops.shr(a, by), ops.shr(a, ops.fullLike(a, 5))]),
    ops.select(ops.lt(a, b), a, b),
    ops.dot(x, y, { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] }),
    ops.conv(rows, ops.slice(ops.reshape(y, [2, 6, 12]), [0, 0, 0], [2, 6, 3]), {
      stride: [1],
      padLo: [1],
      padHi: [1],
      dilation: [1],
      inputDilation: [1],
      groups: 1,
    }),
    ops.windowSum(x, window),
    ops.windowArgMax(x, window),
    ops.cumsum(x, 1, true),
    ops.argMax(x, 0),
    ops.argMin(x, 1),
    ops.argsort(x, 1, true),
    ops.gather(x, at, 0),
    ...(["set", "add", "max", "min"] as const).map((mode) => ops.scatter(x, at, y, 0, mode)),
    ops.pad(ops.flip(ops.permute(x, [1, 0]), [0]), [1, 2], [0, 1], limits(dtype)[0]),
    ops.iota([300], 0, dtype),
  ];
}

/** Compiling takes its time: of the cases `native` gets each fifth, all of them in `npm run test:full`. */
const casesFor = (device: string): readonly Case[] =>
  device === "native" && process.env.NABLA_TEST_MODE !== "full"
    ? CASES.filter((_, i) => i % 5 === 0)
    : CASES;

/** A loop that carries halves, and stacks them. */
function loopNodes(dtype: DType): Node[] {
  const step = ops.placeholder([5], dtype);
  const state = ops.placeholder([5], dtype);
  const next = ops.add(ops.mul(state, ops.fullLike(state, 0.75)), step);
  const xs = hostLeaf(fill([4, 5], dtype, (i) => Math.sin(i)));
  const first = hostLeaf(fill([5], dtype, (i) => i / 3));
  const { carries, ys, histories } = ops.scan(
    { params: [state, step], outputs: [next, ops.exp(next)] },
    [first],
    [xs],
    [],
    4,
    false,
  );
  return [...carries, ...ys, ...histories];
}

/** Numbers that every dtype has, and some that floats round. */
const NUMBERS = [0, 1, -1, 2, 3, 100, 127, -128, -100, 90.5, 0.1, -0.7, 1e-3, 65504, 1e5, 1e-7];

function casts(): Node[] {
  return DTYPES.flatMap((from) => {
    const inRange = (v: number): boolean => {
      const [low, high] = limits(from);
      return isFloat(from) || (v >= low && v <= high);
    };
    // Of floats beyond its range an integer has no value that devices agree on.
    const x = NUMBERS.filter(inRange).map((v) => coerce(from, v));
    return DTYPES.filter((to) => to !== from).map((to) => {
      const fits = x.filter(
        (v) => !isFloat(from) || isFloat(to) || to === "bool" || Math.abs(v) < 128,
      );
      const chosen = fits.filter(
        (v) => !isFloat(from) || isFloat(to) || to === "bool" || limits(to)[0] < 0 || v >= 0,
      );
      return ops.cast(leafOf(from, chosen), to);
    });
  });
}

describe.each(devicesUnderTest())("%s", (device) => {
  withoutFirstTier();

  test.each(["f16", "bf16"] as const)(
    "%s: every primitive, its gradients and its batches",
    (dtype) => {
      const graphs = casesFor(device).map((one, i) => ({
        outputs: nodesOf(inDType(one, dtype), SEED + i),
        what: `${one.label} of ${dtype}`,
      }));
      // Together, because compilers take their time; in parts, because a program has its limits.
      for (let i = 0; i < graphs.length; i += 100) checkTogether(device, graphs.slice(i, i + 100));
    },
    240_000,
  );

  test.each(["i8", "i16", "i64"] as const)("%s: every primitive of integers", (dtype) => {
    checkTogether(device, [{ outputs: integerNodes(dtype), what: `integers of ${dtype}` }]);
  });

  test.each(["f16", "bf16"] as const)("%s: loops, and positions", (dtype) => {
    const positions = ops.iota([4, 700], 1, dtype);
    checkTogether(device, [
      { outputs: [...loopNodes(dtype), positions], what: `loop of ${dtype}` },
    ]);
  });

  test("casts between all dtypes", () => {
    checkTogether(device, [{ outputs: casts(), what: "casts" }]);
    expect(casts()).toHaveLength(DTYPES.length * (DTYPES.length - 1));
  });
});
