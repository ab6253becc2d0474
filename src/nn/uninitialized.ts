import { type DType } from "../ir/dtype.ts";
import { type Node } from "../ir/node.ts";
import { type Shape } from "../ir/shape.ts";
import { zeros } from "../tensor/index.ts";
import { Buffer, Parameter, type ParameterOptions } from "./parameter.ts";

function refuse(what: string): never {
  throw new Error(
    `${what} has no shape and no values yet: a lazy layer gets its sizes from its first input. Call ` +
      "forward or summary with an input, or load a state, before",
  );
}

const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/** Options of `UninitializedBuffer`. */
export interface UninitializedOptions {
  /** Default f32. */
  readonly dtype?: DType;
}

/**
 * A parameter whose shape is not known yet, of a lazy layer (`LazyLinear` and so on). It may be given to an
 * optimiser, and is an ordinary parameter once it has been materialised.
 *
 * @example
 * const weight = new nn.UninitializedParameter();
 * nn.init.ones_(weight.materialize([2])); // [1, 1]
 */
export class UninitializedParameter extends Parameter {
  constructor(options: UninitializedOptions & ParameterOptions = {}) {
    super(zeros([0], { dtype: options.dtype ?? "f32" }), options);
  }

  override get node(): Node {
    return refuse("UninitializedParameter");
  }
  override get shape(): Shape {
    return refuse("UninitializedParameter");
  }

  /** Makes this an ordinary parameter of that shape, with zeros. Returns itself. */
  materialize(shape: Shape): Parameter {
    this.restart(shape);
    return Object.setPrototypeOf(this, Parameter.prototype) as Parameter;
  }

  /** @internal One like this. */
  another(): UninitializedParameter {
    return new UninitializedParameter({ dtype: this.dtype, requiresGrad: this.requiresGrad });
  }

  override toString(): string {
    return "<UninitializedParameter>";
  }
  [INSPECT](): string {
    return this.toString();
  }
}

/**
 * A buffer whose shape is not known yet, of a lazy layer (`LazyBatchNorm1d` and so on).
 *
 * @example
 * new nn.UninitializedBuffer().materialize([2]); // [0, 0]
 */
export class UninitializedBuffer extends Buffer {
  constructor(options: UninitializedOptions = {}) {
    super(zeros([0], { dtype: options.dtype ?? "f32" }));
  }

  override get node(): Node {
    return refuse("UninitializedBuffer");
  }
  override get shape(): Shape {
    return refuse("UninitializedBuffer");
  }

  /** Makes this an ordinary buffer of that shape, with zeros. Returns itself. */
  materialize(shape: Shape): Buffer {
    this.restart(shape);
    return Object.setPrototypeOf(this, Buffer.prototype) as Buffer;
  }

  /** @internal One like this. */
  another(): UninitializedBuffer {
    return new UninitializedBuffer({ dtype: this.dtype });
  }

  override toString(): string {
    return "<UninitializedBuffer>";
  }
  [INSPECT](): string {
    return this.toString();
  }
}

/**
 * Whether a parameter or a buffer has no shape yet.
 *
 * @example
 * nn.isLazy(new nn.LazyLinear(3).weight); // true
 */
export const isLazy = (x: unknown): x is UninitializedParameter | UninitializedBuffer =>
  x instanceof UninitializedParameter || x instanceof UninitializedBuffer;
