import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import {
  type DType,
  DTYPES,
  fromStored,
  isHalf,
  promote,
  toStored,
  viewArray,
} from "../../src/ir/dtype.ts";
import { readStored } from "../../src/runtime/engine.ts";
import { setDevice } from "../../src/runtime/registry.ts";
import {
  fromTypedArray,
  layerNorm,
  ones,
  rand,
  randn,
  type Tensor,
  tensor,
} from "../../src/tensor/index.ts";
import { devicesUnderTest } from "../conformance/devices.ts";
import { withoutFirstTier } from "../conformance/first-tier.ts";

// Element types and what becomes what, as PyTorch has it: promotion, casts, sums and products.
interface Fixtures {
  readonly promote: Record<DType, Record<DType, DType | null>>;
  readonly scalars: Record<DType, DType[]>;
  readonly singles: { values: string; f16: string; bf16: string };
  readonly every: Record<string, string>;
  readonly whole: { values: number[]; i8: number[]; i16: number[]; f16: string; bf16: string };
  readonly contractions: readonly Contraction[];
}
interface Contraction {
  readonly dtype: "f16" | "bf16";
  readonly sizes: readonly [number, number, number];
  readonly a: string;
  readonly b: string;
  readonly product: string;
  readonly sum: string;
  readonly mean: string;
  readonly softmax: string;
  readonly layerNorm: string;
  readonly gelu: string;
}
const FIXTURES = JSON.parse(
  readFileSync(new URL("./dtypes.json", import.meta.url), "utf8"),
) as Fixtures;

/** Stored elements from base64. */
function decoded(text: string, dtype: DType) {
  const bytes = Uint8Array.from(Buffer.from(text, "base64"));
  return viewArray(dtype, bytes.buffer, 0, bytes.length / (isHalf(dtype) ? 2 : 4));
}

const NAN: Partial<Record<DType, number>> = { f16: 0x7e00, bf16: 0x7fc0, f32: 0x7fc00000 };

/** The bits of floats, one pattern for all NaN. */
function bitsOf(x: Tensor): Uint16Array | Uint32Array {
  const stored = readStored(x.node).slice();
  const numbers = x.dataSync();
  const words = x.dtype === "f32" ? Uint32Array : Uint16Array;
  const bits = new words(stored.buffer, stored.byteOffset, stored.length);
  return bits.map((b, i) => (Number.isNaN(numbers[i]) ? NAN[x.dtype]! : b));
}

const ALL = Uint16Array.from({ length: 65536 }, (_, i) => i - 32768);

describe("promotion", () => {
  test.each(DTYPES)("of %s with every other dtype is PyTorch's", (a) => {
    for (const b of DTYPES) {
      const wanted = FIXTURES.promote[a][b];
      const other = a === "u32" ? b : a;
      // PyTorch lets u32 join floats only.
      if (wanted === null && (other === "u8" || other === "bool"))
        expect(promote(a, b)).toBe("u32");
      else if (wanted === null) expect(() => promote(a, b)).toThrow(/no common dtype/);
      else expect(promote(a, b), `${a} with ${b}`).toBe(wanted);
    }
  });

  test.each(DTYPES)("of %s with numbers is PyTorch's", (dtype) => {
    const x = ones([2], { dtype });
    const found = [true, 2, 2.5].map((v) => (dtype === "bool" && v === true ? x : x.add(v)).dtype);
    expect(found).toEqual(FIXTURES.scalars[dtype]);
  });

  test("a scalar tensor changes the dtype of others by its category only", () => {
    const half = ones([2], { dtype: "f16" });
    expect(half.add(tensor(1)).dtype).toBe("f16");
    expect(half.mul(tensor(2, { dtype: "i32" })).dtype).toBe("f16");
    expect(ones([2], { dtype: "i8" }).add(tensor(1, { dtype: "i16" })).dtype).toBe("i8");
    expect(ones([2], { dtype: "i8" }).add(tensor(1, { dtype: "bf16" })).dtype).toBe("bf16");
  });
});

describe("elements", () => {
  test("are given in the arrays that fit them", () => {
    const x = tensor([1.5, -2]);
    const half = x.half().dataSync();
    expect(half.constructor.name).toBe(
      "Float16Array" in globalThis ? "Float16Array" : "Float32Array",
    );
    expect([...half]).toEqual([1.5, -2]);
    expect(x.bfloat16().dataSync()).toEqual(Float32Array.of(1.5, -2));
    expect(x.char().dataSync()).toEqual(Int8Array.of(1, -2));
    expect(x.short().dataSync()).toEqual(Int16Array.of(1, -2));
    expect(x.half().toArraySync()).toEqual([1.5, -2]);
    expect(x.half().at(1).itemSync()).toBe(-2);
  });

  test("are taken from arrays of their kind, from numbers and from bits", () => {
    expect(tensor(Int8Array.of(-1)).dtype).toBe("i8");
    expect(tensor(Int16Array.of(-1)).dtype).toBe("i16");
    expect(tensor(Uint16Array.of(7)).dtype).toBe("i32");
    expect(tensor([70144.5, 0.1], { dtype: "bf16" }).toArraySync()).toEqual([70144, 0.10009765625]);
    const bits = fromTypedArray(Uint16Array.of(0x3c00, 0xc000), 2, { dtype: "f16" });
    expect(bits.toArraySync()).toEqual([1, -2]);
    expect(readStored(bits.add(1).node)).toEqual(Uint16Array.of(0x4000, 0xbc00));
    const numbers = fromTypedArray(Float32Array.of(1, 2.1), 2, { dtype: "bf16" });
    expect(numbers.toArraySync()).toEqual([1, 2.09375]);
    expect(() => fromTypedArray(Uint16Array.of(1))).toThrow(
      "a Uint16Array holds bits of f16 or bf16",
    );
    expect(() => fromTypedArray(Float64Array.of(1), 1, { dtype: "f16" })).toThrow(
      "holds f64, not f16",
    );
  });

  test("of all patterns are what they are stored as", () => {
    for (const dtype of ["f16", "bf16"] as const) {
      const values = fromStored(dtype, ALL);
      const back = toStored(dtype, Float32Array.from(values));
      expect(back.filter((b, i) => b !== ALL[i] && !Number.isNaN(values[i]))).toHaveLength(0);
    }
  });

  test("print with their dtype", () => {
    expect(String(tensor([0.1, 2], { dtype: "f16" }))).toBe("tensor([0.1, 2. ], dtype=f16)");
    expect(String(tensor([0.1, 2], { dtype: "bf16" }))).toBe("tensor([0.1, 2. ], dtype=bf16)");
    expect(String(tensor([-3, 12], { dtype: "i8" }))).toBe("tensor([-3, 12], dtype=i8)");
  });

  test("are drawn below 1, also where rounding could reach it", () => {
    for (const dtype of ["f16", "bf16"] as const) {
      const u = rand([20_000], { dtype });
      expect(u.dtype).toBe(dtype);
      expect(u.amax().itemSync()).toBeLessThan(1);
      expect(u.mean().itemSync()).toBeCloseTo(0.5, 1);
      expect(randn([20_000], { dtype }).float().std().itemSync()).toBeCloseTo(1, 1);
    }
  });
});

test("gradients are of the dtype of what they belong to", () => {
  const w = randn([3, 4]).half().requiresGrad_();
  const x = randn([4, 2]).requiresGrad_();
  w.float().matmul(x).bfloat16().square().sum().backward();
  expect([w.grad!.dtype, x.grad!.dtype]).toEqual(["f16", "f32"]);
  expect(w.grad!.isfinite().all().itemSync()).toBe(1);
});

describe.each(devicesUnderTest())("%s", (device) => {
  withoutFirstTier();
  beforeAll(() => void setDevice(device));

  const singles = (): Tensor => fromTypedArray(decoded(FIXTURES.singles.values, "f32"));
  const half = (bits: Uint16Array, dtype: DType): Tensor =>
    fromTypedArray(bits, bits.length, { dtype });

  test.each(["f16", "bf16"] as const)("rounds f32 to %s as PyTorch, to the bit", (dtype) => {
    expect(bitsOf(singles().to(dtype))).toEqual(decoded(FIXTURES.singles[dtype], dtype));
    const once = singles().add(0).to(dtype).neg().neg().to("f32").to(dtype);
    expect(bitsOf(once)).toEqual(decoded(FIXTURES.singles[dtype], dtype));
  });

  test.each([
    ["f16", "f32"],
    ["bf16", "f32"],
    ["f16", "bf16"],
    ["bf16", "f16"],
  ] as const)("casts all patterns of %s to %s as PyTorch", (from, to) => {
    const digest = createHash("sha256")
      .update(bitsOf(half(ALL, from).to(to)))
      .digest("hex");
    expect(digest).toBe(FIXTURES.every[`${from} to ${to}`]);
  });

  test("casts whole numbers as PyTorch", () => {
    const { values, i8, i16, f16, bf16 } = FIXTURES.whole;
    const x = tensor(values, { dtype: "i32" });
    expect(x.char().toArraySync()).toEqual(i8);
    expect(x.short().toArraySync()).toEqual(i16);
    expect(x.short().char().toArraySync()).toEqual(i8);
    expect(bitsOf(x.half())).toEqual(decoded(f16, "f16"));
    expect(bitsOf(x.bfloat16())).toEqual(decoded(bf16, "bf16"));
  });

  test.each(FIXTURES.contractions.map((c) => [`${c.dtype} ${c.sizes.join(" × ")}`, c] as const))(
    "sums and products of %s are within one unit of the last place of PyTorch's",
    (_, c) => {
      const [m, k, n] = c.sizes;
      const { dtype } = c;
      const load = (text: string, shape: readonly number[]): Tensor =>
        fromTypedArray(decoded(text, dtype), shape, { dtype });
      const [a, b] = [load(c.a, [m, k]), load(c.b, [k, n])];
      const found = {
        product: a.matmul(b),
        sum: a.sum(1),
        mean: a.mean(1),
        softmax: a.softmax(1),
        gelu: a.gelu(),
        layerNorm: layerNorm(a, k),
      };
      for (const [name, x] of Object.entries(found)) {
        expect(x.dtype).toBe(dtype);
        expect(farthest(x, c[name as keyof typeof found]), name).toBeLessThanOrEqual(1);
      }
    },
  );
});

/** How many numbers of the dtype lie between elements and those that were expected, at most. */
function farthest(x: Tensor, expected: string): number {
  // In ascending order from the negative ones.
  const place = (bits: number): number => (bits & 0x8000 ? -(bits & 0x7fff) : bits);
  const wanted = decoded(expected, x.dtype);
  return Math.max(...Array.from(bitsOf(x), (b, i) => Math.abs(place(b) - place(wanted[i]))));
}
