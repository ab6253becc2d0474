import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { type DType, DTYPES } from "../../src/ir/dtype.ts";
import { setDevice } from "../../src/runtime/registry.ts";
import {
  bincount,
  bitwiseAnd,
  bitwiseLeftShift,
  bitwiseNot,
  bitwiseOr,
  bitwiseRightShift,
  bitwiseXor,
  cumprod,
  gcd,
  lcm,
  unique,
} from "../../src/extra/index.ts";
import {
  arange,
  compile,
  eye,
  fromTypedArray,
  full,
  fullLike,
  manualSeed,
  ones,
  randint,
  randperm,
  type Tensor,
  tensor,
  where,
  zeros,
} from "../../src/tensor/index.ts";
import { devicesUnderTest } from "../conformance/devices.ts";
import { withoutFirstTier } from "../conformance/first-tier.ts";

const LOWEST = -(2n ** 63n);
const HIGHEST = 2n ** 63n - 1n;
const BEYOND = 2n ** 53n + 1n;

const longs = (x: Tensor): bigint[] => Array.from(x.dataSync<BigInt64Array>());

describe("tensors of i64", () => {
  test("are made of bigints, of a BigInt64Array, and where they are asked for", () => {
    expect(tensor(5n).dtype).toBe("i64");
    expect(tensor([[1n], [BEYOND]]).dtype).toBe("i64");
    expect(tensor(BigInt64Array.of(LOWEST)).dtype).toBe("i64");
    expect(fromTypedArray(BigInt64Array.of(1n, 2n), [2, 1]).dtype).toBe("i64");
    expect(full([2], HIGHEST).dtype).toBe("i64");
    const options = { dtype: "i64" } as const;
    const made = [zeros(2, options), ones(2, options), eye(2, 2, options), full(2, 7, options)];
    made.push(arange(5, options), randint(0, 9, [3], options), randperm(4, options));
    made.push(tensor([1, 2.9], options), tensor([true], options), zeros(2).fullLike(3n, options));
    expect(made.map((x) => x.dtype)).toEqual(made.map(() => "i64"));
    expect(longs(tensor([1.9, -(2 ** 40), NaN], options))).toEqual([1n, -(2n ** 40n), 0n]);
    expect(longs(arange(3, 0, -1, options))).toEqual([3n, 2n, 1n]);
    expect(longs(fullLike(zeros(2), HIGHEST, options))).toEqual([HIGHEST, HIGHEST]);
  });

  test("are nothing that dtypes become by themselves", () => {
    expect(arange(3).dtype).toBe("i32");
    expect(tensor([1n, 2]).dtype).toBe("f32");
    expect(arange(3).add(1n).dtype).toBe("i32");
    expect(tensor([1.5]).mul(2n).dtype).toBe("f32");
    expect(tensor([true]).add(1n).dtype).toBe("i64");
    expect(tensor([1n]).add(0.5).dtype).toBe("f32");
    const x = tensor([3n, 1n]);
    expect([x.argmax(), x.argsort(), x.sort().indices].map((y) => y.dtype)).toEqual([
      "i32",
      "i32",
      "i32",
    ]);
    expect([x.sum(), x.prod(), x.cumsum(0), x.amax()].map((y) => y.dtype)).toEqual(
      new Array<DType>(4).fill("i64"),
    );
    expect(tensor(BigInt64Array.of(7n), { dtype: "f64" }).dataSync()).toEqual(Float64Array.of(7));
  });

  test("are read as bigints, or as numbers that can be relied on", async () => {
    const x = tensor([LOWEST, BEYOND]);
    expect(await x.data<BigInt64Array>()).toEqual(BigInt64Array.of(LOWEST, BEYOND));
    expect(await tensor(-5n).item()).toBe(-5);
    expect(await tensor([[1n, -2n]]).toArray()).toEqual([[1, -2]]);
    expect(tensor([2n ** 53n - 1n]).itemSync()).toBe(Number.MAX_SAFE_INTEGER);
    await expect(x.at(1).item()).rejects.toThrow(
      "9007199254740993 is beyond 2^53, where numbers are no longer exact: read the elements with data()",
    );
    expect(() => x.toArraySync()).toThrow("-9223372036854775808 is beyond 2^53");
    expect(String(tensor([BEYOND, -1n]))).toBe(
      "tensor([9007199254740993,               -1], dtype=i64)",
    );
  });

  test("name positions, counts and classes", () => {
    const at = tensor([2n, 0n]);
    const x = tensor([10, 20, 30]);
    expect(x.indexSelect(0, at).toArraySync()).toEqual([30, 10]);
    expect(x.take(at).toArraySync()).toEqual([30, 10]);
    expect(x.gather(0, at).toArraySync()).toEqual([30, 10]);
    expect(x.at(at).toArraySync()).toEqual([30, 10]);
    expect(zeros(3).scatterAdd(0, at, ones(2)).toArraySync()).toEqual([1, 0, 1]);
    expect(at.oneHot().toArraySync()).toEqual([
      [0, 0, 1],
      [1, 0, 0],
    ]);
    expect(x.repeatInterleave(tensor([0n, 2n, 1n])).toArraySync()).toEqual([20, 20, 30]);
    expect(bincount(at).toArraySync()).toEqual([1, 0, 1]);
    expect(at.nonzero().toArraySync()).toEqual([[0]]);
  });

  test("are arguments of compiled functions, numbers among them too", () => {
    const shifted = compile((x: Tensor, by: number | bigint) => x.add(by));
    expect(longs(shifted(tensor([1n]), BEYOND))).toEqual([BEYOND + 1n]);
    expect(longs(shifted(tensor([1n]), 2n ** 60n))).toEqual([2n ** 60n + 1n]);
    expect(longs(shifted(tensor([1n]), 5))).toEqual([6n]);
    expect(shifted(tensor([true]), 1n).dtype).toBe("i64");
    expect(shifted(tensor([true]), 1).dtype).toBe("i32");
  });
});

interface Fixtures {
  readonly values: string[];
  readonly pairs: Record<string, string[]>;
  readonly divisions: Record<string, string[]>;
  readonly shifts: Record<"counts" | "left" | "right", string[]>;
  readonly each: Record<string, string[]>;
  readonly casts: Partial<Record<DType, string[]>>;
  readonly floats: { values: number[]; i64: string[] };
}
const { longs: FIXTURES } = JSON.parse(
  readFileSync(new URL("./dtypes.json", import.meta.url), "utf8"),
) as { longs: Fixtures };

const VALUES = FIXTURES.values.map(BigInt);

/** All pairs of values, which `fits` chooses from. */
function pairs(fits: (a: bigint, b: bigint) => boolean = () => true): [Tensor, Tensor] {
  const all = VALUES.flatMap((a) => VALUES.map((b) => [a, b] as const));
  const chosen = all.filter(([a, b]) => fits(a, b));
  return [tensor(chosen.map(([a]) => a)), tensor(chosen.map(([, b]) => b))];
}

/** Elements as Python writes them. */
const text = (x: Tensor): string[] =>
  Array.from(x.dataSync() as ArrayLike<number | bigint>, (v) =>
    x.dtype === "bool" ? (v ? "True" : "False") : String(v),
  );

describe.each(devicesUnderTest())("%s", (device) => {
  withoutFirstTier();
  beforeAll(() => void setDevice(device));

  test("computes with pairs as PyTorch, and wraps at 64 bits", () => {
    const [a, b] = pairs();
    const found: Record<string, Tensor> = {
      add: a.add(b),
      sub: a.sub(b),
      mul: a.mul(b),
      maximum: a.maximum(b),
      minimum: a.minimum(b),
      bitwiseAnd: bitwiseAnd(a, b),
      bitwiseOr: bitwiseOr(a, b),
      bitwiseXor: bitwiseXor(a, b),
      eq: a.eq(b),
      ne: a.ne(b),
      lt: a.lt(b),
      le: a.le(b),
      gt: a.gt(b),
      ge: a.ge(b),
    };
    expect(Object.keys(found)).toEqual(Object.keys(FIXTURES.pairs));
    for (const [name, x] of Object.entries(found))
      expect(text(x), name).toEqual(FIXTURES.pairs[name]);
    expect(longs(where(a.lt(b), a, b))).toEqual(longs(a.minimum(b)));
  });

  test("divides as PyTorch, and by 0 and -1 without a trap", () => {
    const [a, b] = pairs((x, y) => y !== 0n && !(x === LOWEST && y === -1n));
    const { floor, trunc, remainder, fmod, ...rest } = FIXTURES.divisions;
    expect(text(a.div(b, { rounding: "floor" }))).toEqual(floor);
    expect(text(a.floorDivide(b))).toEqual(floor);
    expect(text(a.div(b, { rounding: "trunc" }))).toEqual(trunc);
    expect(text(a.remainder(b))).toEqual(remainder);
    expect(text(a.fmod(b))).toEqual(fmod);
    expect(Array.from(a.div(b).dataSync())).toEqual(rest.true.map(Number));
    const edges = tensor([LOWEST, LOWEST, 5n, -5n]);
    const by = tensor([-1n, 0n, 0n, -1n]);
    expect(longs(edges.div(by, { rounding: "trunc" }))).toEqual([LOWEST, 0n, 0n, 5n]);
    expect(longs(edges.floorDivide(by))).toEqual([LOWEST, 0n, 0n, 5n]);
    expect(longs(edges.fmod(by))).toEqual([0n, 0n, 0n, 0n]);
    expect(longs(edges.floorDivide(-1))).toEqual([LOWEST, LOWEST, -5n, 5n]);
    expect(longs(edges.remainder(0))).toEqual([0n, 0n, 0n, 0n]);
  });

  test("shifts, reduces, sorts and multiplies matrices as PyTorch", () => {
    const x = tensor(VALUES);
    const counts = tensor(FIXTURES.shifts.counts.map(BigInt));
    const inside = (y: string[]): string[] =>
      y.map((v, i) => (Number(FIXTURES.shifts.counts[i]) < 64 ? v : "0"));
    expect(text(bitwiseLeftShift(x, counts))).toEqual(inside(FIXTURES.shifts.left));
    expect(text(bitwiseRightShift(x, counts))).toEqual(FIXTURES.shifts.right);
    const square = x.reshape(4, 5);
    const found: Record<string, Tensor> = {
      neg: x.neg(),
      abs: x.abs(),
      sign: x.sign(),
      bitwiseNot: bitwiseNot(x),
      square: x.square(),
      cumsum: x.cumsum(0),
      cumprod: cumprod(x.narrow(0, 5, VALUES.length - 5), 0),
      sorted: x.sort().values,
      order: x.argsort(),
      sum: square.sum(1),
      prod: square.narrow(0, 1, 3).prod(1),
      amax: square.amax(0),
      amin: square.amin(0),
      argmax: square.argmax(1),
      matmul: square.matmul(square.T),
      pow: x.pow(counts.remainder(7)),
    };
    expect(Object.keys(found)).toEqual(Object.keys(FIXTURES.each));
    for (const [name, y] of Object.entries(found))
      expect(text(y), name).toEqual(FIXTURES.each[name]);
    expect(longs(gcd(tensor(4660046610375530309n), 7540113804746346429n))).toEqual([1n]);
    expect(longs(lcm(tensor([2n ** 40n, 6n]), tensor([2n ** 20n * 3n, 4n])))).toEqual([
      2n ** 40n * 3n,
      12n,
    ]);
    expect(longs(unique(tensor([BEYOND, 1n, BEYOND])).values)).toEqual([1n, BEYOND]);
    expect(longs(x.topk(2).values)).toEqual([HIGHEST, HIGHEST - 1n]);
  });

  test("casts as PyTorch, and rounds once", () => {
    const x = tensor(VALUES);
    for (const dtype of DTYPES.filter((d) => d in FIXTURES.casts)) {
      const found = x.to(dtype);
      const wanted = FIXTURES.casts[dtype]!;
      if (dtype === "bool" || dtype === "i64") expect(text(found)).toEqual(wanted);
      else
        expect(Array.from(found.dataSync()), dtype).toEqual(
          wanted.map((v) => Number(v.replace("inf", "Infinity"))),
        );
    }
    const floats = tensor(FIXTURES.floats.values, { dtype: "f64" });
    expect(text(floats.long())).toEqual(FIXTURES.floats.i64);
    // What lies beyond wraps, as for the other integers.
    const far = tensor([2 ** 63, 2 ** 64 + 4096, -(2 ** 63) - 2048, 1e300, NaN, -Infinity], {
      dtype: "f64",
    });
    expect(longs(far.long())).toEqual([LOWEST, 4096n, HIGHEST - 2047n, 0n, 0n, 0n]);
    expect(longs(tensor([2 ** 62, -(2 ** 63), 2 ** 65, -1.5]).long())).toEqual([
      2n ** 62n,
      LOWEST,
      0n,
      -1n,
    ]);
    const words = tensor([4294967295], { dtype: "u32" });
    expect(longs(words.long())).toEqual([4294967295n]);
    expect(Array.from(tensor([-1n, BEYOND]).to("u32").dataSync())).toEqual([4294967295, 1]);
  });

  test("has the ends of its range where there is nothing to compare", () => {
    const none = zeros([3, 0], { dtype: "i64" });
    expect(longs(none.sum(1))).toEqual([0n, 0n, 0n]);
    expect(longs(none.prod(1))).toEqual([1n, 1n, 1n]);
    expect(longs(full([2], LOWEST).amax().reshape(1))).toEqual([LOWEST]);
    expect(longs(full([2], HIGHEST).amin().reshape(1))).toEqual([HIGHEST]);
    expect(longs(full([3000], HIGHEST).amin().reshape(1))).toEqual([HIGHEST]);
    expect(longs(tensor([1n]).add(HIGHEST))).toEqual([LOWEST]);
  });

  test("draws integers of any 64 bits", () => {
    manualSeed(7);
    const drawn = longs(randint(2 ** 50, 2 ** 50 + 10, [200], { dtype: "i64" }));
    expect(drawn.every((v) => v >= 2n ** 50n && v < 2n ** 50n + 10n)).toBe(true);
    expect(new Set(drawn).size).toBe(10);
  });
});
