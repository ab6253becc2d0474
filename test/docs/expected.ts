import { Complex } from "../../src/complex/index.ts";
import { Tensor } from "../../src/index.ts";

/** What a comment after an example says its value is: numbers and shapes can be compared. */
export type Expected =
  | { readonly kind: "values"; readonly values: readonly unknown[]; readonly slack: number }
  | { readonly kind: "shapes"; readonly shapes: readonly (readonly number[])[] };

const SHAPES = /^\((\d+(, \d+)*)?\)(, \((\d+(, \d+)*)?\))*$/;
const VALUES = /^(-?\d|-?Infinity|\[|true|false|NaN)/;

/**
 * Reads `[0.25, 0.75]`, `0.666…`, `[1+2i, 3-4i]`, `[0, 1], [2]` (several tensors) or `(64, 128)` (a shape); undefined for
 * prose.
 *
 * @throws Error for what looks like values and cannot be read.
 */
export function readExpected(comment: string): Expected | undefined {
  if (SHAPES.test(comment)) {
    const shapes = [...comment.matchAll(/\(([^)]*)\)/g)].map(([, inner]) =>
      inner === "" ? [] : inner.split(", ").map(Number),
    );
    return { kind: "shapes", shapes };
  }
  if (!VALUES.test(comment)) return undefined;
  const text = comment
    .replaceAll("…", "")
    // A complex number counts as a pair.
    .replace(/(-?[\d.]+)\+?(-?[\d.]+)i/g, "[$1, $2]")
    .replace(/-?\b(NaN|Infinity)\b/g, (word) => `"${word}"`);
  const values = parse(text, comment);
  const digits = Math.max(0, ...[...text.matchAll(/\.(\d+)/g)].map(([, d]) => d.length));
  // The digits that are shown must be right; an ellipsis cuts the others off.
  const slack = (comment.includes("…") ? 1 : 0.5) * 10 ** -digits;
  return { kind: "values", values, slack: digits === 0 ? 1e-6 : slack * 1.001 };
}

function parse(text: string, comment: string): unknown[] {
  try {
    return JSON.parse(`[${text}]`, (_, value: unknown) =>
      typeof value === "string" ? Number(value) : value,
    ) as unknown[];
  } catch (cause) {
    throw new Error(`${comment}: neither values nor a shape, nor prose`, { cause });
  }
}

/** What came, as nested arrays; lists of tensors as lists. */
function plain(value: unknown): unknown {
  if (value instanceof Tensor || value instanceof Complex) return value.toArraySync();
  if (ArrayBuffer.isView(value)) return Array.from(value as Float32Array);
  return Array.isArray(value) ? value.map(plain) : value;
}

function agree(actual: unknown, expected: unknown, slack: number): boolean {
  if (Array.isArray(expected))
    return (
      Array.isArray(actual) &&
      actual.length === expected.length &&
      expected.every((value, i) => agree(actual[i], value, slack))
    );
  if (typeof expected !== "number" || typeof actual !== "number") return actual === expected;
  return (
    Object.is(actual, expected) || Math.abs(actual - expected) <= slack + 1e-7 * Math.abs(expected)
  );
}

/** Throws unless `value` is what the comment of an example says. */
export function checkValue(value: unknown, comment: string): void {
  const expected = readExpected(comment);
  if (!expected) return;
  if (expected.kind === "shapes") {
    const list = Array.isArray(value) ? value : [value];
    const shapes = list.map((x: Tensor) => x.shape);
    if (!agree(shapes, expected.shapes, 0))
      throw new Error(`expected shapes ${comment}, got ${JSON.stringify(shapes)}`);
    return;
  }
  const actual = plain(value);
  const { values, slack } = expected;
  if (!agree(values.length === 1 ? [actual] : actual, values, slack))
    throw new Error(`expected ${comment}, got ${JSON.stringify(actual)}`);
}
