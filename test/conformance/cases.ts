import { batch } from "../../src/autodiff/batch.ts";
import { vjp } from "../../src/autodiff/vjp.ts";
import { type DType, isFloat } from "../../src/ir/dtype.ts";
import { fill } from "../../src/ir/ndarray.ts";
import { type Node } from "../../src/ir/node.ts";
import { type Shape } from "../../src/ir/shape.ts";
import * as nn from "../../src/nn/functional.ts";
import { scan, Tensor, tensor, where } from "../../src/tensor/index.ts";
import { type Case } from "../autodiff/cases.ts";
import { rngOf, uniform } from "../ir/util.ts";
import { hostLeaf } from "./devices.ts";

/** Nodes to be computed, and a name for them. */
export interface Graph {
  readonly what: string;
  readonly outputs: readonly Node[];
}

/** The results of a primitive's case, the gradients of its inputs, and its results for a batch of 3. */
export function nodesOf(one: Case, seed: number): Node[] {
  const rng = rngOf(seed);
  const arrays = one.inputs(rng);
  const inputs = arrays.map((x) => hostLeaf(x, isFloat(x.dtype)));
  const built = one.build(inputs);
  const outputs: readonly Node[] = Array.isArray(built) ? built : [built as Node];
  const cotangents = outputs.map((x) =>
    isFloat(x.dtype) ? hostLeaf(uniform(rng, x.shape, x.dtype)) : undefined,
  );
  const gradients = vjp(outputs, cotangents, inputs).filter((x) => x !== undefined);
  const size = 3;
  const entries = Array.from({ length: size }, () => one.inputs(rng));
  const stacked = inputs.map((x, i) => {
    const count = entries[0][i].data.length;
    const at = (k: number): number => entries[Math.floor(k / count)][i].data[k % count];
    return hostLeaf(fill([size, ...x.shape], x.dtype, at));
  });
  const batched = inputs.length === 0 ? [] : batch(outputs, inputs, stacked, size);
  return [...outputs, ...gradients, ...batched.map((x) => x.node)];
}

// Graphs whose kernels have whole vectors, blocks and panels in them, and what is left of each at the end.

type Build = (...inputs: Tensor[]) => Tensor;

/** `build` over random inputs of these shapes, and the gradients of its result. */
function graph(
  what: string,
  shapes: readonly Shape[],
  build: Build,
  { dtype = "f32", gradients = true }: { dtype?: DType; gradients?: boolean } = {},
): Graph {
  const rng = rngOf(what.length * 7919 + shapes.length);
  const inputs = shapes.map((shape) => hostLeaf(uniform(rng, shape, dtype), gradients));
  const { node } = build(...inputs.map((x) => new Tensor(x)));
  if (!gradients) return { what, outputs: [node] };
  const cotangent = hostLeaf(uniform(rng, node.shape, node.dtype));
  const derived = vjp([node], [cotangent], inputs).filter((x) => x !== undefined);
  return { what, outputs: [node, ...derived] };
}

const plain = { gradients: false };

function* contractions(): Generator<Graph> {
  const sizes = [
    [1, 37, 5],
    [13, 33, 17],
    [37, 70, 53],
    [65, 20, 130],
  ];
  for (const [m, k, n] of sizes)
    for (const [left, right] of [
      [false, false],
      [true, false],
      [false, true],
      [true, true],
    ])
      yield graph(
        `matmul ${m} × ${k} × ${n}${left ? ", left transposed" : ""}${right ? ", right transposed" : ""}`,
        [left ? [k, m] : [m, k], right ? [n, k] : [k, n]],
        (a, b) => (left ? a.T : a).matmul(right ? b.T : b),
        plain,
      );
  const product: Build = (a, b) => a.matmul(b);
  // Beyond one block of k, of m and of n.
  yield graph(
    "matmul 30 × 800 × 40",
    [
      [30, 800],
      [800, 40],
    ],
    product,
    plain,
  );
  yield graph(
    "matmul 150 × 20 × 40",
    [
      [150, 20],
      [20, 40],
    ],
    product,
    plain,
  );
  yield graph(
    "matmul 20 × 30 × 530",
    [
      [20, 30],
      [30, 530],
    ],
    product,
    plain,
  );
  yield graph(
    "matmul of f64",
    [
      [19, 41],
      [41, 35],
    ],
    product,
    { dtype: "f64" },
  );
  for (const dtype of ["i32", "i64"] as const)
    yield graph(
      `matmul of ${dtype}`,
      [
        [19, 41],
        [41, 35],
      ],
      product,
      { dtype, gradients: false },
    );
  yield graph(
    "matmul, batched",
    [
      [3, 17, 21],
      [3, 21, 34],
    ],
    product,
  );
  yield graph(
    "matmul, one side for all",
    [
      [2, 3, 9, 21],
      [21, 18],
    ],
    product,
  );
  yield graph("matrix by vector", [[35, 67], [67]], product);
  for (const dtype of ["f32", "f64"] as const)
    yield graph(
      `layer of one sample, ${dtype}`,
      [[1, 67], [35, 67], [35]],
      (x, w, b) => nn.gelu(nn.linear(x.tanh(), w, b)),
      { dtype },
    );
  yield graph("layer with bias and activation", [[21, 40], [33, 40], [33]], (x, w, b) =>
    nn.gelu(nn.linear(x.tanh(), w, b)),
  );
}

function* attentions(): Generator<Graph> {
  const all = (shape: Shape): Shape[] => [shape, shape, shape];
  const [few, many] = [all([2, 2, 35, 16]), all([3, 70, 33])];
  const attend = nn.scaledDotProductAttention;
  yield graph("attention", few, (q, k, v) => attend(q, k, v));
  yield graph("causal attention", few, (q, k, v) => attend(q, k, v, { isCausal: true }));
  yield graph("causal attention of long rows", many, (q, k, v) =>
    attend(q, k, v, { isCausal: true, scale: 0.3 }),
  );
  yield graph("attention of f64", few, (q, k, v) => attend(q, k, v, { isCausal: true }), {
    dtype: "f64",
  });
  // Heads as a layer's result holds them, side by side.
  yield graph("attention of heads side by side", [[2, 37, 3 * 3 * 8]], (x) => {
    const [q, k, v] = x.unflatten(-1, [3, 3, 8]).unbind(-3);
    return attend(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), { isCausal: true });
  });
  yield graph(
    "attention with shared keys",
    [[2, 6, 19, 8], ...all([2, 2, 19, 8]).slice(1)],
    (q, k, v) => attend(q, k, v, { enableGqa: true, isCausal: true }),
  );
  const padding = tensor([0, 9, 26].map((n) => Array.from({ length: 43 }, (_, i) => i >= n)));
  yield graph(
    "attention with hidden keys",
    [
      [3, 2, 21, 8],
      [3, 2, 43, 8],
      [3, 2, 43, 20],
    ],
    (q, k, v) => attend(q, k, v, { attnMask: padding.reshape([3, 1, 1, 43]) }),
  );
  yield graph(
    "attention with added numbers",
    [...all([2, 2, 33, 12]), [2, 33, 33]],
    (q, k, v, bias) => attend(q, k, v, { attnMask: bias }),
  );
}

function* convolutions(): Generator<Graph> {
  const image = [2, 6, 11, 13];
  for (const options of [
    {},
    { padding: 1 },
    { stride: 2, padding: 1 },
    { dilation: 2, padding: 2 },
    { stride: [1, 2], padding: [0, 2] },
  ])
    yield graph(`conv2d ${JSON.stringify(options)}`, [image, [19, 6, 3, 3], [19]], (x, w, b) =>
      nn.conv2d(x, w, b, options),
    );
  yield graph("conv2d of one pixel, then relu", [image, [35, 6, 1, 1]], (x, w) =>
    nn.conv2d(x, w).relu(),
  );
  yield graph(
    "conv2d by a minimal algorithm",
    [
      [2, 40, 17, 19],
      [33, 40, 3, 3],
    ],
    (x, w) => nn.conv2d(x, w, undefined, { padding: 1 }),
    plain,
  );
  for (const size of [3, 7])
    yield graph(
      `conv2d of one image of ${size} × 4`,
      [[1, 6, size, 4], [35, 6, 3, 3], [35]],
      (x, w, b) => nn.conv2d(x, w, b, { padding: 1 }).relu(),
    );
  // The gradient of the windows follows the rows of the image.
  yield graph(
    "conv2d of wide images",
    [
      [2, 3, 6, 37],
      [5, 3, 3, 3],
    ],
    (x, w) => nn.conv2d(x, w, undefined, { padding: 1 }),
  );
  yield graph("conv2d in groups", [image, [12, 2, 3, 3]], (x, w) =>
    nn.conv2d(x, w, undefined, { groups: 3, padding: 1 }),
  );
  yield graph(
    "conv1d",
    [
      [3, 5, 41],
      [18, 5, 4],
    ],
    (x, w) => nn.conv1d(x, w, undefined, { stride: 3 }),
  );
  yield graph(
    "conv3d",
    [
      [1, 3, 5, 6, 7],
      [4, 3, 2, 3, 2],
    ],
    (x, w) => nn.conv3d(x, w),
  );
  yield graph("max pool", [[2, 3, 13, 17]], (x) => nn.maxPool2d(x, 3, { stride: 2, padding: 1 }));
  yield graph("mean pool", [[2, 3, 13, 17]], (x) => nn.avgPool2d(x, 2));
}

function* rows(): Generator<Graph> {
  for (const n of [3, 16, 67, 261]) {
    yield graph(`softmax of ${n}`, [[9, n]], (x) => x.softmax(-1));
    yield graph(`layer norm of ${n}`, [[9, n], [n], [n]], (x, w, b) =>
      nn.layerNorm(x, n, { weight: w, bias: b }),
    );
    yield graph(`cross entropy of ${n}`, [[9, n]], (x) =>
      nn.crossEntropy(x, tensor(Int32Array.from({ length: 9 }, (_, i) => i % n))),
    );
  }
  yield graph("softmax down the columns", [[21, 37]], (x) => x.softmax(0));
  for (const axis of [0, 1, 2])
    for (const dtype of ["f32", "f64", "i64", "i32", "u8"] as const) {
      const options = { dtype, gradients: isFloat(dtype) };
      yield graph(`sum of ${dtype}, axis ${axis}`, [[7, 19, 35]], (x) => x.sum(axis), options);
      yield graph(`max of ${dtype}, axis ${axis}`, [[7, 19, 35]], (x) => x.amax(axis), options);
      yield graph(`argmax of ${dtype}, axis ${axis}`, [[7, 19, 35]], (x) => x.argmax(axis), {
        dtype,
        gradients: false,
      });
    }
  yield graph("sum of everything", [[37, 331]], (x) => x.square().sum());
  yield graph("cumulative sum", [[9, 133]], (x) => x.cumsum(1).add(x.cumsum(0)));
  yield graph("argsort", [[9, 133]], (x) => x.argsort(1), plain);
}

function* maps(): Generator<Graph> {
  for (const n of [1, 2, 3, 5, 7, 8, 15, 16, 17, 31, 33, 63, 65])
    for (const dtype of ["f32", "f64", "i64", "i32", "u8"] as const)
      yield graph(
        `select and arithmetic on ${n} of ${dtype}`,
        [[n], [n]],
        (x, y) => where(x.lt(y).logicalAnd(y.ne(0)), x.mul(y).add(1), y.sub(x)),
        { dtype, gradients: false },
      );
  for (const dtype of ["f32", "f64"] as const) {
    yield graph(
      `functions of ${dtype}`,
      [[77]],
      (x) => x.exp().add(x.sin()).add(x.erf()).add(x.abs().add(1).log()).add(x.tanh()),
      { dtype },
    );
    yield graph(`powers of ${dtype}`, [[77]], (x) => x.abs().add(0.1).pow(x).add(x.atan()), {
      dtype,
    });
    yield graph(`casts of ${dtype}`, [[77]], (x) => x.mul(9).int().float().add(x.gt(0).float()), {
      dtype,
      gradients: false,
    });
  }
  yield graph("transposed copies", [[5, 19, 37]], (x) => x.permute([2, 0, 1]).add(0).mul(2));
  yield graph("columns and rows", [[35, 18], [35, 1], [18]], (x, c, r) => x.mul(c).add(r));
  yield graph("padded, flipped and cut", [[9, 37]], (x) =>
    nn.pad(x, [3, 2, 1, 0]).flip(1).narrow(1, 2, 37).narrow(0, 1, 9).mul(x),
  );
  yield graph("rows by index", [[13, 35]], (x) =>
    x.indexSelect(0, tensor(Int32Array.of(3, 3, 0, 12, 7, 3))),
  );
  // The weights are the same in all turns: they are packed before the first.
  for (const [length, batch, width] of [
    [11, 3, 19],
    [4, 21, 70],
  ])
    yield graph(
      `a recurrent net of ${width}`,
      [
        [length, batch, width],
        [width, width],
      ],
      (x, w) => {
        const step = (h: Tensor, y: Tensor): [Tensor, Tensor] => {
          const next = h.matmul(w).mul(0.3).add(y).tanh();
          return [next, next];
        };
        const [last, all] = scan(step, x.select(0, 0), x);
        return all.sum(0).add(last);
      },
    );
}

/** Graphs of the kinds of kernels that there are, at sizes that fit nothing. */
export const kernelGraphs = (): Graph[] => [
  ...contractions(),
  ...attentions(),
  ...convolutions(),
  ...rows(),
  ...maps(),
];
