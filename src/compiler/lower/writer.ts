import { type DType, itemBytes } from "../../ir/dtype.ts";
import { type Node } from "../../ir/node.ts";
import { sizeOf } from "../../ir/shape.ts";
import { type Affine, contiguous, sameAffine } from "../affine.ts";
import { Builder, int } from "../loop/builder.ts";
import { type BufferParam, type Kernel, type Target, type Value } from "../loop/loop.ts";
import { type PlanScalar } from "../plan.ts";

/** Memory that a kernel call uses: a node's elements, or scratch memory of the running thread. */
export type Argument = { readonly node: Node } | { readonly scratchBytes: number };

/** A kernel call before memory is planned: buffers are still named by the nodes they hold. */
export interface LoweredKernel {
  readonly kind: "kernel";
  readonly kernel: Kernel;
  readonly arguments: readonly Argument[];
  readonly ints: readonly number[];
  readonly scalars: readonly PlanScalar[];
  readonly pieces: number;
  readonly cost: number;
}

/** Elements of one piece of work: enough to be worth handing to a thread. */
export const PIECE = 16384;

/**
 * A kernel being written: its builder, and the arguments of this call of it. Sizes and strides become
 * arguments, so the same graph with other sizes writes the same kernel; only 0 and 1 are written in.
 */
export class KernelWriter {
  readonly b = new Builder();
  readonly target: Target;
  private readonly args: Argument[] = [];
  private readonly buffers = new Map<Node, BufferParam>();
  private readonly ints: number[] = [];
  private readonly scalars: PlanScalar[] = [];
  private readonly constants = new Map<number, Value>();
  private readonly forms = new Map<Affine, { coeffs: Value[]; offset: Value }>();
  private readonly written: ReadonlySet<Node>;

  /** `written`: the nodes whose elements this kernel makes; all others it only reads. */
  constructor(target: Target, written: Iterable<Node>) {
    this.target = target;
    this.written = new Set(written);
  }

  buffer(node: Node, access: "write" | "readwrite" = "write"): BufferParam {
    let buffer = this.buffers.get(node);
    if (!buffer) {
      const { streamBytes = Infinity } = this.target;
      const streams = access === "write" && bytesOf(node) >= streamBytes;
      const written = streams ? "stream" : access;
      buffer = this.b.buffer(node.dtype, this.written.has(node) ? written : "read");
      this.buffers.set(node, buffer);
      this.args.push({ node });
    }
    return buffer;
  }

  /** Memory for this step alone that all its pieces may read and write. */
  temporary(node: Node): BufferParam {
    this.args.push({ node });
    return this.b.buffer(node.dtype, "readwrite");
  }

  /** Memory of `length` elements that only the running thread sees. */
  scratch(dtype: DType, length: number): BufferParam {
    this.args.push({ scratchBytes: length * itemBytes(dtype) });
    return this.b.buffer(dtype, "scratch");
  }

  /** An argument with this value, whatever the value is. */
  argument(value: number): Value {
    this.ints.push(value);
    return this.b.intParam();
  }

  /** A stride or an offset: 0 and 1 belong to the structure, others are arguments. */
  stride(value: number): Value {
    return value === 0 || value === 1 ? int(value) : this.argument(value);
  }

  /** Number `index` of the program's constants. */
  constant(index: number, dtype: DType): Value {
    let value = this.constants.get(index);
    if (!value) {
      value = this.b.scalarParam(dtype);
      this.scalars.push({ kind: "constant", index });
      this.constants.set(index, value);
    }
    return value;
  }

  /** A number that is an argument of the kernel and stays the same in all calls of this step. */
  number(value: number, dtype: DType): Value {
    this.scalars.push({ kind: "fixed", value });
    return this.b.scalarParam(dtype);
  }

  /** The coefficients and the offset of a form as values; the same form has the same ones. */
  form(at: Affine): { coeffs: readonly Value[]; offset: Value } {
    let values = this.forms.get(at);
    if (!values) {
      for (const [known, found] of this.forms)
        if (known.coeffs.length === at.coeffs.length && sameAffine(known, at) && isOwn(known, at))
          values = found;
      values ??= {
        coeffs: at.coeffs.map((c) => this.stride(c)),
        offset: this.stride(at.offset),
      };
      this.forms.set(at, values);
    }
    return values;
  }

  /** The value of a form at these indices. */
  position(at: Affine, index: readonly Value[]): Value {
    const { coeffs, offset } = this.form(at);
    let sum: Value = offset;
    // Outer indices first: what they give is the same for all turns of the inner loops.
    for (let i = 0; i < index.length; i++)
      if (at.coeffs[i] !== 0) sum = this.b.add(sum, this.b.mul(index[i], coeffs[i]));
    return sum;
  }

  finish(name: string, pieces: number, cost: number): LoweredKernel {
    return {
      kind: "kernel",
      kernel: this.b.finish(name),
      arguments: this.args,
      ints: this.ints,
      scalars: this.scalars,
      pieces,
      cost,
    };
  }
}

// Two forms with equal numbers may share arguments only when they are equal for every size, not by
// accident: views that were made from equal shapes in the same way. Row-major forms are.
function isOwn(a: Affine, b: Affine): boolean {
  return a.offset === 0 && rowMajor(a) && rowMajor(b);
}

function rowMajor(a: Affine): boolean {
  let last = 0;
  for (let i = a.coeffs.length - 1; i >= 0; i--) {
    if (a.coeffs[i] <= last || (last === 0 && a.coeffs[i] !== 1)) return false;
    last = a.coeffs[i];
  }
  return a.coeffs.length > 0;
}

/** Row-major positions of a node's own elements. */
export const ownForm = (node: Node): Affine => contiguous(node.shape);

export const elementsOf = (node: Node): number => sizeOf(node.shape);

const bytesOf = (node: Node): number => elementsOf(node) * itemBytes(node.dtype);
