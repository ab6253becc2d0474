import { coerce, type DType, isFloat } from "../ir/dtype.ts";
import { type Shape, sizeOf, stridesOf } from "../ir/shape.ts";
import type { Tensor } from "./tensor.ts";

const PRECISION = 4;
const THRESHOLD = 1000;
const EDGE_ITEMS = 3;
const LINE_WIDTH = 75;
/** From here on numbers have an exponent: beyond the digits that the dtype has for certain. */
const LARGE: Partial<Record<DType, number>> = { f16: 1e3, bf16: 1e2, f32: 1e6, f64: 1e8 };
const PREFIX = "tensor(";

/** Strings of equal width for numbers, as NumPy's `precision=4, floatmode="maxprec"` makes them. */
function floatFormatter(values: readonly number[], dtype: DType): (value: number) => string {
  // NumPy compares as numbers of the dtype.
  const round = (v: number): number => coerce(dtype, v);
  const finite = values.filter(Number.isFinite);
  const sizes = finite.map(Math.abs).filter((v) => v !== 0);
  const most = Math.max(...sizes);
  const least = Math.min(...sizes);
  const scientific =
    sizes.length > 0 &&
    (most >= LARGE[dtype]! || least < round(1e-4) || round(most / least) > 1000);
  const fixed = (v: number): string => positional(v, dtype);
  const texts = finite.map(scientific ? exponential : fixed);
  const point = (text: string): number => text.indexOf(".");
  const fraction = (text: string): number =>
    (scientific ? text.indexOf("e") : text.length) - point(text) - 1;
  const right = Math.max(0, ...texts.map(fraction));
  let left = Math.max(0, ...texts.map(point));
  const exponentDigits = Math.max(2, ...texts.map((text) => text.length - text.indexOf("e") - 2));
  const width = (): number => left + 1 + right + (scientific ? 2 + exponentDigits : 0);
  const special = values.some((v) => !Number.isFinite(v))
    ? Math.max(...values.filter((v) => !Number.isFinite(v)).map((v) => specialName(v).length))
    : 0;
  if (finite.length === 0) return (v) => specialName(v).padStart(special);
  left = Math.max(left, special - (right + 1) - (scientific ? 2 + exponentDigits : 0));
  return (value) => {
    if (!Number.isFinite(value)) return specialName(value).padStart(width());
    if (!scientific) {
      const text = fixed(value);
      return text.padStart(left + text.length - point(text)).padEnd(width());
    }
    const [mantissa, exponent] = rounded(value, Math.min(right, PRECISION), "toExponential");
    const digits = exponent.slice(1).padStart(exponentDigits, "0");
    const dotted = mantissa.includes(".") ? mantissa : `${mantissa}.`;
    return `${dotted}e${exponent[0]}${digits}`.padStart(width());
  };
}

const specialName = (value: number): string =>
  Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";

/**
 * A number with so many decimals, and its exponent if it has one. Halves go to the even digit, as in
 * NumPy, where JavaScript rounds them up; the sign of -0 is kept.
 */
function rounded(
  value: number,
  decimals: number,
  write: "toFixed" | "toExponential",
): [number: string, exponent: string] {
  const sign = Object.is(value, -0) ? "-" : "";
  // So many decimals are exact wherever there is a half to be found.
  const EXACT = 60;
  const [exact, exponent = ""] = value[write](EXACT).split("e");
  const rest = exact.slice(decimals - EXACT);
  const half = rest.startsWith("5") && Number(rest.slice(1)) === 0;
  const cut = exact.slice(0, decimals - EXACT);
  if (half && "02468".includes(cut[cut.length - 1])) return [sign + cut, exponent];
  const [number, exponentOf = ""] = value[write](decimals).split("e");
  return [sign + number, exponentOf];
}

/** `3.1416`, `2.`: at most four decimals, and none that do not tell the value from its neighbours. */
function positional(value: number, dtype: DType): string {
  let [text] = rounded(value, PRECISION, "toFixed");
  if (dtype !== "f64") {
    // The fewest digits that mean this number may be fewer than four decimals.
    const short = (digits: number): number =>
      Number(rounded(value, digits, "toExponential").join("e"));
    let digits = 0;
    while (coerce(dtype, short(digits)) !== value) digits++;
    const shortest = short(digits);
    const decimals = (String(shortest).split(".")[1] ?? "").length;
    if (value !== 0 && decimals <= PRECISION) text = shortest.toFixed(PRECISION);
  }
  return text.replace(/0+$/, "");
}

/** `1.e+10`: at most four decimals, none that are zero at the end. */
function exponential(value: number): string {
  const [mantissa, exponent] = rounded(value, PRECISION, "toExponential");
  const digits = exponent.slice(1).padStart(2, "0");
  return `${mantissa.replace(/0+$/, "")}e${exponent[0]}${digits}`;
}

function formatter(values: readonly number[], x: Tensor): (value: number) => string {
  if (isFloat(x.dtype)) return floatFormatter(values, x.dtype);
  const isBool = x.dtype === "bool";
  const show = (v: number): string => (isBool ? (v ? "True" : "False") : String(v));
  const longest = Math.max(0, ...values.map((v) => show(v).length));
  const width = isBool && x.ndim > 0 ? 5 : longest;
  return (v) => show(v).padStart(width);
}

/** Positions that are shown of an axis: all, or the first and last with a gap (-1) between. */
function shownOf(size: number, summarise: boolean): number[] {
  if (!summarise || size <= 2 * EDGE_ITEMS) return Array.from({ length: size }, (_, i) => i);
  const edge = Array.from({ length: EDGE_ITEMS }, (_, i) => i);
  return [...edge, -1, ...edge.map((i) => size - EDGE_ITEMS + i)];
}

/** Positions of the elements that are shown. */
function shownElements(shape: Shape): number[] {
  const strides = stridesOf(shape);
  const summarise = sizeOf(shape) > THRESHOLD;
  const shown: number[] = [];
  const visit = (axis: number, offset: number): void => {
    if (axis === shape.length) shown.push(offset);
    else
      for (const i of shownOf(shape[axis], summarise))
        if (i >= 0) visit(axis + 1, offset + i * strides[axis]);
  };
  visit(0, 0);
  return shown;
}

/** Elements in brackets, each as `format` writes the one at a position. */
function body(shape: Shape, format: (position: number) => string): string {
  const strides = stridesOf(shape);
  const summarise = sizeOf(shape) > THRESHOLD;
  const level = (axis: number, offset: number, indent: number): string => {
    if (axis === shape.length) return format(offset);
    const parts = shownOf(shape[axis], summarise).map((i) =>
      i < 0 ? "..." : level(axis + 1, offset + i * strides[axis], indent + 1),
    );
    if (axis < shape.length - 1) {
      const gap = `,${"\n".repeat(shape.length - axis - 1)}${" ".repeat(indent + 1)}`;
      return `[${parts.join(gap)}]`;
    }
    return `[${wrapLine(parts, indent + 1, shape.length)}]`;
  };
  return level(0, 0, PREFIX.length);
}

/** Elements joined by commas, in lines that leave room for the brackets that may follow. */
function wrapLine(parts: readonly string[], indent: number, rank: number): string {
  const room = LINE_WIDTH - 1 - rank - indent;
  const lines: string[] = [];
  let line = "";
  parts.forEach((part, i) => {
    if (line !== "" && line.length + part.length > room) {
      lines.push(line.trimEnd());
      line = "";
    }
    line += i === parts.length - 1 ? part : `${part}, `;
  });
  lines.push(line);
  return lines.join(`\n${" ".repeat(indent)}`);
}

const withSuffix = (x: Tensor, text: string): string => {
  const dtype = x.dtype === "f32" || (x.dtype === "bool" && x.size > 0) ? "" : `, dtype=${x.dtype}`;
  return `${PREFIX}${text}${dtype})`;
};

const shapeOf = (shape: Shape): string => `[${shape.join(", ")}]`;

/** `tensor([[1., 2.], [3., 4.]])` as NumPy would print it with a precision of 4. */
export function print(x: Tensor): string {
  if (x.size === 0 && x.ndim !== 1) return withSuffix(x, `[], shape=${shapeOf(x.shape)}`);
  const data = x.dataSync();
  const format = formatter(
    shownElements(x.shape).map((i) => data[i]),
    x,
  );
  return withSuffix(
    x,
    body(x.shape, (i) => format(data[i])),
  );
}

/** @internal `tensor([1.+2.j, 3.-1.j])`: real and imaginary parts as NumPy would print each. */
export function printComplex(real: Tensor, imag: Tensor): string {
  const { shape } = real;
  if (real.size === 0 && real.ndim !== 1) return print(real);
  const [x, y] = [real.dataSync(), imag.dataSync()];
  const shown = shownElements(shape);
  const { dtype } = real;
  const formatReal = floatFormatter(
    shown.map((i) => x[i]),
    dtype,
  );
  const formatImag = floatFormatter(
    shown.map((i) => Math.abs(y[i])),
    dtype,
  );
  const isNegative = (v: number): boolean => v < 0 || Object.is(v, -0);
  return withSuffix(
    real,
    body(shape, (i) => {
      const size = formatImag(Math.abs(y[i]));
      const [, before, digits, after] = /^( *)(.*?)( *)$/.exec(size)!;
      return `${formatReal(x[i])}${before}${isNegative(y[i]) ? "-" : "+"}${digits}j${after}`;
    }),
  );
}

/** `print`, or shape and dtype of what cannot be read now. */
export function inspect(x: Tensor): string {
  try {
    return print(x);
  } catch {
    return `Tensor(${x.dtype}${shapeOf(x.shape)})`;
  }
}
