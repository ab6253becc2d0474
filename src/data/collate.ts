import { newArray, type TypedArray } from "../ir/dtype.ts";
import { sameShape, showShape } from "../ir/shape.ts";
import { fromTypedArray, Tensor } from "../tensor/index.ts";

/**
 * What samples of type S become when they are collated: tensors get a leading axis, numbers and
 * booleans become a tensor, arrays and records are collated entry by entry, strings become a list.
 */
export type Collated<S> = S extends Tensor | number | boolean
  ? Tensor
  : S extends string
    ? string[]
    : S extends object
      ? { [K in keyof S]: Collated<S[K]> }
      : never;

/**
 * Samples joined into a batch (`Collated`). Whole numbers become i32, others f32, booleans bool.
 *
 * @throws Error when samples do not have the same structure, shapes and dtypes.
 *
 * @example
 * await collate([[tensor([1, 2]), 0], [tensor([3, 4]), 1]]); // (2, 2), (2)
 */
export async function collate<S>(samples: readonly S[]): Promise<Collated<S>> {
  if (samples.length === 0) throw new Error("collate: expected at least one sample, got none");
  return (await join(samples, "sample")) as Collated<S>;
}

async function join(parts: readonly unknown[], path: string): Promise<unknown> {
  const first: unknown = parts[0];
  if (first instanceof Tensor) return stackTensors(parts, first, path);
  const kind = typeof first;
  if (typeof first === "object" && first !== null) {
    if (Array.isArray(first)) {
      for (const part of parts)
        if (!Array.isArray(part) || part.length !== first.length)
          throw mismatch(path, `an array of ${first.length} entries`, part);
      return Promise.all(first.map((_, i) => join(column(parts, i), `${path}[${i}]`)));
    }
    for (const part of parts)
      if (typeof part !== "object" || part === null) throw mismatch(path, "a record", part);
    const entries = Object.keys(first).map(
      async (key) => [key, await join(column(parts, key), `${path}.${key}`)] as const,
    );
    return Object.fromEntries(await Promise.all(entries));
  }
  for (const part of parts) if (typeof part !== kind) throw mismatch(path, `a ${kind}`, part);
  if (kind === "string") return parts;
  if (kind === "boolean")
    return fromTypedArray(Uint8Array.from(parts.map(Number)), [parts.length], { dtype: "bool" });
  if (kind === "number") {
    const whole = parts.every((part) => (part as number) === ((part as number) | 0));
    return whole
      ? fromTypedArray(Int32Array.from(parts as number[]), [parts.length])
      : fromTypedArray(Float32Array.from(parts as number[]), [parts.length]);
  }
  throw new TypeError(
    `collate: cannot join ${first === null ? "null" : kind} at ${path}; expected tensors, numbers, ` +
      `booleans, strings, arrays or records (pass your own collate to the DataLoader)`,
  );
}

const column = (parts: readonly unknown[], key: number | string): unknown[] =>
  parts.map((part) => (part as Record<number | string, unknown>)[key]);

function mismatch(path: string, expected: string, actual: unknown): Error {
  const got = Array.isArray(actual) ? `an array of ${actual.length} entries` : typeof actual;
  return new TypeError(`collate: samples differ at ${path}: expected ${expected}, got ${got}`);
}

async function stackTensors(
  parts: readonly unknown[],
  first: Tensor,
  path: string,
): Promise<Tensor> {
  const rows = await Promise.all(
    parts.map((part): Promise<TypedArray> => {
      if (!(part instanceof Tensor)) throw mismatch(path, "a tensor", part);
      if (part.dtype !== first.dtype || !sameShape(part.shape, first.shape))
        throw new Error(
          `collate: tensors differ at ${path}: expected ${first.dtype}${showShape(first.shape)}, ` +
            `got ${part.dtype}${showShape(part.shape)}`,
        );
      return part.data();
    }),
  );
  const out = newArray(first.dtype, parts.length * first.size);
  rows.forEach((row, i) => out.set(row, i * first.size));
  return fromTypedArray(out, [parts.length, ...first.shape], { dtype: first.dtype });
}
