import { type ArraySpec } from "./case.ts";

// The same numbers for every peer: python/arrays.py is this file in NumPy. Element i of an array is a
// hash of i and of the array's name, so that neither order nor language matters.

/** The finaliser of MurmurHash3: every bit of the result depends on every bit of x. */
function mix(x: number): number {
  x ^= x >>> 16;
  x = Math.imul(x, 0x85ebca6b);
  x ^= x >>> 13;
  x = Math.imul(x, 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** FNV-1a of an ASCII text. */
function hashName(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** Elements of an array, in row-major order. */
export type Elements = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;

/** An array of a case. */
export interface NamedArray {
  readonly shape: readonly number[];
  readonly data: Elements;
}

export function makeArray(name: string, spec: ArraySpec): NamedArray {
  const { shape, dtype = "f32", low, high } = spec;
  const size = shape.reduce((product, n) => product * n, 1);
  const data = dtype === "f32" ? new Float32Array(size) : new Int32Array(size);
  const stream = hashName(name);
  for (let i = 0; i < size; i++) {
    // 24 bits, which f32 holds exactly; the rest is computed in double precision and rounded once.
    const unit = (mix(mix(i) ^ stream) >>> 8) / 2 ** 24;
    const value = low + (high - low) * unit;
    data[i] = dtype === "f32" ? value : Math.floor(value);
  }
  return { shape, data };
}

export const makeArrays = (
  specs: Readonly<Record<string, ArraySpec>>,
): Record<string, NamedArray> =>
  Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => [name, makeArray(name, spec)] as const),
  );

/** A matrix with its axes exchanged, for frameworks that keep weights as (inputs, outputs). */
export function transposed({ data, shape: [rows, columns] }: NamedArray): NamedArray {
  const out = data.slice();
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) out[j * rows + i] = data[i * columns + j];
  return { data: out, shape: [columns, rows] };
}

/** Images (…, C, H, W) as (…, H, W, C). */
export function channelsLast({ data, shape }: NamedArray): NamedArray {
  const [channels, height, width] = shape.slice(-3);
  const pixels = height * width;
  const out = data.slice();
  for (let image = 0; image < data.length; image += channels * pixels)
    for (let c = 0; c < channels; c++)
      for (let p = 0; p < pixels; p++) out[image + p * channels + c] = data[image + c * pixels + p];
  return { data: out, shape: [...shape.slice(0, -3), height, width, channels] };
}

/** Weights (outputs, inputs, H, W) of a convolution as (H, W, inputs, outputs). */
export function kernelLast({
  data,
  shape: [outputs, inputs, height, width],
}: NamedArray): NamedArray {
  const out = data.slice();
  const pixels = height * width;
  for (let o = 0; o < outputs; o++)
    for (let i = 0; i < inputs; i++)
      for (let p = 0; p < pixels; p++)
        out[(p * inputs + i) * outputs + o] = data[(o * inputs + i) * pixels + p];
  return { data: out, shape: [height, width, inputs, outputs] };
}
