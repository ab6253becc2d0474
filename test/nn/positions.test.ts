import { describe, expect, test } from "vitest";
import { nn } from "../../src/index.ts";
import { manualSeed, ones, randn, rand, type Tensor, zeros } from "../../src/tensor/index.ts";
import { expectNumbers } from "./fixtures.ts";

const f64 = { dtype: "f64" } as const;
const numbers = (x: Tensor): number[] => Array.from(x.dataSync());

describe("sines and cosines", () => {
  test("are those of the paper, from any position on, for both orders of axes", () => {
    const layer = new nn.SinusoidalPositions(6);
    const y = layer.forward(zeros([4, 2, 6], f64), { offset: 3 });
    const expected = Array.from({ length: 4 * 2 * 6 }, (_, at) => {
      const [position, column] = [3 + Math.floor(at / 12), at % 6];
      const angle = position / 10000 ** ((2 * Math.floor(column / 2)) / 6);
      return column % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
    });
    expectNumbers(y, expected, "positions", 1e-12);
    const first = new nn.SinusoidalPositions(6, { batchFirst: true });
    expectNumbers(
      first.forward(zeros([2, 4, 6], f64), { offset: 3 }).transpose(0, 1),
      expected,
      "first",
      1e-12,
    );
    expectNumbers(
      layer.forward(zeros([4, 6], f64)),
      numbers(nn.sinusoidalPositions(4, 6, f64)),
      "one",
    );
  });

  test("drop values in training alone", () => {
    manualSeed(0);
    const layer = new nn.SinusoidalPositions(4, { dropout: 0.5 });
    const x = ones([20, 4]);
    expect(layer.forward(x).eq(0).any().itemSync()).toBe(1);
    expect(layer.eval().forward(x).eq(0).any().itemSync()).toBe(0);
  });
});

test("learned vectors are added by position, and get gradients", () => {
  const layer = new nn.LearnedPositions(5, 2, { batchFirst: true });
  nn.init.constant_(layer.weight, 1);
  layer
    .forward(zeros([3, 2, 2]), { offset: 1 })
    .sum()
    .backward();
  expect(layer.weight.grad!.toArraySync()).toEqual([[0, 0], [3, 3], [3, 3], [0, 0], [0, 0]]); // prettier-ignore
  expect(() => layer.forward(zeros([1, 3, 2]), { offset: 3 })).toThrow(
    "LearnedPositions: there are 5 positions, and 3 steps from 3 on need more",
  );
  expect(() => layer.forward(zeros([1, 3, 3]))).toThrow(
    "LearnedPositions: expected sequences (N, L, 2) or (L, 2), got [1, 3, 3]",
  );
});

describe("rotations", () => {
  test("of pairs by the angles of the paper", () => {
    manualSeed(1);
    const x = randn([3, 4], f64);
    const data = x.toArraySync() as number[][];
    for (const interleaved of [true, false]) {
      const y = new nn.RotaryPositions(4, { interleaved, base: 100 }).forward(x, { offset: 2 });
      const expected = data.flatMap((row, p) => {
        const out = new Array<number>(4);
        for (let i = 0; i < 2; i++) {
          const angle = (p + 2) * 100 ** ((-2 * i) / 4);
          const [a, b] = interleaved ? [2 * i, 2 * i + 1] : [i, i + 2];
          out[a] = row[a] * Math.cos(angle) - row[b] * Math.sin(angle);
          out[b] = row[b] * Math.cos(angle) + row[a] * Math.sin(angle);
        }
        return out;
      });
      expectNumbers(y, expected, `interleaved ${interleaved}`, 1e-12);
    }
  });

  test("leave products that depend on distances alone", () => {
    manualSeed(2);
    const rotary = new nn.RotaryPositions(8);
    const [q, k] = [randn([1, 5, 8], f64), randn([1, 5, 8], f64)];
    const scores = (offset: number): Tensor =>
      rotary.forward(q, { offset }).matmul(rotary.forward(k, { offset }).transpose(-1, -2));
    expectNumbers(scores(1000), numbers(scores(0)), "scores", 1e-10);
  });

  test("mistakes", () => {
    expect(() => new nn.RotaryPositions(3)).toThrow(
      "RotaryPositions: dim must be an even integer >= 2, got 3",
    );
    expect(() => new nn.RotaryPositions(4).forward(zeros([2, 6]))).toThrow(
      "RotaryPositions: expected vectors (…, L, 4), got [2, 6]",
    );
    expect(() => new nn.RotaryPositions(4).forward(zeros([2, 4]), { offset: -1 })).toThrow(
      "RotaryPositions: offset must be an integer >= 0, got -1",
    );
  });
});

describe("biases by distance", () => {
  test("have the slopes of the paper, also where heads are no power of 2", () => {
    expect(new nn.ALiBi(8).slopes).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((i) => 2 ** -i));
    const six = new nn.ALiBi(6).slopes;
    [1 / 4, 1 / 16, 1 / 64, 1 / 256, 1 / 2, 1 / 8].forEach((slope, i) => {
      expect(six[i]).toBeCloseTo(slope, 12);
    });
  });

  test("grow with the distance of the last keys, and are masks of attention", () => {
    const bias = new nn.ALiBi(2).forward(2, 4, f64);
    expectNumbers(bias.select(0, 0).mul(16), [-2, -1, 0, -1, -3, -2, -1, 0], "bias", 1e-12);
    manualSeed(3);
    const x = rand([3, 2, 4, 5]);
    const mask = new nn.ALiBi(2).forward(4);
    const y = nn.functional.scaledDotProductAttention(x, x, x, { attnMask: mask });
    const scores = x.matmul(x.transpose(-1, -2)).div(Math.sqrt(5)).add(mask).softmax();
    expectNumbers(y, numbers(scores.matmul(x)), "attention", 1e-5);
  });
});
