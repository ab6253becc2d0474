import { expect, test } from "vitest";
import { checkpoint } from "../../src/extra/index.ts";
import {
  compile,
  evalAll,
  grad,
  type HookHandle,
  type Tensor,
  tensor,
  vmap,
} from "../../src/tensor/index.ts";
import { Parameter } from "../../src/nn/index.ts";

const leaf = (...values: number[]): Tensor => tensor(values).requiresGrad_();
const show = async (x: Tensor | undefined): Promise<unknown> => x?.toArray();

test("a hook sees the gradient of a computed tensor and may replace it", async () => {
  const w = leaf(1, 2);
  const y = w.square();
  const seen: Tensor[] = [];
  // Registered after it was used.
  const loss = y.mul(y).sum();
  const handle = y.registerHook((g) => {
    seen.push(g);
  });
  y.registerHook((g) => g.mul(10));
  y.registerHook((g) => g.add(1));
  loss.backward();
  expect(await show(seen[0])).toEqual([2, 8]);
  expect(await show(w.grad)).toEqual([42, 324]);
  handle.remove();
  handle.remove();
  loss.backward();
  expect(seen.length).toBe(1);
});

test("a hook sees the whole gradient, once", async () => {
  const w = leaf(3);
  const y = w.mul(2);
  let calls = 0;
  y.registerHook(() => {
    calls++;
  });
  y.add(y.square()).mul(y.exp().detach().mul(0).add(1)).sum().backward();
  expect(calls).toBe(1);
  expect(await show(w.grad)).toEqual([26]);
});

test("hooks of leaves change what is added to grad", async () => {
  for (const w of [leaf(1, 2), new Parameter(tensor([1, 2]))]) {
    const order: string[] = [];
    const twice = w.registerHook((g) => {
      order.push("hook");
      return g.mul(2);
    });
    const after = w.registerPostAccumulateGradHook((x) => {
      order.push("after");
      x.grad = x.grad!.add(0.5);
    });
    w.square().sum().backward();
    expect(await show(w.grad)).toEqual([4.5, 8.5]);
    expect(order).toEqual(["hook", "after"]);
    for (const handle of [twice, after]) handle.remove();
    w.grad = undefined;
    w.square().sum().backward();
    expect(await show(w.grad)).toEqual([2, 4]);
  }
});

test("hooks of a parameter stay when it has got another value", async () => {
  const w = new Parameter(tensor([1]));
  let calls = 0;
  w.registerHook(() => {
    calls++;
  });
  for (let i = 0; i < 3; i++) {
    w.grad = undefined;
    w.square().sum().backward();
    w.rebind(w.sub(w.grad!.mul(0.1)).detach());
    await w.eval();
  }
  expect(calls).toBe(3);
});

test("the same hook registered twice is called twice, and removed by its own handle", async () => {
  const w = leaf(1);
  const double = (g: Tensor): Tensor => g.mul(2);
  const handles: HookHandle[] = [w.registerHook(double), w.registerHook(double)];
  w.sum().backward();
  handles[0].remove();
  expect(await show(w.grad)).toEqual([4]);
  w.sum().backward();
  expect(await show(w.grad)).toEqual([6]);
});

test("retainGrad keeps what the hooks have made of a gradient", async () => {
  const w = leaf(1, 2);
  const y = w.square();
  y.retainGrad();
  y.retainGrad();
  y.registerHook((g) => g.mul(10));
  const loss = y.square().sum();
  loss.backward();
  expect(await show(y.grad)).toEqual([20, 80]);
  loss.backward();
  expect(await show(y.grad)).toEqual([40, 160]);
  w.retainGrad();
  expect(await show(w.grad)).toEqual([80, 640]);
});

test("hooks work inside grad, checkpoint and second derivatives", async () => {
  const f = (x: Tensor): Tensor => {
    const y = x.square();
    y.registerHook((g) => g.mul(3));
    return y.sin().sum();
  };
  const x = tensor([0.5, 2], { dtype: "f64" });
  const expected = x.square().cos().mul(x).mul(6);
  const through = grad((a: Tensor) => checkpoint(f, a))(x);
  const second = grad((a: Tensor) => grad(f)(a).sum())(x);
  // The hook is there in both passes: of 6 x cos(y) what goes through y is multiplied by 3 again.
  const y = x.square();
  const expectedSecond = y.cos().mul(6).sub(y.mul(y.sin()).mul(36));
  await evalAll([expected, through, second, expectedSecond]);
  const got = grad(f)(x).dataSync();
  expected.dataSync().forEach((value, i) => {
    expect(got[i]).toBeCloseTo(value, 12);
    expect(through.dataSync()[i]).toBeCloseTo(value, 12);
  });
  expectedSecond.dataSync().forEach((value, i) => {
    expect(second.dataSync()[i]).toBeCloseTo(value, 10);
  });
});

test("with vmap inside the backward pass or around it", async () => {
  const f = (x: Tensor): Tensor => {
    const y = x.square();
    y.registerHook((g) => g.mul(3));
    return y.sum();
  };
  const x = tensor([
    [1, 2],
    [3, 4],
  ]);
  expect(await vmap(grad(f))(x).toArray()).toEqual([
    [6, 12],
    [18, 24],
  ]);
  expect(await grad((a: Tensor) => vmap(f)(a).sum())(x).toArray()).toEqual([
    [6, 12],
    [18, 24],
  ]);
});

test("inside compile, hooks are part of what is recorded", async () => {
  const w = new Parameter(tensor([1, 2]));
  let calls = 0;
  const step = compile((x: Tensor) => {
    w.grad = undefined;
    const y = w.mul(x);
    y.retainGrad();
    y.registerHook((g) => {
      calls++;
      return g.mul(2);
    });
    y.sum().backward();
    return [w.grad!, y.grad!];
  });
  for (const factor of [3, 4]) {
    const [ofW, ofY] = step(tensor([factor, factor]));
    expect(await show(ofW)).toEqual([2 * factor, 2 * factor]);
    expect(await show(ofY)).toEqual([2, 2]);
  }
  expect(calls).toBe(1);
  expect(w.grad).toBeUndefined();
});

test("what a hook returns must be a gradient of that shape", () => {
  const w = leaf(1, 2);
  w.registerHook((g) => g.sum());
  expect(() => w.sum().backward()).toThrow(
    "registerHook: a hook must return nothing or a gradient f32[2], got f32[]",
  );
  const y = leaf(1).mul(2);
  y.registerHook(() => 3);
  expect(() => y.sum().backward()).toThrow(/got a number/);
});
