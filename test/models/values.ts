import { nn } from "../../src/index.ts";
import { sizeOf } from "../../src/ir/shape.ts";
import { type Tensor, tensor } from "../../src/tensor/index.ts";

// Weights and data that tools/fixtures-models.py computes from their names alike.

/** Numbers in [-0.5, 0.5) that look random. */
function noise(name: string, count: number): Float64Array {
  let seed = 2166136261;
  for (const letter of Buffer.from(name)) seed = Math.imul(seed ^ letter, 16777619) >>> 0;
  return Float64Array.from({ length: count }, (_, i) => {
    let x = (Math.imul(i, 0x9e3779b9) + seed) >>> 0;
    x = Math.imul(x ^ (x >>> 16), 0x7feb352d) >>> 0;
    x = Math.imul(x ^ (x >>> 15), 0x846ca68b) >>> 0;
    return ((x ^ (x >>> 16)) >>> 0) / 2 ** 32 - 0.5;
  });
}

function weight(name: string, shape: readonly number[]): Tensor {
  const values = noise(name, sizeOf(shape));
  const scale = Math.sqrt(24 / sizeOf(shape.slice(1)));
  const scaled = (v: number): number => {
    if (shape.length > 1) return v * scale;
    return name.endsWith("weight") ? 1 + 0.2 * v : 0.2 * v;
  };
  return tensor(Float32Array.from(values, scaled)).reshape(shape);
}

/** Floats of this shape. */
export const data = (name: string, ...shape: number[]): Tensor =>
  tensor(Float32Array.from(noise(name, sizeOf(shape)))).reshape(shape);

/** Integers from 0 to `below` - 1 of this shape. */
export const whole = (name: string, below: number, ...shape: number[]): Tensor =>
  tensor(
    Int32Array.from(noise(name, sizeOf(shape)), (v) => Math.floor((Math.fround(v) + 0.5) * below)),
  ).reshape(shape);

/** Gives all parameters the values that follow from their names. */
export function setWeights(net: nn.Module): void {
  const cells = Object.entries(net.stateDict()).filter(([, x]) => x instanceof nn.Parameter);
  // Of a shared one the last name counts: the first is that of the product at a GPT's end.
  const names = new Map(cells.map(([name, cell]) => [cell, name]));
  net.loadStateDict(
    Object.fromEntries(cells.map(([name, cell]) => [name, weight(names.get(cell)!, cell.shape)])),
    { strict: false },
  );
}
