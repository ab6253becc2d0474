import {
  coerce,
  type DType,
  Halves,
  isFloat,
  isHalf,
  itemBytes,
  newArray,
  toStored,
  type TypedArray,
  viewArray,
} from "../ir/dtype.ts";
import * as ops from "../ir/ops.ts";
import { showShape, type Shape, sizeOf } from "../ir/shape.ts";
import { ELEMENTS, flattenNested, type NestedInput, nestedShape } from "./nested.ts";
import { checkDType, checkShape, describe, dtypeOf, type Scalar } from "./operand.ts";
import { fromData, fromStoredData, Tensor } from "./tensor.ts";

/** Options of functions that make tensors. */
export interface TensorOptions {
  /** Element type. Default f32, or what the data suggest. */
  dtype?: DType;
  /** Whether `backward()` accumulates a gradient in the new tensor. Default false. */
  requiresGrad?: boolean;
}

/** A size or a list of sizes. */
export type ShapeLike = number | Shape;

/** JavaScript's arrays of numbers that tensors can be made from. */
export type NumberArray = TypedArray | Uint8ClampedArray | BigInt64Array;

/** @internal Checks a shape given as a number or a list. */
export function toShape(shape: ShapeLike, what: string): Shape {
  const list = typeof shape === "number" ? [shape] : shape;
  if (!Array.isArray(list))
    throw new TypeError(`${what}: expected a shape such as [2, 3], got ${describe(shape)}`);
  checkShape(list as Shape, what);
  return (list as Shape).slice();
}

const finish = (x: Tensor, options: TensorOptions): Tensor =>
  options.requiresGrad ? x.requiresGrad_() : x;

const arrayDType = (data: NumberArray): DType => {
  if (data instanceof Float32Array) return "f32";
  if (data instanceof Float64Array) return "f64";
  if (Halves && data instanceof Halves) return "f16";
  if (data instanceof BigInt64Array) return "i64";
  if (data instanceof Uint32Array) return "u32";
  if (data instanceof Int16Array) return "i16";
  if (data instanceof Int8Array) return "i8";
  return data instanceof Uint8Array || data instanceof Uint8ClampedArray ? "u8" : "i32";
};

/**
 * A tensor of the given elements: a number, a boolean, a bigint, nested arrays of them, or a typed array
 * (which is copied). Numbers are f32 unless `dtype` says otherwise, also whole ones; booleans are bool and
 * bigints i64; a typed array keeps its type, where a tensor has it.
 *
 * Throws when nested arrays differ in length.
 *
 * @example
 * tensor([[1, 2], [3, 4]]);
 * tensor([2, 0, 1], { dtype: "i32" });
 * tensor([2n ** 62n]).dtype; // i64
 */
export function tensor(
  data: NestedInput | NumberArray | Tensor,
  options: TensorOptions = {},
): Tensor {
  checkDType(options.dtype, "tensor");
  if (data instanceof Tensor) {
    const copy = data.detach();
    return finish(options.dtype ? copy.to(options.dtype) : copy, options);
  }
  if (ArrayBuffer.isView(data)) {
    const dtype = options.dtype ?? arrayDType(data);
    return finish(fromData(converted(data, dtype), [data.length], dtype), options);
  }
  if (!ELEMENTS.includes(typeof data) && !Array.isArray(data))
    throw new TypeError(
      `tensor: expected numbers, nested arrays or a typed array, got ${describe(data)}`,
    );
  const shape = nestedShape(data);
  const size = sizeOf(shape);
  const values = new Array<number | bigint>(size);
  const kinds = new Set<string>();
  flattenNested(data, shape, "tensor", (element, position) => {
    kinds.add(typeof element);
    values[position] = typeof element === "bigint" ? element : Number(element);
  });
  const only = (kind: string): boolean => kinds.size === 1 && kinds.has(kind);
  const dtype = options.dtype ?? (only("boolean") ? "bool" : only("bigint") ? "i64" : "f32");
  return finish(fromData(converted(values, dtype), shape, dtype), options);
}

function converted(values: ArrayLike<number | bigint>, dtype: DType): TypedArray {
  const out = newArray(dtype, values.length);
  if (isFloat(dtype) && typeof values[0] === "number") out.set(values as ArrayLike<number>);
  else for (let i = 0; i < out.length; i++) out[i] = coerce(dtype, values[i]);
  return out;
}

/**
 * A tensor over a typed array, which it takes over: do not change the array afterwards. Its element
 * type is the array's; `dtype: "bool"` reads a Uint8Array of zeros and ones as bool. With `dtype: "f16"` or
 * `"bf16"` a Uint16Array holds the elements' bits, and a Float32Array numbers, which are rounded.
 *
 * @example
 * fromTypedArray(new Float32Array(6), [2, 3]);
 * fromTypedArray(Uint16Array.of(0x3f80, 0x4000), 2, { dtype: "bf16" }); // [1, 2]
 */
export function fromTypedArray(
  data: TypedArray | BigInt64Array,
  shape: ShapeLike = data.length,
  options: TensorOptions = {},
): Tensor {
  checkDType(options.dtype, "fromTypedArray");
  const sizes = toShape(shape, "fromTypedArray");
  if (sizeOf(sizes) !== data.length)
    throw new Error(
      `fromTypedArray: shape ${showShape(sizes)} needs ${sizeOf(sizes)} elements, got ${data.length}`,
    );
  const own = arrayDType(data);
  const dtype = options.dtype ?? own;
  const stored = storedAs(dtype, own, data as TypedArray);
  if (!stored) {
    const bits = data instanceof Uint16Array;
    throw new TypeError(
      bits
        ? `fromTypedArray: a Uint16Array holds bits of f16 or bf16, not ${dtype}: name one as dtype`
        : `fromTypedArray: a ${data.constructor.name} holds ${own}, not ${dtype}`,
    );
  }
  return finish(fromStoredData(stored, sizes, dtype), options);
}

/** What elements of `dtype` are stored as, where the array, which is one of `own`, can hold them. */
function storedAs(dtype: DType, own: DType, data: TypedArray): TypedArray | undefined {
  if (isHalf(dtype)) {
    if (data instanceof Uint16Array) return data;
    if (own === "f32") return toStored(dtype, data);
    const { buffer, byteOffset, length } = data;
    return own === dtype ? viewArray(dtype, buffer, byteOffset, length) : undefined;
  }
  if (data instanceof Uint16Array) return undefined;
  return dtype === own || (dtype === "bool" && own === "u8") ? data : undefined;
}

/**
 * `value` everywhere.
 *
 * @example
 * full([2, 2], 7); // [[7, 7], [7, 7]]
 */
export function full(shape: ShapeLike, value: Scalar, options: TensorOptions = {}): Tensor {
  return filled("full", shape, value, options);
}

function filled(what: string, shape: ShapeLike, value: Scalar, options: TensorOptions): Tensor {
  checkDType(options.dtype, what);
  if (!ELEMENTS.includes(typeof value))
    throw new TypeError(`${what}: expected a number or a boolean, got ${describe(value)}`);
  const dtype = options.dtype ?? dtypeOf(value);
  return finish(new Tensor(ops.full(toShape(shape, what), value, dtype)), options);
}

/**
 * Zeros.
 *
 * @example
 * zeros([2, 3]);
 * zeros(4, { dtype: "i32" });
 */
export function zeros(shape: ShapeLike, options: TensorOptions = {}): Tensor {
  return filled("zeros", shape, 0, options);
}

/**
 * Ones.
 *
 * @example
 * ones([2, 3]); // [[1, 1, 1], [1, 1, 1]]
 */
export function ones(shape: ShapeLike, options: TensorOptions = {}): Tensor {
  return filled("ones", shape, 1, options);
}

/**
 * The numbers from `start` (0) to `end`, without it, by `step` (1). Whole arguments give i32, others
 * f32.
 *
 * @example
 * arange(3); // [0, 1, 2]
 * arange(1, 2, 0.5); // [1, 1.5]
 */
export function arange(
  ...args:
    | [end: number, options?: TensorOptions]
    | [start: number, end: number, options?: TensorOptions]
    | [start: number, end: number, step: number, options?: TensorOptions]
): Tensor {
  const last = args[args.length - 1];
  const options = typeof last === "object" ? last : {};
  // For i64 PyTorch takes the whole parts of all three.
  const part = options.dtype === "i64" ? Math.trunc : Number;
  const numbers = args.filter((x): x is number => typeof x === "number").map((x) => part(x));
  const [start, end, step] = [
    numbers.length > 1 ? numbers[0] : 0,
    numbers.length > 1 ? numbers[1] : numbers[0],
    numbers.length > 2 ? numbers[2] : 1,
  ];
  if (!Number.isFinite(start) || !Number.isFinite(end) || !Number.isFinite(step) || step === 0)
    throw new RangeError(
      `arange: expected finite numbers and a step other than 0, got ${start}, ${end}, ${step}`,
    );
  if (end !== start && end > start !== step > 0)
    throw new RangeError(
      `arange: the step must lead from ${start} to ${end}, got a step of ${step}`,
    );
  const whole = [start, end, step].every(Number.isInteger);
  const dtype = options.dtype ?? (whole ? "i32" : "f32");
  checkDType(dtype, "arange");
  const size = Math.ceil((end - start) / step);
  if (whole && itemBytes(dtype) >= 4 && dtype !== "u32") {
    let index = ops.iota([size], 0, dtype);
    if (step !== 1) index = ops.mul(index, ops.fullLike(index, step));
    return finish(new Tensor(ops.add(index, ops.fullLike(index, start))), options);
  }
  // Fractions are computed in double precision and rounded once.
  const data = newArray(dtype, size);
  for (let i = 0; i < size; i++) data[i] = coerce(dtype, start + i * step);
  return finish(fromData(data, [size], dtype), options);
}

/**
 * `steps` numbers at equal distances from `start` to `end`, both included.
 *
 * @example
 * linspace(0, 1, 5); // [0, 0.25, 0.5, 0.75, 1]
 */
export function linspace(
  start: number,
  end: number,
  steps: number,
  options: TensorOptions = {},
): Tensor {
  const dtype = options.dtype ?? "f32";
  checkDType(dtype, "linspace");
  const numbers = equalDistances(start, end, steps, "linspace", dtype);
  const data = newArray(dtype, steps);
  for (let i = 0; i < steps; i++) data[i] = coerce(dtype, numbers[i]);
  return finish(fromData(data, [steps], dtype), options);
}

function equalDistances(
  start: number,
  end: number,
  steps: number,
  what: string,
  dtype: DType,
): Float64Array {
  checkShape([steps], what);
  if (!Number.isFinite(start) || !Number.isFinite(end))
    throw new RangeError(`${what}: expected finite numbers, got ${start} and ${end}`);
  // Bounds of integers are integers.
  [start, end] = [start, end].map((x) => (isFloat(dtype) ? x : Math.trunc(x)));
  const numbers = new Float64Array(steps);
  const step = (end - start) / (steps - 1);
  // From both ends, so that the last number is exactly `end`.
  for (let i = 0; i < steps; i++)
    numbers[i] = i < steps / 2 ? start + i * (steps > 1 ? step : 0) : end - (steps - 1 - i) * step;
  return numbers;
}

/**
 * `baseᵉ` for `steps` exponents at equal distances from `start` to `end`.
 *
 * @example
 * logspace(0, 2, 3); // [1, 10, 100]
 */
export function logspace(
  start: number,
  end: number,
  steps: number,
  options: TensorOptions & { base?: number } = {},
): Tensor {
  const { base = 10, dtype = "f32" } = options;
  checkDType(dtype, "logspace");
  const exponents = equalDistances(start, end, steps, "logspace", dtype);
  const data = newArray(dtype, steps);
  for (let i = 0; i < steps; i++) data[i] = coerce(dtype, base ** exponents[i]);
  return finish(fromData(data, [steps], dtype), options);
}

/**
 * The matrix with ones on its main diagonal, n × m (n × n by default).
 *
 * @example
 * eye(2); // [[1, 0], [0, 1]]
 */
export function eye(n: number, m = n, options: TensorOptions = {}): Tensor {
  const shape = toShape([n, m], "eye");
  checkDType(options.dtype, "eye");
  const on = ops.eq(ops.iota(shape, 0), ops.iota(shape, 1));
  return finish(new Tensor(ops.cast(on, options.dtype ?? "f32")), options);
}
