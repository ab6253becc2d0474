import { type DType, isFloat, isHalf, newArray, type TypedArray } from "../ir/dtype.ts";
import { sameShape, type Shape, showShape } from "../ir/shape.ts";
import { evalAll, type Nested, tensor, Tensor } from "../tensor/index.ts";
import { nest } from "../tensor/nested.ts";
import { describe } from "../tensor/operand.ts";
import { printComplex } from "../tensor/print.ts";
import { MAP_TENSORS } from "../tensor/tree.ts";
import type { ComplexMethods } from "./methods.ts";

/**
 * An n-dimensional array of complex numbers: a pair of real tensors of one shape and dtype (f32, f64, or f16, which
 * is only stored: functions compute in f32).
 *
 * As a tensor it is an immutable value that is computed when somebody reads it, and derivatives flow
 * through both parts. The gradient of a real number L at x + iy is ∂L/∂x + i ∂L/∂y, as in PyTorch. It may
 * be an argument and a result of functions under `grad`, `vjp`, `jvp`, `vmap`, `compile` and `scan`.
 *
 * @example
 * const z = complex(tensor([1, 0]), tensor([2, -1]));
 * z.mul(z.conj()); // [5+0i, 1+0i]
 * await z.real.toArray(); // [1, 0]
 */
// `methods.ts` gives the prototype what the interface below promises.
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging
export class Complex {
  /** The real parts. */
  readonly real: Tensor;
  /** The imaginary parts. */
  readonly imag: Tensor;

  /** @internal Use `complex(real, imag)`, which also broadcasts. */
  constructor(real: Tensor, imag: Tensor) {
    if (real.dtype !== imag.dtype || !sameShape(real.shape, imag.shape))
      throw new Error(
        `complex: the parts must have one shape and dtype, got ${describe(real)} and ${describe(imag)}`,
      );
    if (real.dtype !== "f32" && real.dtype !== "f64" && real.dtype !== "f16")
      throw new TypeError(
        `complex: the parts must be floating-point tensors, got ${real.dtype}; use x.to("f32")`,
      );
    this.real = real;
    this.imag = imag;
  }

  /** Number of entries along each axis; [] for a scalar. */
  get shape(): Shape {
    return this.real.shape;
  }
  /** Type of each part: f32, f64 or f16. */
  get dtype(): DType {
    return this.real.dtype;
  }
  /** Number of axes. */
  get ndim(): number {
    return this.real.ndim;
  }
  /** Number of elements. */
  get size(): number {
    return this.real.size;
  }
  /** Whether `backward()` reaches leaves through a part. */
  get requiresGrad(): boolean {
    return this.real.requiresGrad || this.imag.requiresGrad;
  }
  /** The axes in reverse order: for a matrix, its transpose. */
  get T(): Complex {
    return this.map((x) => x.T);
  }
  /** The last two axes exchanged. */
  get mT(): Complex {
    return this.map((x) => x.mT);
  }
  /** The last two axes exchanged, and conjugated: the adjoint of every matrix. */
  get mH(): Complex {
    return new Complex(this.real.mT, this.imag.mT.neg());
  }

  /**
   * What `backward()` has added up for both parts, `∂L/∂x + i ∂L/∂y`; undefined before, and where neither
   * part is a leaf.
   */
  get grad(): Complex | undefined {
    const [x, y] = [this.real.grad, this.imag.grad];
    if (!x && !y) return undefined;
    return new Complex(x ?? this.real.zerosLike(), y ?? this.imag.zerosLike());
  }

  /** The value of a function of real tensors that treats both parts alike (moves elements, say). */
  map(f: (part: Tensor) => Tensor): Complex {
    return new Complex(f(this.real), f(this.imag));
  }

  /** @internal */
  [MAP_TENSORS](map: (x: Tensor) => Tensor): Complex {
    return this.map(map);
  }

  /** Parts of another dtype. */
  to(dtype: DType): Complex {
    return this.map((x) => x.to(dtype));
  }

  /** Makes both parts leaves that get a `grad` from `backward()`. Returns itself. */
  requiresGrad_(on = true): this {
    this.real.requiresGrad_(on);
    this.imag.requiresGrad_(on);
    return this;
  }

  /** The same value, through which no derivative flows. */
  detach(): Complex {
    return this.map((x) => x.detach());
  }

  /** Computes both parts now and keeps their elements. Returns itself. */
  async eval(): Promise<this> {
    await evalAll([this.real, this.imag]);
    return this;
  }

  /** Real and imaginary parts by turns, in row-major order. */
  async data(): Promise<TypedArray> {
    await this.eval();
    return interleaved(await this.real.data(), await this.imag.data(), this.dtype);
  }

  /** Real and imaginary parts by turns, at once. Throws on devices that can only be read asynchronously. */
  dataSync(): TypedArray {
    return interleaved(this.real.dataSync(), this.imag.dataSync(), this.dtype);
  }

  /** The elements as nested arrays, each as `[real, imag]`. */
  async toArray(): Promise<Nested> {
    return nest(await this.data(), [...this.shape, 2], this.dtype);
  }

  /** The elements as nested arrays, each as `[real, imag]`, at once. */
  toArraySync(): Nested {
    return nest(this.dataSync(), [...this.shape, 2], this.dtype);
  }

  /** The only element, as `[real, imag]`. */
  async item(): Promise<[real: number, imag: number]> {
    this.checkSingle();
    const [real, imag] = await this.data();
    return [real, imag];
  }

  /** The only element, as `[real, imag]`, at once. */
  itemSync(): [real: number, imag: number] {
    this.checkSingle();
    const [real, imag] = this.dataSync();
    return [real, imag];
  }

  private checkSingle(): void {
    if (this.size !== 1)
      throw new Error(`item: expected a tensor of one element, got shape ${showShape(this.shape)}`);
  }

  /** The tensor as NumPy would print it; computes it if need be. */
  toString(): string {
    return printComplex(this.real, this.imag);
  }

  /** @internal What `console.log` shows in Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    try {
      return this.toString();
    } catch {
      return `Complex(${this.dtype}${showShape(this.shape)})`;
    }
  }
}

/** Functions of complex tensors are methods too, with the tensor as first argument. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging, @typescript-eslint/no-empty-object-type
export interface Complex extends ComplexMethods {}

function interleaved(real: TypedArray, imag: TypedArray, dtype: DType): TypedArray {
  const out = newArray(isHalf(dtype) ? "f32" : dtype, 2 * real.length);
  for (let i = 0; i < real.length; i++) {
    out[2 * i] = real[i];
    out[2 * i + 1] = imag[i];
  }
  return out;
}

/** What functions of complex numbers take; a real tensor or a number has the imaginary part 0. */
export type ComplexOperand = Complex | Tensor | number;

/** The operand as a complex tensor: integers become f32, numbers f32 scalars. */
export function toComplex(x: ComplexOperand, what: string): Complex {
  if (x instanceof Complex) return x;
  const real = toReal(x, what);
  return new Complex(real, real.zerosLike());
}

/** A real operand as a floating-point tensor. */
export function toReal(x: Tensor | number, what: string): Tensor {
  if (typeof x === "number") return tensor(x);
  if (!(x instanceof Tensor))
    throw new TypeError(
      `${what}: expected a complex or real tensor or a number, got ${describe(x)}`,
    );
  return x.dtype === "f64" || x.dtype === "f16" ? x : x.to("f32");
}

/** Whether one of the operands is complex with parts of f16. */
export const isStored = (...operands: readonly ComplexOperand[]): boolean =>
  operands.some((x) => x instanceof Complex && x.dtype === "f16");

/**
 * `f` of arguments in single precision where they are of f16; the result is rounded to f16 if no operand is wider
 * than that.
 */
export function inSingle<A extends unknown[], R extends Complex | Tensor>(
  f: (...args: A) => R,
  ...args: A
): R {
  const isOperand = (x: unknown): x is Complex | Tensor =>
    x instanceof Complex || x instanceof Tensor;
  const wide = args.map((x) => (isOperand(x) && x.dtype === "f16" ? x.to("f32") : x)) as A;
  const result = f(...wide);
  const isRounded = args.filter(isOperand).every(({ dtype }) => dtype === "f16" || !isFloat(dtype));
  return isRounded ? (result.to("f16") as R) : result;
}

/** Throws unless `z` is a complex tensor. */
export function checkComplex(z: unknown, what: string): asserts z is Complex {
  if (!(z instanceof Complex))
    throw new TypeError(
      `${what}: expected a complex tensor, got ${describe(z)}; use complex(real, imag)`,
    );
}
