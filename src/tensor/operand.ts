import { type DType, DTYPES, isDType, isFloat, isHalf, isInteger, promote } from "../ir/dtype.ts";
import type { Node } from "../ir/node.ts";
import { and, broadcastTo, cast, constant, full, mul } from "../ir/ops.ts";
import { broadcastShapes, normalizeAxis, sameShape, type Shape, sizeOf } from "../ir/shape.ts";
import { asWritten } from "./precision.ts";
import { Tensor } from "./tensor.ts";

/** A number, a boolean or, for i64, a bigint. */
export type Scalar = number | boolean | bigint;

/**
 * What elementwise functions take. A number, boolean or bigint is a scalar that joins the tensor's dtype as
 * in PyTorch: an integer keeps any dtype but bool, a fraction makes integers f32, nothing widens floats.
 */
export type Operand = Tensor | Scalar;

/** One axis or several; negative ones count from the end. */
export type Dim = number | readonly number[];

/** Sizes as separate arguments or as one array. */
export type Sizes = number[] | [readonly number[]];

/** The list behind arguments of type `Sizes`. */
export const sizesOf = (args: Sizes): readonly number[] =>
  args.length === 1 && typeof args[0] !== "number" ? args[0] : (args as number[]);

/** `a number`, `a tensor`: how errors name what came. */
export function describe(x: unknown): string {
  if (x instanceof Tensor) return `a tensor ${x.dtype}[${x.shape.join(", ")}]`;
  if (Array.isArray(x)) return "an array";
  if (x === null || x === undefined) return String(x);
  if (typeof x === "object") return `an instance of ${x.constructor?.name ?? "Object"}`;
  if (typeof x === "number" || typeof x === "boolean" || typeof x === "bigint") return String(x);
  return typeof x === "string" ? JSON.stringify(x) : `a ${typeof x}`;
}

/** The dtype of a scalar that meets a tensor of `dtype`, and so of their result. */
export function scalarDType(value: Scalar, dtype: DType): DType {
  if (isFloat(dtype) || typeof value === "boolean") return dtype;
  if (typeof value === "number" && !Number.isInteger(value)) return "f32";
  return dtype !== "bool" ? dtype : typeof value === "bigint" ? "i64" : "i32";
}

/** The dtype of a scalar that stands alone: a number is f32, a boolean bool, a bigint i64. */
export const dtypeOf = (value: Scalar): DType =>
  typeof value === "number" ? "f32" : typeof value === "boolean" ? "bool" : "i64";

const category = (dtype: DType): number => (isFloat(dtype) ? 2 : isInteger(dtype) ? 1 : 0);

/** PyTorch's `result_type`: a scalar tensor changes the dtype of others only by its category. */
export function resultType(a: Node, b: Node): DType {
  if (a.dtype === b.dtype) return a.dtype;
  const scalarA = a.shape.length === 0;
  if (scalarA !== (b.shape.length === 0)) {
    const strong = scalarA ? b.dtype : a.dtype;
    if (category(scalarA ? a.dtype : b.dtype) <= category(strong)) return strong;
  }
  return promote(a.dtype, b.dtype);
}

/**
 * @internal Functions that are made of several operations: what `f` is of f32 in place of halves, rounded once,
 * as PyTorch computes them.
 */
export const inSingle = (x: Node, f: (x: Node) => Node): Node =>
  isHalf(x.dtype) ? cast(f(cast(x, "f32")), x.dtype) : f(x);

/** @internal `inSingle` for a function of tensors, also of those among its options; x is of halves. */
export function callInSingle<A extends unknown[]>(
  f: (x: Tensor, ...more: A) => Tensor,
  x: Tensor,
  ...more: A
): Tensor {
  const wide = (value: unknown): unknown =>
    value instanceof Tensor && isHalf(value.dtype)
      ? new Tensor(cast(value.node, "f32"))
      : value && Object.getPrototypeOf(value) === Object.prototype
        ? Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, wide(entry)]))
        : value;
  const result = asWritten(() => f(wide(x) as Tensor, ...(more.map(wide) as A)));
  return new Tensor(cast(result.node, x.dtype));
}

/** Ints and bools as f32. */
export const toFloat = (x: Node): Node => (isFloat(x.dtype) ? x : cast(x, "f32"));

function scalarOrThrow(x: unknown, what: string): Scalar {
  if (typeof x === "number" || typeof x === "boolean" || typeof x === "bigint") return x;
  throw new TypeError(`${what}: expected a tensor or a number, got ${describe(x)}`);
}

/** The node of an operand that stands alone. */
export function nodeOf(x: Operand, what: string): Node {
  if (x instanceof Tensor) return x.node;
  const value = scalarOrThrow(x, what);
  return constant(value, dtypeOf(value));
}

/**
 * Applies `op` to both operands after promotion and broadcasting. With `float`, ints and bools are made
 * f32 first, and halves are computed in f32.
 */
export function elementwise(
  what: string,
  a: Operand,
  b: Operand,
  given: (a: Node, b: Node) => Node,
  float = false,
): Tensor {
  const op = (x: Node, y: Node): Node =>
    float ? inSingle(x, (wide) => given(wide, cast(y, wide.dtype))) : given(x, y);
  if (a instanceof Tensor) {
    let x = a.node;
    if (b instanceof Tensor) {
      let y = b.node;
      if (x.dtype !== y.dtype || (float && !isFloat(x.dtype))) {
        let dtype = resultType(x, y);
        if (float && !isFloat(dtype)) dtype = "f32";
        x = cast(x, dtype);
        y = cast(y, dtype);
      }
      if (!sameShape(x.shape, y.shape)) {
        const shape = broadcastShapes(x.shape, y.shape, what);
        x = broadcastTo(x, shape);
        y = broadcastTo(y, shape);
      }
      return new Tensor(op(x, y));
    }
    const value = scalarOrThrow(b, what);
    let dtype = scalarDType(value, x.dtype);
    if (float && !isFloat(dtype)) dtype = "f32";
    return new Tensor(op(cast(x, dtype), full(x.shape, value, dtype)));
  }
  const value = scalarOrThrow(a, what);
  if (b instanceof Tensor) {
    const y = b.node;
    let dtype = scalarDType(value, y.dtype);
    if (float && !isFloat(dtype)) dtype = "f32";
    return new Tensor(op(full(y.shape, value, dtype), cast(y, dtype)));
  }
  return new Tensor(op(nodeOf(value, what), nodeOf(Number(scalarOrThrow(b, what)), what)));
}

/** Ascending axes of a reduction: all for `undefined` or an empty list. */
export function reduceAxes(dim: Dim | undefined, rank: number, what: string): number[] {
  if (dim === undefined || (typeof dim !== "number" && dim.length === 0))
    return Array.from({ length: rank }, (_, i) => i);
  if (typeof dim === "number") {
    const axis = normalizeAxis(dim, rank, what);
    return rank === 0 ? [] : [axis];
  }
  const axes = dim.map((d) => normalizeAxis(d, rank, what));
  if (new Set(axes).size !== axes.length)
    throw new RangeError(`${what}: an axis is named twice in [${dim.join(", ")}]`);
  return rank === 0 ? [] : axes.sort((a, b) => a - b);
}

/** `shape` with `axes` removed, or of size 1 when `keepdim`. */
export function reducedShape(shape: Shape, axes: readonly number[], keepdim: boolean): number[] {
  const out: number[] = [];
  for (let i = 0; i < shape.length; i++) {
    if (!axes.includes(i)) out.push(shape[i]);
    else if (keepdim) out.push(1);
  }
  return out;
}

/** Product of the sizes of `axes`. */
export const countOf = (shape: Shape, axes: readonly number[]): number =>
  sizeOf(axes.map((axis) => shape[axis]));

/** A scalar counts as one axis. */
export const asVector = (x: Tensor): Tensor => (x.ndim === 0 ? x.reshape(1) : x);

/** Throws unless `x` is a tensor. */
export function checkTensor(x: unknown, what: string): asserts x is Tensor {
  if (!(x instanceof Tensor)) throw new TypeError(`${what}: expected a tensor, got ${describe(x)}`);
}

/** Throws unless `value` is an integer. */
export function checkInteger(value: number, name: string, what: string): void {
  if (!Number.isInteger(value))
    throw new RangeError(`${what}: ${name} must be an integer, got ${describe(value)}`);
}

/** Throws unless `value` is one of `options`. */
export function checkOption(
  value: unknown,
  options: readonly string[],
  name: string,
  what: string,
): void {
  if (options.includes(value as string)) return;
  const list = options.map((option) => JSON.stringify(option)).join(" or ");
  throw new RangeError(`${what}: ${name} must be ${list}, got ${describe(value)}`);
}

/** Throws unless `dtype` is one, or undefined. */
export function checkDType(dtype: DType | undefined, what: string): void {
  if (dtype !== undefined && !isDType(dtype))
    throw new TypeError(`${what}: expected a dtype (${DTYPES.join(", ")}), got ${describe(dtype)}`);
}

/** Checks that `shape` is a list of sizes. */
export function checkShape(shape: Shape, what: string): void {
  for (const size of shape)
    if (!Number.isInteger(size) || size < 0)
      throw new RangeError(
        `${what}: sizes must be integers >= 0, got [${Array.from(shape).join(", ")}]`,
      );
}

/** Throws when `x` is not of an integer dtype that can be a position; makes it i32. */
export function indexNode(x: Tensor, what: string): Node {
  if (!(x instanceof Tensor) || !isInteger(x.dtype))
    throw new TypeError(`${what}: positions must be an integer tensor, got ${describe(x)}`);
  return cast(x.node, "i32");
}

/** The node, which must not be of bools; `instead` names what is meant for those. */
export function numeric(x: Node, what: string, instead: string): Node {
  if (x.dtype === "bool") throw new TypeError(`${what}: not defined for bool; use ${instead}`);
  return x;
}

/** The product, which of bools is "and". */
export const mulNodes = (a: Node, b: Node): Node => (a.dtype === "bool" ? and(a, b) : mul(a, b));
