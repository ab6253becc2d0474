import { type DType, isSigned } from "../../ir/dtype.ts";
import { type Type } from "../../compiler/loop/loop.ts";
import { EASY_ANGLE } from "../../compiler/loop/math/trigonometric.ts";
import { LARGE_ANGLE } from "./angles.ts";
import { type BlockHelpers, createBlockHelpers } from "./block-helpers.ts";
import {
  ELEMENT_BYTES,
  type Element,
  memoryElement,
  nameOf,
  selectorOf,
  type Types,
} from "./types.ts";

// Functions that generated code calls where C has no operator. Each is written into a translation unit
// when it is first used, for the type that it is used with. Machines have instructions for most of them;
// compilers name these in ways of their own, so there is a plain definition beside each.

/** Calls of helper functions; what is called is added to `definitions`. */
export interface Helpers extends BlockHelpers {
  /** An operation on floats that C lacks, for scalars and vectors. */
  float(op: string, type: Type, ...args: string[]): string;
  /** `condition`, integers as wide as the type's lanes, decides lane by lane. */
  select(type: Type, condition: string, x: string, y: string): string;
  /** Division that gives 0 for a divisor of 0. */
  divide(op: "div" | "rem", type: Type, a: string, b: string): string;
  mulHigh(type: Type, a: string, b: string): string;
  /** Floats to integers modulo 2^32 or 2^64, NaN to 0. */
  truncate(from: Type, to: "i32" | "i64", a: string): string;
  reinterpret(from: DType, to: DType, a: string): string;
  /** The lanes of a vector combined by halves. */
  across(op: string, from: Type, a: string): string;
  readonly definitions: readonly string[];
}

type Float = "f32" | "f64";

interface FloatInfo {
  readonly int: Element;
  readonly bits: number;
  readonly suffix: string;
  /** Literals of C. */
  readonly sign: string;
  readonly bias: number;
  readonly exponentMask: number;
  readonly mantissaMask: string;
  readonly one: string;
}

const FLOATS: Record<Float, FloatInfo> = {
  f32: {
    int: "i32",
    bits: 23,
    suffix: "f",
    sign: "(-0x7fffffff - 1)",
    bias: 127,
    exponentMask: 255,
    mantissaMask: "0x7fffff",
    one: "0x3f800000",
  },
  f64: {
    int: "i64",
    bits: 52,
    suffix: "",
    sign: "(-0x7fffffffffffffffll - 1)",
    bias: 1023,
    exponentMask: 2047,
    mantissaMask: "0xfffffffffffffll",
    one: "0x3ff0000000000000ll",
  },
};

/** GCC's names of x86's instructions, by bytes of the vector: [condition, expression]. */
function machine(op: string, dtype: Float, lanes: number): [string, string][] {
  const bytes = lanes * ELEMENT_BYTES[dtype];
  const p = dtype === "f32" ? "ps" : "pd";
  const rounding = { round: 8, floor: 9, ceil: 10, trunc: 11 }[op];
  if (rounding !== undefined) {
    if (bytes === 64)
      return [["__AVX512F__", `__builtin_ia32_rndscale${p}_mask(a, ${rounding}, a, -1, 4)`]];
    if (bytes === 32) return [["__AVX__", `__builtin_ia32_round${p}256(a, ${rounding})`]];
    if (bytes === 16) return [["__SSE4_1__", `__builtin_ia32_round${p}(a, ${rounding})`]];
  }
  if (op === "sqrt") {
    if (bytes === 64) return [["__AVX512F__", `__builtin_ia32_sqrt${p}512_mask(a, a, -1, 4)`]];
    if (bytes === 32) return [["__AVX__", `__builtin_ia32_sqrt${p}256(a)`]];
    if (bytes === 16) return [["__SSE2__", `__builtin_ia32_sqrt${p}(a)`]];
  }
  if (op === "fma") {
    if (bytes === 64) return [["__AVX512F__", `__builtin_ia32_vfmadd${p}512_mask(a, b, c, -1, 4)`]];
    if (bytes === 32) return [["__FMA__", `__builtin_ia32_vfmadd${p}256(a, b, c)`]];
    if (bytes === 16)
      return [
        ["__FMA__", `__builtin_ia32_vfmadd${p}(a, b, c)`],
        ["__aarch64__", `__builtin_aarch64_fmav${dtype === "f32" ? "4sf" : "2df"}(a, b, c)`],
      ];
  }
  if (op === "scale" && bytes === 64)
    return [["__AVX512F__", `__builtin_ia32_scalef${p}512_mask(a, b, a, -1, 4)`]];
  if ((op === "max" || op === "min") && bytes === 64) {
    // It orders zeros by sign, but gives the other number for NaN: there, the sum is taken.
    const range = `__builtin_ia32_range${p}512_mask(a, b, ${op === "max" ? 5 : 4}, a, -1, 4)`;
    const isNaN = `__builtin_ia32_cmp${p}512_mask(a, b, 3, -1, 4)`;
    return [["__AVX512DQ__", `__builtin_ia32_add${p}512_mask(a, b, ${range}, ${isNaN}, 4)`]];
  }
  if (op === "atLeast" || op === "atMost") {
    // Where either is NaN, and where they are equal, these give the second operand.
    const name = `__builtin_ia32_${op === "atLeast" ? "max" : "min"}${p}`;
    if (bytes === 64) return [["__AVX512F__", `${name}512_mask(b, a, b, -1, 4)`]];
    if (bytes === 32) return [["__AVX__", `${name}256(b, a)`]];
    if (bytes === 16) return [["__SSE2__", `${name}(b, a)`]];
  }
  return [];
}

/** What clang, which knows no names for some instructions, has for any vector. */
const ELEMENTWISE: Record<string, string> = {
  floor: "floor",
  ceil: "ceil",
  trunc: "trunc",
  round: "roundeven",
  sqrt: "sqrt",
  fma: "fma",
};

/** What clang makes one instruction where the processor has it, and other compilers do not. */
const FUSED = `#ifdef __clang__
#pragma clang fp contract(on)
#endif
  return a * b + c;`;

const PARAMETERS: Record<string, string> = {
  fma: "abc",
  scale: "ab",
  rem: "ab",
  max: "ab",
  min: "ab",
  atLeast: "ab",
  atMost: "ab",
};

export function createHelpers(types: Types): Helpers {
  const definitions: string[] = [];
  const defined = new Set<string>();
  const define = (name: string, text: () => string): string => {
    if (!defined.has(name)) {
      defined.add(name);
      // What it calls itself comes before it.
      const definition = text();
      definitions.push(definition);
    }
    return name;
  };
  const fn = (result: string, name: string, parameters: string, body: string): string =>
    `static inline __attribute__((always_inline)) ${result} ${name}(${parameters}) {\n${body}\n}`;

  /** A function of one lane, lane by lane. */
  const byLane = (type: string, lanes: number, call: (lane: string) => string): string =>
    `  ${type} r;\n  for (int i = 0; i < ${lanes}; i++) r[i] = ${call("[i]")};\n  return r;`;

  function float(op: string, { dtype, lanes }: Type, ...args: string[]): string {
    const own = dtype as Float;
    const name = `${op}_${nameOf(own, lanes)}`;
    const type = types.vector(own, lanes);
    const parameters = (PARAMETERS[op] ?? "a").split("");
    define(name, () =>
      fn(type, name, parameters.map((p) => `${type} ${p}`).join(", "), floatBody(op, own, lanes)),
    );
    return `${name}(${args.slice(0, parameters.length).join(", ")})`;
  }

  function floatBody(op: string, dtype: Float, lanes: number): string {
    const { int, bits, suffix, sign, bias, exponentMask, mantissaMask, one } = FLOATS[dtype];
    const type = types.vector(dtype, lanes);
    const ints = types.vector(int, lanes);
    const toInt = (x: string): string => (lanes > 1 ? `(${ints})${x}` : reinterpret(dtype, int, x));
    const toFloat = (x: string): string =>
      lanes > 1 ? `(${type})(${x})` : reinterpret(int, dtype, x);
    const convert = (x: string): string =>
      lanes > 1 ? `__builtin_convertvector(${x}, ${type})` : `(${type})(${x})`;
    switch (op) {
      case "abs":
        return `  return ${toFloat(`${toInt("a")} & ~${sign}`)};`;
      case "max":
      case "min":
        return extremeBody(op, dtype, lanes, toInt, toFloat);
      case "atLeast":
      case "atMost": {
        const test = op === "atLeast" ? "a < b" : "b < a";
        const plain = lanes > 1 ? select({ dtype, lanes }, test, "b", "a") : `(${test}) ? b : a`;
        return choices(op, dtype, lanes, `  return ${plain};`);
      }
      case "exponent": {
        const shifted = `((${types.vector(int === "i32" ? "u32" : "u64", lanes)})${lanes > 1 ? "" : "("}${toInt("a")}${lanes > 1 ? "" : ")"} >> ${bits})`;
        return `  return ${convert(`((${ints})${shifted} & ${exponentMask}) - ${bias}`)};`;
      }
      case "mantissa":
        return `  return ${toFloat(`(${toInt("a")} & ${mantissaMask}) | ${one}`)};`;
      case "scale": {
        // 2^n in two factors, so that neither overflows.
        const toWhole = (x: string): string =>
          lanes > 1 ? `__builtin_convertvector(${x}, ${ints})` : `(${ints})(${x})`;
        const half = float("floor", { dtype, lanes }, `b * 0.5${suffix}`);
        const power = (n: string): string => toFloat(`(${toWhole(n)} + ${bias}) << ${bits}`);
        const plain = `  ${type} h = ${half};\n  return a * ${power("h")} * ${power("b - h")};`;
        return choices(op, dtype, lanes, plain);
      }
      case "quarters":
      case "quarterRest":
        return angleBody(op, dtype, lanes);
      case "rem": {
        const call = `__builtin_fmod${suffix}`;
        return lanes > 1
          ? byLane(type, lanes, (i) => `${call}(a${i}, b${i})`)
          : `  return ${call}(a, b);`;
      }
      case "fma":
        return choices(
          op,
          dtype,
          lanes,
          lanes === 1
            ? `#ifdef __FP_FAST_FMA${suffix.toUpperCase()}\n  return __builtin_fma${suffix}(a, b, c);\n#else\n  return a * b + c;\n#endif`
            : FUSED,
        );
      default: {
        const call = `__builtin_${op === "round" ? "rint" : op}${suffix}`;
        const plain =
          lanes > 1 ? byLane(type, lanes, (i) => `${call}(a${i})`) : `  return ${call}(a);`;
        return choices(op, dtype, lanes, plain);
      }
    }
  }

  /** Angles beyond `EASY_ANGLE` are rare: all lanes are tested together. */
  function angleBody(op: string, dtype: Float, lanes: number): string {
    define("large_angle", () => LARGE_ANGLE);
    const type = types.vector(dtype, lanes);
    const limit = `${EASY_ANGLE[dtype]}.0${FLOATS[dtype].suffix}`;
    const call = (lane: string): string =>
      `(${dtype})large_angle(a${lane}, ${op === "quarterRest" ? 1 : 0})`;
    if (lanes === 1) return `  return a > ${limit} || a < -${limit} ? ${call("")} : 0;`;
    const test = types.vector(FLOATS[dtype].int, lanes);
    return [
      `  ${test} large = (${test})(${float("abs", { dtype, lanes }, "a")} > ${limit});`,
      "  int any = 0;",
      `  for (int i = 0; i < ${lanes}; i++) any |= large[i];`,
      `  if (!any) return (${type}){0};`,
      byLane(type, lanes, call),
    ].join("\n");
  }

  /** The machine's instruction where there is one. */
  function choices(op: string, dtype: Float, lanes: number, plain: string): string {
    if (lanes === 1) return plain;
    const elementwise = ELEMENTWISE[op];
    const options = machine(op, dtype, lanes).map(
      ([condition, text]) =>
        `#elif !defined(__clang__) && defined(${condition})\n  return ${text};`,
    );
    const clang = elementwise
      ? `__has_builtin(__builtin_elementwise_${elementwise})\n  return __builtin_elementwise_${elementwise}(${PARAMETERS[op]?.split("").join(", ") ?? "a"});`
      : "0";
    return [`#if ${clang}`, ...options, "#else", plain, "#endif"].join("\n");
  }

  /** NaN if either is; 0 is above -0. */
  function extremeBody(
    op: "max" | "min",
    dtype: Float,
    lanes: number,
    toInt: (x: string) => string,
    toFloat: (x: string) => string,
  ): string {
    const type = types.vector(dtype, lanes);
    const to: Type = { dtype, lanes };
    const pick = (condition: string, x: string, y: string): string =>
      lanes > 1 ? select(to, condition, x, y) : `(${condition}) ? ${x} : ${y}`;
    // For equal numbers the signs decide.
    const zeros = toFloat(`${toInt("a")} ${op === "max" ? "&" : "|"} ${toInt("b")}`);
    const plain = [
      `  ${type} r = ${pick(op === "max" ? "a > b" : "a < b", "a", "b")};`,
      `  r = ${pick("a == b", zeros, "r")};`,
      `  return ${pick("a != a", "a", "r")};`,
    ].join("\n");
    return choices(op, dtype, lanes, plain);
  }

  function reinterpret(from: Element | DType, to: Element | DType, a: string): string {
    const name = `${from}_as_${to}`;
    define(name, () =>
      fn(
        to,
        name,
        `${from} a`,
        `  union { ${from} from; ${to} to; } u;\n  u.from = a;\n  return u.to;`,
      ),
    );
    return `${name}(${a})`;
  }

  function select({ dtype, lanes }: Type, condition: string, x: string, y: string): string {
    const type = types.of({ dtype, lanes });
    const name = `select_${type}`;
    const element = dtype === "bool" ? types.mask(lanes) : selectorOf(dtype);
    const mask = types.vector(element, lanes);
    define(name, () =>
      fn(
        type,
        name,
        `${mask} m, ${type} x, ${type} y`,
        `  return (${type})((m & (${mask})x) | (~m & (${mask})y));`,
      ),
    );
    return `${name}((${mask})(${condition}), ${x}, ${y})`;
  }

  function divide(op: "div" | "rem", { dtype, lanes }: Type, a: string, b: string): string {
    const element = dtype as Element;
    const name = `${op}_${nameOf(element, lanes)}`;
    const one = `${op}_${element}`;
    const operator = op === "div" ? "/" : "%";
    // -2^31 / -1 does not fit and traps, as does -2^63 / -1.
    const minus = `(${element})(0u - (${element.replace("i", "u")})a)`;
    const special = isSigned(dtype) ? `  if (b == -1) return ${op === "div" ? minus : "0"};\n` : "";
    define(one, () =>
      fn(
        element,
        one,
        `${element} a, ${element} b`,
        `${special}  return b == 0 ? 0 : a ${operator} b;`,
      ),
    );
    if (lanes > 1) {
      const type = types.vector(element, lanes);
      define(name, () =>
        fn(
          type,
          name,
          `${type} a, ${type} b`,
          byLane(type, lanes, (i) => `${one}(a${i}, b${i})`),
        ),
      );
    }
    return `${name}(${a}, ${b})`;
  }

  function mulHigh({ lanes }: Type, a: string, b: string): string {
    if (lanes === 1) return `(u32)((u64)${a} * ${b} >> 32)`;
    const [type, wide] = [types.vector("u32", lanes), types.vector("u64", lanes)];
    const name = `mulHigh_${type}`;
    define(name, () =>
      fn(
        type,
        name,
        `${type} a, ${type} b`,
        `  ${wide} p = __builtin_convertvector(a, ${wide}) * __builtin_convertvector(b, ${wide});\n` +
          `  return __builtin_convertvector(p >> 32, ${type});`,
      ),
    );
    return `${name}(${a}, ${b})`;
  }

  function truncate({ dtype, lanes }: Type, to: "i32" | "i64", a: string): string {
    const own = dtype as Float;
    const one = `${to}_of_${own}`;
    const name = `${to}_of_${nameOf(own, lanes)}`;
    const limit = `0x1p${8 * ELEMENT_BYTES[to] - 1}${FLOATS[own].suffix}`;
    define(one, () =>
      fn(
        to,
        one,
        `${own} a`,
        [
          `  if (a >= -${limit} && a < ${limit}) return (${to})a;`,
          "  double x = a;",
          "  union { double from; i64 to; } u;",
          "  u.from = x;",
          "  int e = (int)(u.to >> 52 & 2047) - 1075;",
          // Far beyond the limit all bits that count are zero, as they are of NaN and infinity.
          `  if (e < -52 || e >= ${8 * ELEMENT_BYTES[to]}) return 0;`,
          "  u64 m = (u.to & 0xfffffffffffffll) | 0x10000000000000ll;",
          "  u64 whole = e < 0 ? m >> -e : m << e;",
          `  return (${to})(x < 0 ? 0u - whole : whole);`,
        ].join("\n"),
      ),
    );
    if (lanes === 1) return `${name}(${a})`;
    const type = types.vector(own, lanes);
    const whole = types.vector(to, lanes);
    const test = types.vector(FLOATS[own].int, lanes);
    const magnitude = float("abs", { dtype, lanes }, "a");
    // Numbers beyond the limit are rare: all lanes are tested together.
    define(name, () =>
      fn(
        whole,
        name,
        `${type} a`,
        [
          `  ${test} inside = (${test})(${magnitude} < ${limit});`,
          "  int all = 1;",
          `  for (int i = 0; i < ${lanes}; i++) all &= inside[i] != 0;`,
          `  if (all) return __builtin_convertvector(a, ${whole});`,
          byLane(whole, lanes, (i) => `${one}(a${i})`),
        ].join("\n"),
      ),
    );
    return `${name}(${a})`;
  }

  function across(op: string, from: Type, a: string): string {
    const { dtype, lanes } = from;
    const type = types.of(from);
    const name = `across_${op}_${dtype}x${lanes}`;
    const element = (dtype === "bool" ? types.mask(lanes) : dtype) as Element;
    const result: Element = memoryElement(dtype);
    define(name, () => {
      const lines: string[] = [];
      let current = "a";
      for (let half = lanes / 2; half >= 1; half /= 2) {
        const indices = (from: number): string =>
          Array.from({ length: half }, (_, i) => String(from + i)).join(", ");
        const low = `l${half}`;
        const high = `h${half}`;
        const part = types.vector(element, half);
        if (half === 1) {
          lines.push(`  ${part} ${low} = ${current}[0], ${high} = ${current}[1];`);
        } else {
          lines.push(
            `  ${part} ${low} = __builtin_shufflevector(${current}, ${current}, ${indices(0)});`,
            `  ${part} ${high} = __builtin_shufflevector(${current}, ${current}, ${indices(half)});`,
          );
        }
        const next = `r${half}`;
        lines.push(`  ${part} ${next} = ${combine(op, dtype, half, low, high)};`);
        current = next;
      }
      lines.push(`  return ${dtype === "bool" ? `${current} != 0` : current};`);
      return fn(result, name, `${type} a`, lines.join("\n"));
    });
    return `${name}(${a})`;
  }

  function combine(op: string, dtype: DType, lanes: number, x: string, y: string): string {
    if (op === "add") return dtype === "bool" ? `${x} | ${y}` : `${x} + ${y}`;
    if (op === "mul") return dtype === "bool" ? `${x} & ${y}` : `${x} * ${y}`;
    if (dtype === "bool") return op === "max" ? `${x} | ${y}` : `${x} & ${y}`;
    if (dtype === "f32" || dtype === "f64") return float(op, { dtype, lanes }, x, y);
    const test = `${x} ${op === "max" ? ">" : "<"} ${y}`;
    return lanes > 1 ? select({ dtype, lanes }, test, x, y) : `${test} ? ${x} : ${y}`;
  }

  return {
    ...createBlockHelpers(types, define, fn),
    float,
    select,
    divide,
    mulHigh,
    truncate,
    reinterpret,
    across,
    definitions,
  };
}
