import { describe, expect, test } from "vitest";
import { compile, nn, noGrad, setDevice } from "../../src/index.ts";
import { manualSeed, rand, randn, type Tensor, tensor, zeros } from "../../src/tensor/index.ts";
import { devicesOfCompositions } from "../conformance/devices.ts";

// Texts taken in piece by piece, over keys and values that are kept, against the same texts as a whole.

const near = (actual: Tensor, expected: Tensor): void => {
  expect(actual.shape).toEqual(expected.shape);
  expect(actual.sub(expected).abs().max().itemSync()).toBeLessThan(1e-5);
};

/** Pieces of x along its steps, of these lengths. */
const pieces = (x: Tensor, axis: number, lengths: readonly number[]): Tensor[] =>
  x.split([...lengths], axis);

/** A prompt of several tokens, single ones, and several again in the middle. */
const LENGTHS = [3, 1, 1, 4, 1];
const TOTAL = 10;

const HOW = {
  "as it is": <F extends (...args: never[]) => unknown>(fn: F): F => fn,
  compiled: compile as <F extends (...args: never[]) => unknown>(fn: F) => F,
};

describe.each(devicesOfCompositions())("on %s", (device) => {
  describe.each(Object.entries(HOW))("%s", (_, how) => {
    test.each([true, false])("attention, batchFirst %s", (batchFirst) => {
      setDevice(device);
      manualSeed(1);
      const layer = new nn.MultiheadAttention(12, 3, { batchFirst });
      const x = randn(batchFirst ? [2, TOTAL, 12] : [TOTAL, 2, 12]);
      const [expected] = layer.forward(x, x, x, { isCausal: true });
      const cache = layer.newCache({ batch: 2, length: 12 });
      const step = how((y: Tensor) => layer.forward(y, y, y, { cache, isCausal: true })[0]);
      const axis = batchFirst ? 1 : 0;
      for (let round = 0; round < 2; round++) {
        const seen = pieces(expected, axis, LENGTHS);
        pieces(x, axis, LENGTHS).forEach((piece, i) => near(step(piece), seen[i]));
        expect(cache.length.itemSync()).toBe(TOTAL);
        cache.reset();
      }
    });

    test("one sequence without a batch, with weights, masks and what stands after all keys", () => {
      setDevice(device);
      manualSeed(2);
      const layer = new nn.MultiheadAttention(8, 2, { addBiasKv: true, addZeroAttn: true });
      const x = randn([6, 8]);
      const hidden = tensor([false, true, false, false, false, false]);
      const all = { keyPaddingMask: hidden, isCausal: true };
      const [expected, weights] = layer.forward(x, x, x, all);
      const cache = layer.newCache({ length: 7 });
      const options = { cache, keyPaddingMask: hidden.pad([0, 1]), isCausal: true };
      const step = how((y: Tensor) => layer.forward(y, y, y, options) as [Tensor, Tensor]);
      near(step(x.narrow(0, 0, 4))[0], expected.narrow(0, 0, 4));
      const [last, lastWeights] = step(x.narrow(0, 4, 2));
      near(last, expected.narrow(0, 4, 2));
      // There is a place for a seventh position, to which nobody looks, before those that are added.
      near(lastWeights.narrow(1, 0, 6), weights!.narrow(0, 4, 2).narrow(1, 0, 6));
      near(lastWeights.select(1, 6), zeros([2]));
      near(lastWeights.narrow(1, 7, 2), weights!.narrow(0, 4, 2).narrow(1, 6, 2));
    });

    test("heads of queries that share keys", () => {
      setDevice(device);
      manualSeed(3);
      const [q, k, v] = [randn([2, 6, 7, 4]), randn([2, 2, 7, 4]), randn([2, 2, 7, 5])];
      const attend = nn.functional.scaledDotProductAttention;
      const expected = attend(q, k, v, { isCausal: true, enableGqa: true });
      const sizes = { batch: 2, heads: 2, length: 7, size: 4, valueSize: 5 };
      const cache = new nn.KeyValueCache(sizes);
      const step = how((a: Tensor, b: Tensor, c: Tensor) => {
        const { keys, values, mask } = cache.append(b, c, { isCausal: true });
        return attend(a, keys, values, { ...mask, enableGqa: true });
      });
      for (const [from, count] of [
        [0, 1],
        [1, 4],
        [5, 2],
      ])
        near(
          step(q.narrow(2, from, count), k.narrow(2, from, count), v.narrow(2, from, count)),
          expected.narrow(2, from, count),
        );
    });

    test.each([true, false])("a stack of encoder layers, normFirst %s", (normFirst) => {
      setDevice(device);
      manualSeed(4);
      const sizes = { dimFeedforward: 16, batchFirst: true, normFirst };
      const layer = new nn.TransformerEncoderLayer(8, 2, sizes);
      const net = new nn.TransformerEncoder(layer, 2, { norm: new nn.LayerNorm(8) }).eval();
      const x = randn([3, TOTAL, 8]);
      const expected = net.forward(x, { isCausal: true });
      const cache = net.newCache({ batch: 3, length: TOTAL });
      const step = how((y: Tensor) => net.forward(y, { cache, isCausal: true }));
      const seen = pieces(expected, 1, LENGTHS);
      pieces(x, 1, LENGTHS).forEach((piece, i) => near(step(piece), seen[i]));
    });

    test.each([true, false])("a stack of decoder layers, batchFirst %s", (batchFirst) => {
      setDevice(device);
      manualSeed(5);
      const layer = new nn.TransformerDecoderLayer(8, 2, { dimFeedforward: 16, batchFirst });
      const net = new nn.TransformerDecoder(layer, 2).eval();
      const shape = (n: number): number[] => (batchFirst ? [2, n, 8] : [n, 2, 8]);
      const [x, memory] = [randn(shape(TOTAL)), randn(shape(5))];
      const mask = tensor([[false, true, false, false, true], [false, false, false, true, false]]); // prettier-ignore
      const masks = { tgtIsCausal: true, memoryKeyPaddingMask: mask };
      const expected = net.forward(x, memory, masks);
      const cache = net.newCache(memory, { length: TOTAL });
      const step = how((y: Tensor) => net.forward(y, undefined, { ...masks, cache }));
      const axis = batchFirst ? 1 : 0;
      const seen = pieces(expected, axis, LENGTHS);
      pieces(x, axis, LENGTHS).forEach((piece, i) => near(step(piece), seen[i]));
      // Another memory in the place of the first.
      const other = randn(shape(5));
      cache.forEach(({ own, memory: kept }, i) => {
        own.reset();
        net.layers.at(i)!.multiheadAttn.cacheOf(other, other, kept);
      });
      const [first] = pieces(net.forward(x, other, masks), axis, LENGTHS);
      near(step(x.narrow(axis, 0, LENGTHS[0])), first);
    });

    test("positions count on from the length of a cache", () => {
      setDevice(device);
      manualSeed(6);
      const layer = new nn.MultiheadAttention(8, 2, { batchFirst: true });
      const layers = [
        new nn.SinusoidalPositions(8, { batchFirst: true }),
        new nn.LearnedPositions(6, 8, { batchFirst: true }),
        new nn.RotaryPositions(8),
      ];
      const x = rand([1, 6, 8]);
      for (const positions of layers) {
        const cache = layer.newCache({ length: 6 });
        const step = how((y: Tensor) => {
          const placed = positions.forward(y, { offset: cache.length });
          return layer.forward(placed, placed, placed, { cache, isCausal: true })[0];
        });
        const whole = positions.forward(x);
        const [expected] = layer.forward(whole, whole, whole, { isCausal: true });
        near(step(x.narrow(1, 0, 4)), expected.narrow(1, 0, 4));
        for (const i of [4, 5]) near(step(x.narrow(1, i, 1)), expected.narrow(1, i, 1));
      }
    });

    test("linear biases count on from the length of a cache", () => {
      setDevice(device);
      const [alibi, layer] = [new nn.ALiBi(2), new nn.MultiheadAttention(8, 2)];
      const x = randn([5, 8]);
      const cache = layer.newCache({ length: 5 });
      const step = how((y: Tensor) => {
        const attnMask = alibi.forward(1, 5, { offset: cache.length });
        return layer.forward(y, y, y, { cache, attnMask })[0];
      });
      const later = zeros([5, 5]).add(-Infinity).triu(1);
      const [expected] = layer.forward(x, x, x, { attnMask: alibi.forward(5).add(later) });
      for (let i = 0; i < 5; i++) near(step(x.narrow(0, i, 1)), expected.narrow(0, i, 1));
    });
  });
});

describe("more positions than there is room for", () => {
  const layer = new nn.MultiheadAttention(4, 2, { batchFirst: true });

  test("are refused where they are counted", () => {
    const cache = layer.newCache({ length: 3 });
    const two = rand([1, 2, 4]);
    layer.forward(two, two, two, { cache });
    expect(() => layer.forward(two, two, two, { cache })).toThrow(
      "KeyValueCache: there is room for 3 positions, and 2 seen and 2 more need 4; " +
        "make a cache of a greater length, or reset it",
    );
    expect(cache.reset().length.itemSync()).toBe(0);
    layer.forward(two, two, two, { cache });
    expect(cache.length.itemSync()).toBe(2);
  });

  test("give NaN in a compiled function, until there is room again", () => {
    const cache = layer.newCache({ length: 3 });
    const options = { cache, needWeights: false };
    const step = compile((x: Tensor) => layer.forward(x, x, x, options)[0]);
    const one = rand([1, 1, 4]);
    const sums = Array.from({ length: 4 }, () => step(one).sum().itemSync());
    expect(sums.map(Number.isNaN)).toEqual([false, false, false, true]);
    cache.reset();
    expect(step(one).sum().itemSync()).toBe(sums[0]);
  });
});

test("a function over a cache is recorded once for each length of what comes", () => {
  const layer = new nn.TransformerEncoderLayer(8, 2, { dropout: 0 });
  const cache = layer.newCache({ length: 9 });
  let recorded = 0;
  const step = compile((x: Tensor, given: nn.KeyValueCache) => {
    recorded++;
    return layer.forward(x, { cache: given, isCausal: true });
  });
  noGrad(() => {
    step(rand([3, 8]), cache).dataSync();
    for (let i = 0; i < 5; i++) step(rand([1, 8]), cache).dataSync();
  });
  expect(recorded).toBe(2);
  expect(cache.length.itemSync()).toBe(8);
});

test("a prompt that starts anew inside a compiled function costs no more than its own length", () => {
  const cache = new nn.KeyValueCache({ heads: 1, length: 100, size: 2 });
  let width = 0;
  const start = compile((k: Tensor) => {
    const { keys } = cache.reset().append(k, k);
    width = keys.shape[2];
    return keys;
  });
  start(rand([1, 1, 4, 2])).dataSync();
  expect([width, cache.length.itemSync()]).toEqual([4, 4]);
  expect(cache.keys.narrow(2, 4, 96).abs().sum().itemSync()).toBe(0);
});

test("gradients reach what is new, and not what is kept", () => {
  const cache = new nn.KeyValueCache({ heads: 1, length: 2, size: 1 });
  const [a, b] = [rand([1, 1, 1, 1]).requiresGrad_(), rand([1, 1, 1, 1]).requiresGrad_()];
  cache.append(a, a);
  const { values } = cache.append(b, b);
  values.sum().backward();
  expect(a.grad).toBeUndefined();
  expect(b.grad!.itemSync()).toBe(1);
});

describe("what says what is wrong", () => {
  const layer = new nn.MultiheadAttention(4, 2, { batchFirst: true });
  const cache = layer.newCache({ batch: 2, length: 4 });
  const [one, three] = [rand([2, 1, 4]), rand([2, 3, 4])];

  test.each([
    [
      () => new nn.KeyValueCache({ heads: 2, length: 0, size: 4 }),
      "length must be an integer >= 1",
    ],
    [() => layer.newCache({ batch: 0.5, length: 4 }), "batch must be an integer >= 1, got 0.5"],
    [() => layer.forward(one, three, three, { cache }), "got 3 for 1"],
    [() => layer.forward(one, undefined, undefined), "may be left out only together"],
    [() => layer.forward(one, one, undefined, { cache }), "may be left out only together"],
    [
      () => layer.forward(one, undefined, undefined, { cache, isCausal: true }),
      "and without isCausal",
    ],
    [
      () => layer.forward(rand([3, 1, 4]), undefined, undefined, { cache }),
      "query [3, 1, 4] and cache do not fit together: expected vectors of 4 for a batch of 2",
    ],
    [
      () => cache.append(rand([1, 2, 1, 2]), rand([1, 2, 1, 2])),
      "expected keys f32[2, 2, L, 2], with L >= 1 positions, got f32[1, 2, 1, 2]",
    ],
    [
      () => cache.append(rand([2, 2, 1, 2]), rand([2, 2, 2, 2])),
      "expected values f32[2, 2, L, 2], with L >= 1 positions, got f32[2, 2, 2, 2]",
    ],
    [
      () => cache.append(zeros([2, 2, 1, 2], { dtype: "f64" }), zeros([2, 2, 1, 2])),
      "expected keys f32[2, 2, L, 2], with L >= 1 positions, got f64[2, 2, 1, 2]",
    ],
    [
      () => layer.forward(one, one, one, { cache, keyPaddingMask: zeros([2, 1]) }),
      "expected keyPaddingMask [2, 4], got [2, 1]",
    ],
    [
      () => new nn.RotaryPositions(2).forward(rand([1, 2]), { offset: tensor(0.5) }),
      "RotaryPositions: offset must be an integer scalar, got f32[]",
    ],
  ])("%s", (wrong, message) => {
    expect(wrong).toThrow(message);
  });

  test("stacks", () => {
    const encoder = new nn.TransformerEncoder(new nn.TransformerEncoderLayer(4, 2), 2);
    expect(() => encoder.forward(one, { cache: [] })).toThrow(
      "TransformerEncoder: expected a cache for each of 2 layers, as newCache makes them, got 0",
    );
    const decoder = new nn.TransformerDecoderLayer(4, 2);
    const kept = decoder.newCache(three, { length: 4 });
    expect(() => decoder.forward(one, three, { cache: kept })).toThrow(
      "TransformerDecoderLayer: the cache holds a memory; pass undefined for `memory`",
    );
    expect(() => decoder.forward(one, undefined)).toThrow(
      "TransformerDecoderLayer: expected a memory, or a cache that was made of one",
    );
  });
});
