import { describe, expect, test } from "vitest";
import {
  arange,
  broadcastTensors,
  cat,
  eye,
  fromTypedArray,
  full,
  fullLike,
  hstack,
  linspace,
  logspace,
  meshgrid,
  ones,
  onesLike,
  stack,
  type Tensor,
  tensor,
  vstack,
  where,
  zeros,
  zerosLike,
} from "../../src/tensor/index.ts";

/** Dtype, shape and elements. */
const show = (x: Tensor): [string, readonly number[], number[]] => [
  x.dtype,
  x.shape,
  Array.from(x.dataSync()),
];

describe("tensor", () => {
  test("has the dtype and the shape of what it is made from", () => {
    expect(show(tensor(3))).toEqual(["f32", [], [3]]);
    expect(show(tensor(true))).toEqual(["bool", [], [1]]);
    expect(show(tensor([[1, 2, 3]]))).toEqual(["f32", [1, 3], [1, 2, 3]]);
    expect(show(tensor([[true], [false]]))).toEqual(["bool", [2, 1], [1, 0]]);
    expect(show(tensor([true, 2]))).toEqual(["f32", [2], [1, 2]]);
    expect(show(tensor([]))).toEqual(["f32", [0], []]);
    expect(show(tensor([[], []]))).toEqual(["f32", [2, 0], []]);
    expect(show(tensor(new Float64Array([1, 2])))).toEqual(["f64", [2], [1, 2]]);
    expect(show(tensor(new Int32Array([-1])))).toEqual(["i32", [1], [-1]]);
    expect(show(tensor(new Uint8Array([255])))).toEqual(["u8", [1], [255]]);
    expect(show(tensor(new Int16Array([-7])))).toEqual(["i16", [1], [-7]]);
  });

  test("converts to the dtype that is asked for", () => {
    expect(show(tensor([1.9, -1.9, 2 ** 31], { dtype: "i32" }))).toEqual([
      "i32",
      [3],
      [1, -1, -(2 ** 31)],
    ]);
    expect(show(tensor([0, 2, NaN], { dtype: "bool" }))).toEqual(["bool", [3], [0, 1, 1]]);
    expect(show(tensor([257, -1], { dtype: "u8" }))).toEqual(["u8", [2], [1, 255]]);
    expect(show(tensor(0.1, { dtype: "f32" }))[2]).toEqual([Math.fround(0.1)]);
    expect(show(tensor(0.1, { dtype: "f64" }))[2]).toEqual([0.1]);
  });

  test("copies what it is given, fromTypedArray takes it over", () => {
    const data = Float32Array.of(1, 2);
    const [copy, own] = [tensor(data), fromTypedArray(data, [2, 1])];
    data[0] = 5;
    expect(show(copy)[2]).toEqual([1, 2]);
    expect(show(own)).toEqual(["f32", [2, 1], [5, 2]]);
    expect(show(fromTypedArray(Uint8Array.of(1, 0), [2], { dtype: "bool" }))[0]).toBe("bool");
  });

  test("of a tensor is the same value, detached", () => {
    const x = tensor([1, 2]).requiresGrad_();
    const y = tensor(x.mul(2));
    expect(y.requiresGrad).toBe(false);
    expect(show(tensor(y, { dtype: "i32" }))).toEqual(["i32", [2], [2, 4]]);
    expect(tensor([1], { requiresGrad: true }).requiresGrad).toBe(true);
  });
});

describe("filled tensors", () => {
  test("take sizes as a number or a list, and dtypes", () => {
    expect(show(zeros(2))).toEqual(["f32", [2], [0, 0]]);
    expect(show(zeros([]))).toEqual(["f32", [], [0]]);
    expect(show(ones([1, 2], { dtype: "u8" }))).toEqual(["u8", [1, 2], [1, 1]]);
    expect(show(full([2], true))).toEqual(["bool", [2], [1, 1]]);
    expect(show(full([2], -1.5))).toEqual(["f32", [2], [-1.5, -1.5]]);
    expect(show(full([1], 2.7, { dtype: "i32" }))).toEqual(["i32", [1], [2]]);
    expect(show(full([0, 3], 1))).toEqual(["f32", [0, 3], []]);
    expect(show(full([1], Infinity, { dtype: "f64" }))[2]).toEqual([Infinity]);
  });

  test("are like others", () => {
    const x = zeros([2], { dtype: "i32" });
    expect(show(onesLike(x))).toEqual(["i32", [2], [1, 1]]);
    expect(show(zerosLike(x, { dtype: "f64" }))[0]).toBe("f64");
    expect(show(fullLike(x, 7))).toEqual(["i32", [2], [7, 7]]);
  });

  test("eye", () => {
    expect(show(eye(2))).toEqual(["f32", [2, 2], [1, 0, 0, 1]]);
    expect(show(eye(2, 3, { dtype: "i32" }))).toEqual(["i32", [2, 3], [1, 0, 0, 0, 1, 0]]);
    expect(show(eye(0))).toEqual(["f32", [0, 0], []]);
  });
});

describe("numbers in a row", () => {
  test("arange", () => {
    expect(show(arange(4))).toEqual(["i32", [4], [0, 1, 2, 3]]);
    expect(show(arange(1, 4))).toEqual(["i32", [3], [1, 2, 3]]);
    expect(show(arange(5, 0, -2))).toEqual(["i32", [3], [5, 3, 1]]);
    expect(show(arange(0))).toEqual(["i32", [0], []]);
    expect(show(arange(2, 2))).toEqual(["i32", [0], []]);
    expect(show(arange(1, 2.5, 0.5))).toEqual(["f32", [3], [1, 1.5, 2]]);
    // 0.1 · 3 is above 0.3: three numbers, as in PyTorch.
    expect(arange(0, 0.3, 0.1, { dtype: "f64" }).size).toBe(3);
    expect(show(arange(3, { dtype: "f64" }))).toEqual(["f64", [3], [0, 1, 2]]);
    expect(show(arange(2, { dtype: "u8" }))).toEqual(["u8", [2], [0, 1]]);
  });

  test("linspace ends exactly where it should", () => {
    expect(show(linspace(0, 1, 5))[2]).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(show(linspace(3, 3, 3))[2]).toEqual([3, 3, 3]);
    expect(show(linspace(2, 9, 1))[2]).toEqual([2]);
    expect(show(linspace(2, 9, 0))[2]).toEqual([]);
    const x = show(linspace(-0.1, 0.7, 11, { dtype: "f64" }))[2];
    expect([x[0], x[10]]).toEqual([-0.1, 0.7]);
    expect(show(linspace(5, -5, 3))[2]).toEqual([5, 0, -5]);
  });

  test("logspace", () => {
    expect(show(logspace(0, 2, 3))[2]).toEqual([1, 10, 100]);
    expect(show(logspace(0, 4, 3, { base: 2 }))[2]).toEqual([1, 4, 16]);
  });
});

describe("joining", () => {
  const [a, b] = [tensor([[1, 2]]), tensor([[3, 4]])];

  test("cat, stack, vstack, hstack", () => {
    expect(show(cat([a, b]))).toEqual(["f32", [2, 2], [1, 2, 3, 4]]);
    expect(show(cat([a, b], -1))).toEqual(["f32", [1, 4], [1, 2, 3, 4]]);
    expect(show(stack([a, b], 2))).toEqual(["f32", [1, 2, 2], [1, 3, 2, 4]]);
    expect(show(vstack([tensor([1, 2]), b]))).toEqual(["f32", [2, 2], [1, 2, 3, 4]]);
    expect(show(hstack([tensor([1]), tensor(2), tensor([3])]))[2]).toEqual([1, 2, 3]);
    expect(show(hstack([a, b]))[1]).toEqual([1, 4]);
  });

  test("promotes dtypes, and lets empty vectors join anything", () => {
    expect(cat([arange(2), ones([1])]).dtype).toBe("f32");
    expect(cat([arange(2), ones([1], { dtype: "f64" })]).dtype).toBe("f64");
    expect(show(cat([tensor([]), a]))).toEqual(["f32", [1, 2], [1, 2]]);
    expect(show(cat([tensor([true]), tensor([false])]))).toEqual(["bool", [2], [1, 0]]);
    expect(show(cat([tensor([-0, NaN]), tensor([1])]))[2]).toEqual([-0, NaN, 1]);
  });

  test("where, with tensors and numbers that broadcast", () => {
    const cond = tensor([[true], [false]]);
    expect(show(where(cond, tensor([1, 2]), 0))).toEqual(["f32", [2, 2], [1, 2, 0, 0]]);
    expect(show(where(cond, arange(2), 5))[0]).toBe("i32");
    expect(show(where(cond, arange(2), 0.5))[0]).toBe("f32");
    expect(show(where(cond, 1, 2))).toEqual(["f32", [2, 1], [1, 2]]);
    // What is not chosen does not matter.
    expect(show(where(tensor([true, false]), 1, tensor([NaN, 3])))[2]).toEqual([1, 3]);
  });

  test("broadcastTensors and meshgrid", () => {
    expect(broadcastTensors(zeros([3, 1]), zeros([2])).map((x) => x.shape)).toEqual([
      [3, 2],
      [3, 2],
    ]);
    const [x, y] = meshgrid([arange(2), arange(3)]);
    expect(x.toArraySync()).toEqual([
      [0, 0, 0],
      [1, 1, 1],
    ]);
    expect(y.toArraySync()).toEqual([
      [0, 1, 2],
      [0, 1, 2],
    ]);
    expect(meshgrid([arange(2), arange(3)], { indexing: "xy" })[0].shape).toEqual([3, 2]);
  });
});

describe("dtypes meet as in PyTorch", () => {
  const of = (dtype: Tensor["dtype"], shape: number[] = [1]): Tensor => ones(shape, { dtype });

  test.each([
    ["bool", "u8", "u8"],
    ["bool", "i32", "i32"],
    ["u8", "i32", "i32"],
    ["i32", "f32", "f32"],
    ["f32", "f64", "f64"],
    ["bool", "f64", "f64"],
  ] as const)("%s with %s is %s", (a, b, expected) => {
    expect(of(a).add(of(b)).dtype).toBe(expected);
    expect(of(b).mul(of(a)).dtype).toBe(expected);
  });

  test("scalars change no dtype but by their kind", () => {
    expect(of("f32").add(of("f64", [])).dtype).toBe("f32");
    expect(of("u8").add(of("i32", [])).dtype).toBe("u8");
    expect(of("i32").add(of("f64", [])).dtype).toBe("f64");
    expect(of("i32").add(1.5).dtype).toBe("f32");
    expect(of("i32").add(2).dtype).toBe("i32");
    expect(of("bool").add(2).dtype).toBe("i32");
    expect(of("f64").add(1.5).dtype).toBe("f64");
    expect(of("i32").add(true).dtype).toBe("i32");
  });

  test("division and roots are floats, comparisons bool, counts i32", () => {
    expect(of("i32").div(of("i32")).dtype).toBe("f32");
    expect(of("i32").sqrt().dtype).toBe("f32");
    expect(of("i32").lt(2).dtype).toBe("bool");
    expect(of("bool").sum().dtype).toBe("i32");
    expect(of("u8").cumsum(0).dtype).toBe("i32");
    expect(of("f32").argmax().dtype).toBe("i32");
  });
});
