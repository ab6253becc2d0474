import { describe, expect, it } from "vitest";
import { compile } from "../../src/compiler/compile.ts";
import { type Target } from "../../src/compiler/loop/loop.ts";
import { coerce, type DType, newArray } from "../../src/ir/dtype.ts";
import { evaluate } from "../../src/ir/evaluate.ts";
import { type NDArray } from "../../src/ir/ndarray.ts";
import { type Node } from "../../src/ir/node.ts";
import { add, conv, dot, expand, mul, permute, placeholder, reshape } from "../../src/ir/ops.ts";
import { sizeOf } from "../../src/ir/shape.ts";
import { runKernel } from "../codegen/wasm-kernel.ts";

// Contractions cut into many small blocks, as WebAssembly, on whole numbers: whatever the order of the
// sums, they are exact.

const target = (threads: number, kBlock: number): Target => ({
  name: "wasm",
  vectorBytes: 16,
  partial: false,
  math: "expand",
  tile: { rows: 4, vectors: 2, kBlock, mBlock: 8, nBlock: 16, strip: threads === 1 ? 16 : 8 },
  threads,
});

function valueOf(leaf: Node): NDArray {
  const data = newArray(leaf.dtype, sizeOf(leaf.shape));
  for (let i = 0; i < data.length; i++)
    data[i] = coerce(
      leaf.dtype,
      ((i * 7 + leaf.shape.length) % 11) - (leaf.dtype === "u32" ? 0 : 5),
    );
  return { shape: leaf.shape, dtype: leaf.dtype, data };
}

/** Runs a graph of kernels without loops, the pieces of each from last to first. */
function run(output: Node, inputs: readonly Node[], on: Target): number[] {
  const plan = compile({ outputs: [output], inputs, constants: 0 }, on);
  const memory = plan.buffers.map(({ place, dtype, length }) =>
    place.kind === "input" ? valueOf(inputs[place.index]).data.slice() : newArray(dtype, length),
  );
  for (const step of plan.steps) {
    if (step.kind !== "kernel") throw new Error("expected kernels only");
    const arrays = step.args.map((arg) => ("buffer" in arg ? memory[arg.buffer] : undefined));
    const scratch = step.args.map((arg) => ("scratch" in arg ? arg.scratch : 0));
    const scalars = step.scalars.map((x) => (x.kind === "fixed" ? x.value : NaN));
    for (let piece = step.pieces - 1; piece >= 0; piece--)
      runKernel(step.kernel, arrays, step.ints, scalars, piece, piece + 1, {}, scratch);
  }
  return Array.from(memory[plan.buffers.findIndex(({ place }) => place.kind === "output")]);
}

function expectExact(output: Node, inputs: readonly Node[]): void {
  const wanted = Array.from(evaluate([output], valueOf)[0].data);
  for (const on of [target(1, 1024), target(1, 4), target(2, 5)])
    expect(run(output, inputs, on)).toEqual(wanted);
}

const product = (a: Node, b: Node): Node =>
  dot(a, b, { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] });

const SIZES: readonly (readonly [m: number, k: number, n: number])[] = [
  [1, 1, 1],
  [4, 8, 8],
  [5, 3, 9],
  [8, 16, 16],
  [17, 13, 35],
  [64, 6, 10],
  [3, 40, 33],
];

describe.each(["f32", "f64", "i64", "i32", "u32"] as DType[])("products of %s", (dtype) => {
  it.each(SIZES)("(%d, %d) × (…, %d)", (m, k, n) => {
    const a = placeholder([m, k], dtype);
    const b = placeholder([k, n], dtype);
    expectExact(product(a, b), [a, b]);
    const at = placeholder([k, m], dtype);
    const bt = placeholder([n, k], dtype);
    expectExact(product(permute(at, [1, 0]), permute(bt, [1, 0])), [at, bt]);
  });
});

it.each(SIZES)("what follows a product: (%d, %d) × (…, %d)", (m, k, n) => {
  const a = placeholder([m, k], "f32");
  const b = placeholder([k, n], "f32");
  const bias = placeholder([n], "f32");
  const rows = placeholder([m, 1], "f32");
  const sum = add(product(a, b), expand(reshape(bias, [1, n]), [m, n]));
  expectExact(mul(sum, expand(rows, [m, n])), [a, b, bias, rows]);
  expectExact(permute(sum, [1, 0]), [a, b, bias]);
});

it("batches", () => {
  const a = placeholder([3, 5, 6], "f32");
  const b = placeholder([3, 6, 9], "f32");
  const c = dot(a, b, { lhsBatch: [0], rhsBatch: [0], lhsContract: [2], rhsContract: [1] });
  expectExact(c, [a, b]);
});

it("sides that repeat along what is summed", () => {
  const a = placeholder([9, 5, 3], "f32");
  const b = placeholder([12, 3], "f32");
  const wide = expand(reshape(b, [12, 1, 3]), [12, 9, 3]);
  const attrs = { lhsBatch: [2], rhsBatch: [2], lhsContract: [0], rhsContract: [1] };
  expectExact(dot(a, wide, attrs), [a, b]);
  expectExact(dot(wide, permute(a, [1, 0, 2]), { ...attrs, lhsContract: [1] }), [a, b]);
});

it("several axes of each kind", () => {
  const a = placeholder([3, 4, 5, 2], "f32");
  const b = placeholder([2, 7, 4, 3], "f32");
  const c = dot(a, b, { lhsBatch: [], rhsBatch: [], lhsContract: [1, 3], rhsContract: [2, 0] });
  expectExact(c, [a, b]);
});

it.each([1, 2])("convolutions in %d groups", (groups) => {
  const x = placeholder([2, 4, 7, 6], "f32");
  const w = placeholder([6, 4 / groups, 3, 2], "f32");
  const attrs = {
    stride: [2, 1],
    padLo: [1, 0],
    padHi: [1, 1],
    dilation: [1, 2],
    inputDilation: [1, 1],
    groups,
  };
  expectExact(conv(x, w, attrs), [x, w]);
});
