import { type DType, isFloat, newArray } from "../dtype.ts";
import { definePrimitive, type Node } from "../node.ts";
import {
  add,
  and,
  constantOf,
  div,
  eq,
  fullLike,
  le,
  log,
  lt,
  mul,
  neg,
  pow,
  select,
  sub,
  trunc,
  zerosLike,
} from "../ops.ts";
import { sameShape, showShape, sizeOf } from "../shape.ts";
import { integerPower, longPower, power } from "../special.ts";
import {
  ANY,
  batchElementwise,
  BITS,
  checkCount,
  checkDType,
  checkSameDType,
  FLOATS,
  type Kinds,
  NUMBERS,
} from "./common.ts";

type Times = (t: Node, a: Node, b: Node, y: Node) => Node;

interface Binary {
  readonly evaluate: (a: number, b: number) => number;
  /** Another definition for integers of up to 32 bits, where that of floats would lose bits. */
  readonly integer?: (a: number, b: number) => number;
  /** Another definition for i64, where that of floats is not written alike. */
  readonly long?: (a: bigint, b: bigint) => bigint;
  /** `t` times the derivative with respect to a, and to b. */
  readonly times?: readonly [Times, Times];
  readonly on: Kinds;
  readonly cost?: number;
}

function checkPair(name: string, inputs: readonly Node[], on: Kinds): void {
  checkCount(name, inputs, 2);
  const [a, b] = inputs;
  checkSameDType(name, a, b);
  checkDType(name, a, on);
  checkShapes(name, a, b);
}

function checkShapes(name: string, a: Node, b: Node): void {
  if (!sameShape(a.shape, b.shape))
    throw new Error(
      `${name}: shapes differ, ${showShape(a.shape)} and ${showShape(b.shape)}: expand them first`,
    );
}

/** `t` where a wins, half of it at ties, and nothing where it loses. */
const where = (loses: Node, a: Node, b: Node, t: Node): Node =>
  select(loses, zerosLike(t), select(eq(a, b), mul(t, fullLike(t, 0.5)), t));

/** x / (a² + b²), which is 0 where a and b are. */
function overSquares(x: Node, a: Node, b: Node): Node {
  const squares = add(mul(a, a), mul(b, b));
  const zero = eq(squares, zerosLike(squares));
  return div(x, select(zero, fullLike(squares, 1), squares));
}

/** `t` times b aᵇ⁻¹, which is 0 where b is 0. */
function powBase(t: Node, a: Node, b: Node): Node {
  const known = constantOf(b);
  if (known === 0) return zerosLike(t);
  if (known === 1) return t;
  if (known === 2) return mul(t, add(a, a));
  if (known !== undefined) return mul(t, mul(b, pow(a, fullLike(b, known - 1))));
  // 0⁻¹ would make a NaN of the 0 in front of it. For a ≠ 0 nothing is hidden from mixed derivatives.
  const corner = and(eq(a, zerosLike(a)), eq(b, zerosLike(b)));
  return mul(t, mul(b, pow(a, select(corner, zerosLike(b), sub(b, fullLike(b, 1))))));
}

/** `t` times aᵇ log a, which is 0 where a is 0 and b is not negative. */
function powExponent(t: Node, a: Node, b: Node, y: Node): Node {
  const flat = and(eq(a, zerosLike(a)), le(zerosLike(b), b));
  return mul(t, mul(y, log(select(flat, fullLike(a, 1), a))));
}

/** Dtypes with shifts. */
const WORDS: Kinds = ["i64", "i32", "u32"];

const BINARY: Record<string, Binary> = {
  add: { evaluate: (a, b) => a + b, times: [(t) => t, (t) => t], on: NUMBERS },
  sub: { evaluate: (a, b) => a - b, times: [(t) => t, (t) => neg(t)], on: NUMBERS },
  mul: {
    evaluate: (a, b) => a * b,
    integer: Math.imul,
    times: [(t, _, b) => mul(t, b), (t, a) => mul(t, a)],
    on: NUMBERS,
  },
  div: {
    evaluate: (a, b) => a / b,
    integer: (a, b) => (b === 0 ? 0 : Math.trunc(a / b)),
    long: (a, b) => (b === 0n ? 0n : a / b),
    times: [(t, _, b) => div(t, b), (t, _, b, y) => neg(div(mul(t, y), b))],
    on: NUMBERS,
    cost: 4,
  },
  rem: {
    evaluate: (a, b) => a % b,
    integer: (a, b) => (b === 0 ? 0 : a % b),
    long: (a, b) => (b === 0n ? 0n : a % b),
    times: [(t) => t, (t, a, b) => neg(mul(t, trunc(div(a, b))))],
    on: NUMBERS,
    cost: 6,
  },
  pow: {
    evaluate: power,
    integer: integerPower,
    long: longPower,
    times: [powBase, powExponent],
    on: NUMBERS,
    cost: 30,
  },
  max: {
    evaluate: Math.max,
    long: (a, b) => (a > b ? a : b),
    times: [(t, a, b) => where(lt(a, b), a, b, t), (t, a, b) => where(lt(b, a), a, b, t)],
    on: ANY,
  },
  min: {
    evaluate: Math.min,
    long: (a, b) => (a < b ? a : b),
    times: [(t, a, b) => where(lt(b, a), a, b, t), (t, a, b) => where(lt(a, b), a, b, t)],
    on: ANY,
  },
  atan2: {
    evaluate: Math.atan2,
    times: [
      (t, a, b) => mul(t, overSquares(b, a, b)),
      (t, a, b) => neg(mul(t, overSquares(a, a, b))),
    ],
    on: FLOATS,
    cost: 24,
  },
  and: { evaluate: (a, b) => a & b, on: BITS },
  or: { evaluate: (a, b) => a | b, on: BITS },
  xor: { evaluate: (a, b) => a ^ b, on: BITS },
  shl: { evaluate: (a, b) => a << b, long: (a, b) => a << (b & 63n), on: WORDS },
  shr: { evaluate: (a, b) => a >> b, long: (a, b) => a >> (b & 63n), on: WORDS },
};

/** What a binary primitive makes of two elements of `dtype`; storing it rounds or wraps. */
export function definitionOf(name: string, dtype: DType): Binary["evaluate"] {
  const { evaluate, integer, long } = BINARY[name];
  if (name === "shr" && dtype === "u32") return (a, b) => a >>> b;
  if (dtype === "i64") return (long as Binary["evaluate"] | undefined) ?? evaluate;
  return isFloat(dtype) ? evaluate : (integer ?? evaluate);
}

for (const [name, { times, on, cost = 1 }] of Object.entries(BINARY)) {
  definePrimitive({
    name,
    elementwise: true,
    infer(inputs) {
      checkPair(name, inputs, on);
      return { shape: inputs[0].shape, dtype: inputs[0].dtype };
    },
    vjp:
      times &&
      ((node, g, needs) => {
        const [a, b] = node.inputs;
        return [
          needs[0] ? times[0](g, a, b, node) : undefined,
          needs[1] ? times[1](g, a, b, node) : undefined,
        ];
      }),
    jvp:
      times &&
      ((node, [ta, tb]) => {
        const [a, b] = node.inputs;
        const da = ta && times[0](ta, a, b, node);
        const db = tb && times[1](tb, a, b, node);
        return da && db ? add(da, db) : (da ?? db);
      }),
    batch: batchElementwise,
    // Storing into the typed array rounds or wraps the result.
    evaluate([a, b], { shape, dtype }) {
      const f = definitionOf(name, dtype);
      const data = newArray(dtype, a.data.length);
      for (let i = 0; i < data.length; i++) data[i] = f(a.data[i], b.data[i]);
      return { shape, dtype, data };
    },
    cost: (node) => cost * sizeOf(node.shape),
  });
}

const COMPARE: Record<string, (a: number, b: number) => boolean> = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  lt: (a, b) => a < b,
  le: (a, b) => a <= b,
};

for (const [name, holds] of Object.entries(COMPARE)) {
  definePrimitive({
    name,
    elementwise: true,
    infer(inputs) {
      checkPair(name, inputs, ANY);
      return { shape: inputs[0].shape, dtype: "bool" };
    },
    batch: batchElementwise,
    evaluate([a, b], { shape, dtype }) {
      const data = newArray(dtype, a.data.length);
      for (let i = 0; i < data.length; i++) data[i] = holds(a.data[i], b.data[i]) ? 1 : 0;
      return { shape, dtype, data };
    },
    cost: (node) => sizeOf(node.shape),
  });
}

definePrimitive({
  name: "select",
  elementwise: true,
  infer(inputs) {
    checkCount("select", inputs, 3);
    const [cond, a, b] = inputs;
    checkDType("select", cond, ["bool"]);
    checkSameDType("select", a, b);
    checkShapes("select", a, b);
    checkShapes("select", cond, a);
    return { shape: a.shape, dtype: a.dtype };
  },
  vjp(node, g, needs) {
    const [cond] = node.inputs;
    return [
      undefined,
      needs[1] ? select(cond, g, zerosLike(g)) : undefined,
      needs[2] ? select(cond, zerosLike(g), g) : undefined,
    ];
  },
  jvp(node, [, ta, tb]) {
    if (!ta && !tb) return undefined;
    return select(node.inputs[0], ta ?? zerosLike(tb!), tb ?? zerosLike(ta!));
  },
  batch: batchElementwise,
  evaluate([cond, a, b], { shape, dtype }) {
    const data = newArray(dtype, a.data.length);
    for (let i = 0; i < data.length; i++) data[i] = cond.data[i] ? a.data[i] : b.data[i];
    return { shape, dtype, data };
  },
  cost: (node) => sizeOf(node.shape),
});
