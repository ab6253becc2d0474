import { describe, expect, test } from "vitest";
import { clearInternTable } from "../../src/ir/node.ts";
import * as ops from "../../src/ir/ops.ts";
import * as nn from "../../src/nn/index.ts";
import * as optim from "../../src/optim/index.ts";
import { setDevice } from "../../src/runtime/registry.ts";
import {
  arange,
  cat,
  compile,
  grad,
  manualSeed,
  noGrad,
  rand,
  randint,
  randn,
  Tensor,
  tensor,
  vmap,
  where,
} from "../../src/tensor/index.ts";
import { devicesUnderTest } from "./devices.ts";

// A kernel serves every size: after a first call, calls with other batch sizes, image sizes or sequence
// lengths compile nothing. A size of 1 is another structure, because it broadcasts and its axis needs
// no loop: the first call with it may compile, no later one.

const FIRST = [64, 1];
const LATER = [2, 3, 7, 8, 12, 33, 65, 128, 64, 1];

/** What is done with one size; tensors that it returns are computed together. */
type Work = (n: number) => Tensor | readonly Tensor[] | undefined;

const leaf = (shape: readonly number[]): Tensor => randn(shape).requiresGrad_();

/** The gradients of the sum of squares of `y`, with `y`. */
function backward(y: Tensor, ...leaves: readonly Tensor[]): Tensor[] {
  y.square().sum().backward();
  return [y, ...leaves.map((x) => x.grad!)];
}

const conv = (x: Tensor, w: Tensor, stride: number, pad: number): Tensor => {
  const rank = x.ndim - 2;
  const each = (value: number): number[] => new Array<number>(rank).fill(value);
  return new Tensor(
    ops.conv(x.node, w.node, {
      stride: each(stride),
      padLo: each(pad),
      padHi: each(pad),
      dilation: each(1),
      inputDilation: each(1),
      groups: 1,
    }),
  );
};

const windows = (size: number, stride: number): ops.WindowAttrs => ({
  size: [size, size],
  stride: [stride, stride],
  padLo: [0, 0],
  padHi: [0, 0],
  dilation: [1, 1],
});

/** The largest entry of each window of the last two axes. */
function maxPool(x: Tensor, size: number): Tensor {
  const [n, c, h, w] = x.shape;
  const at = ops.windowArgMax(x.node, windows(size, size));
  const [rows, columns] = at.shape.slice(2);
  const flat = ops.reshape(x.node, [n, c, h * w]);
  const chosen = ops.gather(flat, ops.reshape(at, [n, c, rows * columns]), 2);
  return new Tensor(ops.reshape(chosen, [n, c, rows, columns]));
}

function layerNorm(x: Tensor): Tensor {
  const centred = x.sub(x.mean(-1, { keepdim: true }));
  const variance = centred.square().mean(-1, { keepdim: true });
  return centred.div(variance.add(1e-5).sqrt());
}

function attention(q: Tensor, k: Tensor, v: Tensor): Tensor {
  const n = q.shape[1];
  const scores = q.matmul(k.mT).mul(0.35);
  const row = arange(n).unsqueeze(1);
  const masked = where(arange(n).unsqueeze(0).le(row), scores, -Infinity);
  return masked.softmax(-1).matmul(v);
}

function trainer(): Work {
  const net = new nn.Sequential(
    new nn.Linear(20, 16),
    new nn.ReLU(),
    new nn.Dropout(0.1),
    new nn.Linear(16, 12),
    new nn.Tanh(),
    new nn.Linear(12, 10),
  );
  const criterion = new nn.CrossEntropyLoss({ labelSmoothing: 0.1 });
  const optimizer = new optim.Adam(net.parameters(), { lr: 0.01 });
  return (n) => {
    optimizer.zeroGrad();
    const loss = criterion.forward(net.forward(randn([n, 20])), randint(0, 10, [n]));
    loss.backward();
    optimizer.step();
    return loss;
  };
}

function compiledTrainer(): Work {
  const net = new nn.Linear(6, 3);
  const optimizer = new optim.SGD(net.parameters(), { lr: 0.01, momentum: 0.9 });
  const step = compile((x: Tensor, y: Tensor) => {
    optimizer.zeroGrad();
    const loss = nn.functional.mseLoss(net.forward(x), y);
    loss.backward();
    optimizer.step();
    return loss;
  });
  return (n) => step(randn([n, 6]), randn([n, 3]));
}

/** A recurrent loop over n steps. */
function recurrence(n: number): Tensor[] {
  const h = ops.placeholder([3, 4], "f32");
  const x = ops.placeholder([3, 4], "f32");
  const w = ops.placeholder([4, 4], "f32");
  const attrs = { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] };
  const next = ops.tanh(ops.add(ops.dot(h, w, attrs), x));
  const body = { params: [h, x, w], outputs: [next, next] };
  const [xs, weight] = [leaf([n, 3, 4]), leaf([4, 4])];
  const start = ops.full([3, 4], 0, "f32");
  const result = ops.scan(body, [start], [xs.node], [weight.node], n);
  return backward(new Tensor(result.ys[0]), xs, weight);
}

const WORK: Record<string, () => Work> = {
  "a training step with Adam": trainer,
  "a compiled training step with momentum": compiledTrainer,
  inference: () => {
    const net = new nn.Sequential(new nn.Linear(7, 9), new nn.GELU(), new nn.Linear(9, 4));
    return (n) => noGrad(() => net.forward(randn([n, 7])).argmax(1));
  },
  "softmax of rows": () => (n) => {
    const x = leaf([n, 10]);
    return backward(x.softmax(-1), x);
  },
  "softmax along n": () => (n) => {
    const x = leaf([5, n]);
    return backward(x.logSoftmax(-1), x);
  },
  "layer norm and bias": () => (n) => {
    const [x, b] = [leaf([n, 6, 12]), leaf([12])];
    return backward(layerNorm(x).add(b), x, b);
  },
  "statistics of columns": () => (n) => {
    const x = leaf([n, 6]);
    const y = x.sub(x.mean(0)).div(x.var(0, { correction: 0 }).add(1e-3).sqrt());
    return backward(y, x);
  },
  "reductions to one value": () => (n) => {
    const x = randn([n * 400, 3]);
    return [x.sum(), x.mean(), x.amax(), x.prod(), x.square().sum(), x.gt(0).any(), x.argmax()];
  },
  "convolution, batch": () => {
    const w = leaf([4, 3, 3, 3]);
    return (n) => {
      const x = leaf([n, 3, 9, 8]);
      w.grad = undefined;
      return backward(maxPool(conv(x, w, 1, 1).relu(), 2), x, w);
    };
  },
  "convolution, images of n pixels": () => (n) => {
    const [x, w] = [leaf([2, 3, n + 3, 8]), leaf([4, 3, 3, 3])];
    return backward(conv(x, w, 1, 1).relu(), x, w);
  },
  "strided convolution of sequences": () => (n) => {
    const [x, w] = [leaf([2, 3, 2 * n + 3]), leaf([4, 3, 3])];
    return backward(conv(x, w, 2, 0), x, w);
  },
  "sums over windows": () => (n) => {
    const x = leaf([n, 2, 6, 8]);
    return backward(new Tensor(ops.windowSum(x.node, windows(2, 2))), x);
  },
  "attention over n positions": () => (n) => {
    const [q, k, v] = [leaf([2, n, 8]), leaf([2, n, 8]), leaf([2, n, 6])];
    return backward(attention(q, k, v), q, k, v);
  },
  "layers' attention over n positions": () => (n) => {
    const [q, k, v] = [leaf([2, 15 + n, 8]), leaf([2, 11 + n, 8]), leaf([2, 11 + n, 6])];
    const attend = nn.functional.scaledDotProductAttention;
    const mask = arange(11 + n).lt(9);
    return [
      ...backward(attend(q, k, v, { isCausal: true }), q, k, v),
      ...backward(attend(q, k, v, { attnMask: mask }), q, k, v),
    ];
  },
  "products along n": () => (n) => {
    const [a, b] = [leaf([5, n]), leaf([n, 6])];
    return backward(a.matmul(b), a, b);
  },
  "square products": () => (n) => {
    const [a, b] = [leaf([n, n]), leaf([n, n])];
    return backward(a.matmul(b).add(1), a, b);
  },
  "deep products": () => (n) => randn([3, 300 * n]).matmul(randn([300 * n, 4])),
  "products of f64 and i32": () => (n) => [
    randn([n, 5], { dtype: "f64" }).matmul(randn([5, n], { dtype: "f64" })),
    randint(-5, 5, [n, 5]).matmul(randint(-5, 5, [5, 3])),
  ],
  embedding: () => (n) => {
    const table = leaf([11, 6]);
    return backward(randint(0, 11, [n]).embedding(table), table);
  },
  "sorting, cumsum, topk": () => (n) => {
    const x = leaf([3, n + 1]);
    const { values } = x.sort(-1);
    return backward(values.cumsum(1).add(x.topk(2).values.sum()), x);
  },
  "joining and cutting": () => (n) => {
    const x = leaf([n, 6]);
    const y = cat([x, randn([4, 6])]).pad([1, 2]);
    return backward(y.roll(1, 0).flip([0]).narrow(0, 1, n), x);
  },
  "masks and choices": () => (n) => {
    const x = leaf([n, 5]);
    return [...backward(where(x.gt(0), x, x.mul(0.1)).clamp(-1, 1), x), x.isnan().sum()];
  },
  "positions of n labels": () => (n) => randint(0, 4, [n]).oneHot(4).sum(0),
  "random numbers": () => (n) => [
    rand([n, 3]),
    randn([n, 3], { dtype: "f64" }),
    randn([n, 3]).dropout(0.3),
  ],
  "transposed and added": () => (n) =>
    randn([n, 6])
      .T.add(randn([6, 1]))
      .reshape(2, -1),
  "whole numbers": () => (n) => [
    randint(-9, 9, [n, 3]).floorDivide(2).sum(1),
    randint(0, 9, [n]).to("u8").mul(3),
    randint(0, 2, [n, 2]).to("bool").all(1),
  ],
  "gradients of each example": () => {
    const loss = (w: Tensor, x: Tensor): Tensor => x.matmul(w).tanh().square().sum();
    const each = vmap(grad(loss), { inDims: [null, 0] });
    return (n) => each(randn([4, 3]), randn([n, 4]));
  },
  "a loop of n steps": () => recurrence,
  "a number that changes": () => (n) => tensor([1, 2, 3]).mul(n / 3 + 0.01),
};

// On `native` every kernel is compiled at once and none is left to the first tier. Its compiler is slow,
// and the kernels are the others': a few of them stand for all.
process.env.NABLA_FIRST_TIER = "off";
const FEW = ["a training step with Adam", "softmax of rows", "convolution, batch"];
const workOn = (device: string): [string, () => Work][] =>
  Object.entries(WORK).filter(([title]) => device !== "native" || FEW.includes(title));

describe.each(devicesUnderTest())("%s", (name) => {
  test.each(workOn(name))("%s", async (_, make) => {
    const device = setDevice(name);
    manualSeed(1);
    const work = make();
    const run = async (n: number): Promise<void> => {
      const made = work(n);
      const outputs = made instanceof Tensor ? [made] : (made ?? []);
      for (const x of outputs) await x.data();
      clearInternTable();
    };
    for (const n of FIRST) {
      await run(n);
      // Values that are read join the program of a step from the second time on.
      await run(n);
    }
    const compiled: Record<number, number> = {};
    for (const n of LATER) {
      const before = device.stats.kernelsCompiled;
      await run(n);
      if (device.stats.kernelsCompiled > before)
        compiled[n] = device.stats.kernelsCompiled - before;
    }
    expect(compiled).toEqual({});
  });

  test("the device counts what it compiles", () => {
    const device = setDevice(name);
    const before = device.stats.kernelsCompiled;
    expect(before).toBeGreaterThan(20);
    // A sum that no other test asks for.
    tensor([1, 2]).sin().cos().tan().exp().sin().dataSync();
    expect(device.stats.kernelsCompiled).toBe(before + 1);
  });
});
