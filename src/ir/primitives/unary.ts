import { coerce, newArray } from "../dtype.ts";
import { definePrimitive, type Node } from "../node.ts";
import {
  add,
  cos,
  cosh,
  div,
  exp,
  fullLike,
  mul,
  neg,
  sign,
  sin,
  sinh,
  sqrt,
  sub,
} from "../ops.ts";
import { sizeOf } from "../shape.ts";
import { erf, roundEven } from "../special.ts";
import {
  batchElementwise,
  BITS,
  checkCount,
  checkDType,
  FLOATS,
  type Kinds,
  NUMBERS,
} from "./common.ts";

interface Unary {
  readonly evaluate: (x: number) => number;
  /** Another definition for i64, where that of floats is not written alike. */
  readonly long?: (x: bigint) => bigint;
  /** `t` times the derivative at x, where the value is y: the rule of both modes. None: it is zero. */
  readonly times?: (t: Node, x: Node, y: Node) => Node;
  readonly on?: Kinds;
  readonly cost?: number;
}

const one = (x: Node): Node => fullLike(x, 1);
const square = (x: Node): Node => mul(x, x);

const UNARY: Record<string, Unary> = {
  neg: { evaluate: (x) => -x, times: (t) => neg(t), on: NUMBERS },
  abs: {
    evaluate: Math.abs,
    long: (x) => (x < 0n ? -x : x),
    times: (t, x) => mul(t, sign(x)),
    on: NUMBERS,
  },
  sign: { evaluate: Math.sign, long: (x) => (x > 0n ? 1n : x >> 63n), on: NUMBERS },
  floor: { evaluate: Math.floor },
  ceil: { evaluate: Math.ceil },
  trunc: { evaluate: Math.trunc },
  round: { evaluate: roundEven },
  sqrt: { evaluate: Math.sqrt, times: (t, _, y) => div(t, add(y, y)), cost: 4 },
  exp: { evaluate: Math.exp, times: (t, _, y) => mul(t, y), cost: 12 },
  expm1: { evaluate: Math.expm1, times: (t, _, y) => mul(t, add(y, one(y))), cost: 14 },
  log: { evaluate: Math.log, times: (t, x) => div(t, x), cost: 14 },
  log1p: { evaluate: Math.log1p, times: (t, x) => div(t, add(x, one(x))), cost: 16 },
  sin: { evaluate: Math.sin, times: (t, x) => mul(t, cos(x)), cost: 16 },
  cos: { evaluate: Math.cos, times: (t, x) => neg(mul(t, sin(x))), cost: 16 },
  tan: { evaluate: Math.tan, times: (t, _, y) => mul(t, add(one(y), square(y))), cost: 20 },
  asin: {
    evaluate: Math.asin,
    times: (t, x) => div(t, sqrt(sub(one(x), square(x)))),
    cost: 20,
  },
  acos: {
    evaluate: Math.acos,
    times: (t, x) => neg(div(t, sqrt(sub(one(x), square(x))))),
    cost: 20,
  },
  atan: { evaluate: Math.atan, times: (t, x) => div(t, add(one(x), square(x))), cost: 20 },
  sinh: { evaluate: Math.sinh, times: (t, x) => mul(t, cosh(x)), cost: 16 },
  cosh: { evaluate: Math.cosh, times: (t, x) => mul(t, sinh(x)), cost: 16 },
  tanh: { evaluate: Math.tanh, times: (t, _, y) => mul(t, sub(one(y), square(y))), cost: 16 },
  erf: {
    evaluate: erf,
    times: (t, x) => mul(t, mul(fullLike(x, 2 / Math.sqrt(Math.PI)), exp(neg(square(x))))),
    cost: 20,
  },
};

for (const [name, { evaluate, long, times, on = FLOATS, cost = 1 }] of Object.entries(UNARY)) {
  definePrimitive({
    name,
    elementwise: true,
    infer(inputs) {
      checkCount(name, inputs, 1);
      checkDType(name, inputs[0], on);
      return { shape: inputs[0].shape, dtype: inputs[0].dtype };
    },
    vjp: (node, g) => [times?.(g, node.inputs[0], node)],
    jvp: (node, [t]) => t && times?.(t, node.inputs[0], node),
    batch: batchElementwise,
    // Storing into the typed array rounds or wraps the result.
    evaluate([x], { shape, dtype }) {
      const data = newArray(dtype, x.data.length);
      const own = dtype === "i64" && long ? (long as unknown as Unary["evaluate"]) : evaluate;
      for (let i = 0; i < data.length; i++) data[i] = own(x.data[i]);
      return { shape, dtype, data };
    },
    cost: (node) => cost * sizeOf(node.shape),
  });
}

definePrimitive({
  name: "not",
  elementwise: true,
  infer(inputs) {
    checkCount("not", inputs, 1);
    checkDType("not", inputs[0], BITS);
    return { shape: inputs[0].shape, dtype: inputs[0].dtype };
  },
  batch: batchElementwise,
  evaluate([x], { shape, dtype }) {
    const data = newArray(dtype, x.data.length);
    const flip = coerce(dtype, dtype === "bool" ? 1 : -1);
    for (let i = 0; i < data.length; i++) data[i] = x.data[i] ^ flip;
    return { shape, dtype, data };
  },
  cost: (node) => sizeOf(node.shape),
});
