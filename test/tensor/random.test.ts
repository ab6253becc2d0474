import { beforeEach, describe, expect, test } from "vitest";
import { philox } from "../../src/ir/special.ts";
import { deviceNames, setDevice } from "../../src/runtime/registry.ts";
import {
  compile,
  Generator,
  manualSeed,
  normal,
  rand,
  randint,
  randLike,
  randn,
  randperm,
  type Tensor,
  tensor,
  uniform,
  zeros,
} from "../../src/tensor/index.ts";

const numbers = (x: Tensor): number[] => Array.from(x.dataSync());

beforeEach(() => {
  setDevice("wasm");
  manualSeed(42);
});

/** Mean and standard deviation. */
function moments(values: readonly number[]): [mean: number, deviation: number] {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
  return [mean, Math.sqrt(variance)];
}

describe("seeds", () => {
  test("the same gives the same, another gives others", () => {
    const first = numbers(rand([5]));
    expect(numbers(rand([5]))).not.toEqual(first);
    manualSeed(42);
    expect(numbers(rand([5]))).toEqual(first);
    manualSeed(43);
    expect(numbers(rand([5]))).not.toEqual(first);
    // Seeds above 2^32 count with all their digits.
    manualSeed(42 + 2 ** 32);
    expect(numbers(rand([5]))).not.toEqual(first);
  });

  test("numbers are those of Philox 4×32-10, by seed and stream", () => {
    manualSeed(2 ** 32 + 7);
    rand([1]);
    const words = [0, 1, 2].map((c) => philox([c, 1, 0, 0], [7, 1]));
    // Twelve numbers are four words of three counters each.
    const expected = [0, 1, 2, 3].flatMap((k) => words.map((w) => (w[k] >>> 8) * 2 ** -24));
    expect(numbers(rand([12]))).toEqual(expected);
  });

  test("generators have numbers of their own, and go on where they were saved", () => {
    const [a, b] = [new Generator(5), new Generator(5)];
    const first = numbers(rand([3], { generator: a }));
    expect(numbers(rand([3], { generator: b }))).toEqual(first);
    const state = a.getState();
    const next = numbers(randn([3], { generator: a }));
    b.setState(state);
    expect(numbers(randn([3], { generator: b }))).toEqual(next);
    expect(a.seed).toBe(5);
    // The default generator did not move.
    const own = numbers(rand([2]));
    manualSeed(42);
    expect(numbers(rand([2]))).toEqual(own);
  });

  test("an unread tensor still takes its turn, and is the same whenever it is read", () => {
    const [x, y] = [rand([3]), rand([3])];
    const second = numbers(y);
    const first = numbers(x);
    manualSeed(42);
    expect(numbers(rand([3]))).toEqual(first);
    expect(numbers(rand([3]))).toEqual(second);
  });

  test("the same bits on every device, and normal numbers up to rounding", () => {
    const all = deviceNames().map((name) => {
      setDevice(name);
      manualSeed(9);
      return [rand([1001]), randint(-50, 50, [99]), randperm(50), randn([1001])].map(numbers);
    });
    for (const [u, i, p, z] of all.slice(1)) {
      expect([u, i, p]).toEqual(all[0].slice(0, 3));
      z.forEach((v, k) => expect(Math.abs(v - all[0][3][k])).toBeLessThan(1e-5));
    }
  });

  test("a compiled function draws what it would draw by itself", () => {
    const f = (x: Tensor): Tensor => x.add(randn([3])).mul(rand([3]));
    const plain = [1, 2, 3].map(() => numbers(f(zeros([3]))));
    manualSeed(42);
    const fast = compile(f);
    expect([1, 2, 3].map(() => numbers(fast(zeros([3]))))).toEqual(plain);
  });
});

describe("distributions", () => {
  const N = 60_000;

  test.each(["f32", "f64"] as const)("rand and uniform, %s", (dtype) => {
    const u = numbers(rand([N], { dtype }));
    expect(Math.min(...u.slice(0, 1000))).toBeGreaterThanOrEqual(0);
    expect(u.every((v) => v >= 0 && v < 1)).toBe(true);
    const [mean, deviation] = moments(u);
    expect(mean).toBeCloseTo(0.5, 2);
    expect(deviation).toBeCloseTo(Math.sqrt(1 / 12), 2);
    const bins = new Array<number>(20).fill(0);
    for (const v of u) bins[Math.floor(v * 20)]++;
    const chi = bins.reduce((sum, n) => sum + (n - N / 20) ** 2 / (N / 20), 0);
    // 19 degrees of freedom: above 50 once in ten thousand seeds.
    expect(chi).toBeLessThan(50);
    const wide = numbers(uniform([N], -3, 5, { dtype }));
    expect(wide.every((v) => v >= -3 && v < 5)).toBe(true);
    expect(moments(wide)[0]).toBeCloseTo(1, 1);
    expect(uniform([2], 1, 1, { dtype }).dtype).toBe(dtype);
  });

  test.each(["f32", "f64"] as const)("randn and normal, %s", (dtype) => {
    const z = numbers(randn([N], { dtype }));
    expect(z.every(Number.isFinite)).toBe(true);
    const [mean, deviation] = moments(z);
    expect(Math.abs(mean)).toBeLessThan(0.02);
    expect(deviation).toBeCloseTo(1, 1);
    const beyond = (limit: number): number => z.filter((v) => Math.abs(v) > limit).length / N;
    expect(beyond(1)).toBeCloseTo(0.3173, 1);
    expect(Math.abs(beyond(2) - 0.0455)).toBeLessThan(0.005);
    expect(Math.abs(beyond(3) - 0.0027)).toBeLessThan(0.001);
    expect(moments(z.map((v) => v ** 3))[0]).toBeCloseTo(0, 0);
    const [m, s] = moments(numbers(normal(10, 3, [N], { dtype })));
    expect([Math.round(m), Math.round(s)]).toEqual([10, 3]);
    expect(numbers(normal(2, 0, [2], { dtype }))).toEqual([2, 2]);
  });

  test("randint takes all integers of its range alike", () => {
    const values = numbers(randint(-2, 4, [N]));
    const counts = new Map<number, number>();
    for (const v of values) counts.set(v, (counts.get(v) ?? 0) + 1);
    expect([...counts.keys()].sort((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2, 3]);
    for (const n of counts.values()) expect(Math.abs(n / N - 1 / 6)).toBeLessThan(0.01);
    expect(randint(0, 5, [2]).dtype).toBe("i32");
    expect(randint(0, 5, [2], { dtype: "u8" }).dtype).toBe("u8");
    const wide = numbers(randint(-(2 ** 31), 2 ** 31, [1000]));
    expect(wide.some((v) => v < -1e9) && wide.some((v) => v > 1e9)).toBe(true);
  });

  test("randperm is a permutation", () => {
    const p = numbers(randperm(100));
    expect(p.slice().sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(p).not.toEqual(p.slice().sort((a, b) => a - b));
    expect(numbers(randperm(0))).toEqual([]);
  });

  test("bernoulli and dropout keep shares", () => {
    const p = tensor([0, 0.25, 1]).expand(20_000, 3);
    const share = p.bernoulli().mean(0).dataSync();
    expect([share[0], share[2]]).toEqual([0, 1]);
    expect(share[1]).toBeCloseTo(0.25, 1);
    const dropped = numbers(zeros([N]).add(2).dropout(0.2));
    expect(new Set(dropped)).toEqual(new Set([0, 2.5]));
    expect(dropped.filter((v) => v === 0).length / N).toBeCloseTo(0.2, 1);
  });

  test("multinomial draws in proportion to the weights, and never what has none", () => {
    const weights = tensor([1, 0, 3, 4]);
    const drawn = numbers(weights.multinomial(40_000, { replacement: true }));
    const share = [0, 1, 2, 3].map((k) => drawn.filter((v) => v === k).length / drawn.length);
    [0.125, 0, 0.375, 0.5].forEach((s, k) => expect(Math.abs(share[k] - s)).toBeLessThan(0.01));
    for (let i = 0; i < 20; i++) {
      const some = numbers(weights.multinomial(3));
      expect(some.slice().sort()).toEqual([0, 2, 3]);
    }
    expect(
      tensor([
        [1, 1],
        [0, 1],
      ]).multinomial(1).shape,
    ).toEqual([2, 1]);
  });

  test("of shape and dtype of another tensor", () => {
    const x = zeros([2, 3], { dtype: "f64" });
    expect([randLike(x).dtype, randLike(x).shape]).toEqual(["f64", [2, 3]]);
    expect(rand([2], { requiresGrad: true }).requiresGrad).toBe(true);
    expect(numbers(rand([0, 3]))).toEqual([]);
    expect(rand([]).shape).toEqual([]);
  });
});
