import { expect, test } from "vitest";
import * as nn from "../../src/nn/index.ts";
import {
  compile,
  grad,
  manualSeed,
  ones,
  randn,
  type Tensor,
  tensor,
  vmap,
} from "../../src/tensor/index.ts";

class Twice extends nn.Layer {
  w = new nn.Parameter(tensor([2, 3]));
  forward(x: Tensor): Tensor {
    return x.mul(this.w);
  }
}

test("forward hooks see and replace what goes in and comes out", async () => {
  const net = new Twice();
  const seen: unknown[] = [];
  const pre = net.registerForwardPreHook((module, args) => {
    seen.push(module === net, args.length);
    return (args[0] as Tensor).add(1);
  });
  const post = net.registerForwardHook((module, args, output) => {
    seen.push(module === net, (args[0] as Tensor).dataSync()[0]);
    return (output as Tensor).neg();
  });
  const list = net.registerForwardPreHook((_, args) => [(args[0] as Tensor).mul(10)]);
  expect(await net.forward(ones([2])).toArray()).toEqual([-40, -60]);
  expect(seen).toEqual([true, 1, true, 20]);
  for (const handle of [pre, post, list]) handle.remove();
  expect(await net.forward(ones([2])).toArray()).toEqual([2, 3]);
  expect(Object.keys(net)).not.toContain("forward");
});

test("hooks are called inside containers, and clones have none", async () => {
  const net = new nn.Sequential(new Twice(), new nn.ReLU());
  let calls = 0;
  net.children()[0].registerForwardHook(() => {
    calls++;
  });
  net.forward(ones([2]));
  net.clone().forward(ones([2]));
  expect(calls).toBe(1);
  expect(net.summary([2])).toContain("Twice");
  net.forward(ones([2]));
  expect(calls).toBe(3);
});

test("backward hooks see gradients of both sides and replace those of the arguments", async () => {
  const net = new Twice();
  const seen: (Tensor | undefined)[] = [];
  const handle = net.registerFullBackwardHook((_, gradInput, gradOutput) => {
    seen.push(...gradInput, ...gradOutput);
    return [gradInput[0]!.mul(100)];
  });
  const x = tensor([1, 5]).requiresGrad_();
  net.forward(x).square().sum().backward();
  expect(await seen[0]!.toArray()).toEqual([8, 90]);
  expect(await seen[1]!.toArray()).toEqual([4, 30]);
  expect(await x.grad!.toArray()).toEqual([800, 9000]);
  expect(await net.w.grad!.toArray()).toEqual([4, 150]);
  handle.remove();
  net.forward(x).sum().backward();
  expect(seen.length).toBe(2);
});

test("where no argument requires a gradient, the hook still sees those of the results", async () => {
  const net = new Twice();
  const seen: unknown[] = [];
  net.registerFullBackwardHook((_, gradInput, gradOutput) => {
    seen.push(gradInput, gradOutput.length);
  });
  net
    .forward(ones([2]))
    .sum()
    .backward();
  expect(seen).toEqual([[undefined], 1]);
});

test("an argument that is given twice, and results of an LSTM", async () => {
  class Product extends nn.Module {
    forward(a: Tensor, b: Tensor): Tensor {
      return a.mul(b.square());
    }
  }
  const net = new Product();
  const seen: (Tensor | undefined)[] = [];
  net.registerFullBackwardHook((_, gradInput) => {
    seen.push(...gradInput);
  });
  const x = tensor([3]).requiresGrad_();
  net.forward(x, x).sum().backward();
  expect(await seen[0]!.toArray()).toEqual([9]);
  expect(await seen[1]!.toArray()).toEqual([18]);
  expect(await x.grad!.toArray()).toEqual([27]);

  const lstm = new nn.LSTM(3, 4);
  const sizes: number[] = [];
  lstm.registerFullBackwardHook((_, gradInput, gradOutput) => {
    sizes.push(gradInput.length, gradOutput.length);
  });
  const [out] = lstm.forward(randn([5, 2, 3]).requiresGrad_());
  out.sum().backward();
  expect(sizes).toEqual([1, 3]);
});

test("a step with hooks runs the program that it ran before", async () => {
  const net = new Twice();
  net.registerFullBackwardHook((_, [g]) => [g!.mul(2)]);
  const x = tensor([1, 5]).requiresGrad_();
  const values: unknown[] = [];
  for (let i = 0; i < 3; i++) {
    x.grad = undefined;
    net.forward(x).sum().backward();
    values.push(await x.grad!.toArray());
  }
  expect(values).toEqual([
    [4, 6],
    [4, 6],
    [4, 6],
  ]);
  const f = compile((y: Tensor) => grad((z: Tensor) => net.forward(z).sum())(y));
  expect(await f(ones([2])).toArray()).toEqual([4, 6]);
});

test("under vmap a hook sees the gradients of the batch", async () => {
  manualSeed(0);
  const net = new Twice();
  net.registerFullBackwardHook((_, [g]) => [g!.mul(2)]);
  const xs = randn([3, 2]);
  const each = vmap(grad((x: Tensor) => net.forward(x).square().sum()))(xs);
  const all = grad((x: Tensor) => vmap((row: Tensor) => net.forward(row).square().sum())(x).sum())(
    xs,
  );
  const expected = xs.mul(tensor([16, 36]));
  for (const got of [each, all])
    expect(got.sub(expected).abs().max().itemSync()).toBeLessThan(1e-5);
});

test("mistakes", () => {
  const net = new Twice();
  expect(() => net.registerForwardHook(3 as never)).toThrow(
    "registerForwardHook: expected a function, got a number",
  );
  net.registerFullBackwardHook(() => []);
  expect(() =>
    net
      .forward(ones([2]).requiresGrad_())
      .sum()
      .backward(),
  ).toThrow(
    "registerFullBackwardHook: a hook must return nothing or 1 gradients, one for each tensor among the arguments, got 0",
  );
});
