import { type ConvAttrs, type WindowAttrs } from "../../src/ir/ops.ts";
import { type Shape } from "../../src/ir/shape.ts";
import { integer, type Rng } from "./util.ts";

/** A random convolution that is valid: shapes and geometry. */
export function randomConv(rng: Rng): { x: Shape; w: Shape; attrs: ConvAttrs } {
  const rank = integer(rng, 1, 2);
  const several = (low: number, high: number): number[] =>
    Array.from({ length: rank }, () => integer(rng, low, high));
  const groups = integer(rng, 1, 2);
  const inGroup = integer(rng, 1, 2);
  const kernel = several(1, 3);
  const dilation = several(1, 2);
  const inputDilation = several(1, 2);
  const padLo = several(-1, 2);
  const padHi = several(-1, 2);
  const size = kernel.map((k, i) => {
    const least = (k - 1) * dilation[i] + 1 - padLo[i] - padHi[i];
    let n = 1;
    while ((n - 1) * inputDilation[i] + 1 < least) n++;
    return n + integer(rng, 0, 2);
  });
  return {
    x: [integer(rng, 1, 2), groups * inGroup, ...size],
    w: [groups * integer(rng, 1, 2), inGroup, ...kernel],
    attrs: { stride: several(1, 3), padLo, padHi, dilation, inputDilation, groups },
  };
}
/** A random windowed reduction that is valid. */
export function randomWindow(rng: Rng): { x: Shape; attrs: WindowAttrs } {
  const rank = integer(rng, 1, 2);
  const several = (low: number, high: number): number[] =>
    Array.from({ length: rank }, () => integer(rng, low, high));
  const size = several(1, 3);
  const dilation = several(1, 2);
  const padLo = several(0, 3);
  const padHi = several(0, 3);
  const shape = size.map((k, i) =>
    Math.max(1, (k - 1) * dilation[i] + 1 - padLo[i] - padHi[i] + integer(rng, 0, 3)),
  );
  return {
    x: [...(rng() < 0.5 ? [2] : []), ...shape],
    attrs: { size, stride: several(1, 4), padLo, padHi, dilation },
  };
}
