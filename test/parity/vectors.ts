import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { Complex } from "../../src/complex/index.ts";
import { type DType, fromStored, viewArray } from "../../src/ir/dtype.ts";
import { fromTypedArray, type Tensor } from "../../src/tensor/index.ts";

// What tools/parity-vectors.py writes.

/** A tensor: dtype, shape, elements in base64; `g` marks those that get a gradient. */
export interface Dump {
  readonly t: DType;
  readonly s: readonly number[];
  readonly d: string;
  readonly g?: 1;
}

/** A complex tensor, by its parts. */
interface ComplexDump {
  readonly re: Dump;
  readonly im: Dump;
}

export interface Case {
  /** The dtype of the samples and the number of this one among them. */
  readonly id: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly out: unknown;
  readonly grads?: readonly (Dump | null)[];
}

/** An entry of PyTorch's list of operators. */
export interface Vectors {
  readonly name: string;
  readonly cases: readonly Case[];
  /** Why samples were left out, and how many. */
  readonly skipped: Readonly<Record<string, number>>;
}

/** The lines of a file of vectors, one for each operator. */
export function linesOf(file: string | URL): string[] {
  const bytes = readFileSync(file);
  const text = String(file).endsWith(".gz") ? gunzipSync(bytes) : bytes;
  return text.toString("utf8").split("\n").filter(Boolean);
}

export const isDump = (value: unknown): value is Dump =>
  typeof value === "object" && value !== null && "t" in value && "d" in value;

export const isComplexDump = (value: unknown): value is ComplexDump =>
  typeof value === "object" && value !== null && "re" in value && "im" in value;

/** The elements of a dumped tensor. */
export function elementsOf({ t, s, d }: Dump): ArrayLike<number> {
  const bytes = Uint8Array.from(Buffer.from(d, "base64"));
  const size = s.reduce((n, k) => n * k, 1);
  return fromStored(t, viewArray(t, bytes.buffer, 0, size));
}

function load(dump: Dump, leaves: Tensor[]): Tensor {
  const size = dump.s.reduce((n, k) => n * k, 1);
  const data = viewArray(dump.t, Uint8Array.from(Buffer.from(dump.d, "base64")).buffer, 0, size);
  const x = fromTypedArray(data, dump.s, { dtype: dump.t });
  if (dump.g) leaves.push(x.requiresGrad_());
  return x;
}

/** An argument as our functions take it; tensors that get gradients are added to `leaves`. */
export function decode(value: unknown, leaves: Tensor[]): unknown {
  if (value === null) return undefined;
  if (typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((v) => decode(v, leaves));
  if (isDump(value)) return load(value, leaves);
  if (isComplexDump(value)) return new Complex(load(value.re, leaves), load(value.im, leaves));
  if ("n" in value) return Number(value.n);
  if ("f" in value) return value.f;
  if ("dtype" in value) return value.dtype;
  if ("k" in value)
    return Object.fromEntries(
      Object.entries(value.k as object).map(([k, v]) => [k, decode(v, leaves)]),
    );
  // Slices keep null for an absent bound; places and memory layouts are nothing to us.
  return "slice" in value ? value : undefined;
}

/** Whether there is a number like 2.0 among the arguments: a float in Python, an integer here. */
export function hasWholeFloat(value: unknown): boolean {
  if (typeof value !== "object" || value === null || isDump(value)) return false;
  return "f" in value || Object.values(value).some(hasWholeFloat);
}
