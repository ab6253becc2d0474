import { isFloat } from "../ir/dtype.ts";
import { type Node } from "../ir/node.ts";
import { add, type ConvAttrs, conv, full, pad, reshape, slice } from "../ir/ops.ts";

// A convolution whose input is spread, as that of the gradient of a strided one is, multiplies mostly
// zeros. Of each kind of output position (its remainder by the spreading, one an axis) only some taps
// meet entries: they are a smaller convolution of the input as it is, and the results are interleaved.

/** One axis of a phase: its taps are first, first + spread, …; the input is padded by `lo` and `hi`. */
interface Phase {
  readonly remainder: number;
  readonly first: number;
  readonly taps: number;
  readonly count: number;
  readonly lo: number;
  readonly hi: number;
}

/** Products of a choice from each list. */
const combinations = <T>(lists: readonly (readonly T[])[]): T[][] =>
  lists.reduce<T[][]>(
    (chosen, list) => chosen.flatMap((before) => list.map((one) => [...before, one])),
    [[]],
  );

/**
 * A convolution with a spread input as several without, or undefined where that does not fit.
 *
 * @param plain how a convolution is written for the compiler
 */
export function byPhases(node: Node, plain: (conv: Node) => Node): Node | undefined {
  const attrs = node.attrs as unknown as ConvAttrs;
  const { inputDilation: spread, stride, dilation, padLo } = attrs;
  if (spread.every((d) => d === 1)) return undefined;
  if ([...stride, ...dilation].some((n) => n !== 1)) return undefined;
  const [x, kernel] = node.inputs;
  const axes = spread.map((d, i) => {
    const [input, taps, out] = [x.shape[2 + i], kernel.shape[2 + i], node.shape[2 + i]];
    return Array.from({ length: Math.min(d, out) }, (_, remainder): Phase => {
      const first = (((padLo[i] - remainder) % d) + d) % d;
      const own = Math.max(0, Math.ceil((taps - first) / d));
      const count = Math.ceil((out - remainder) / d);
      const lo = (padLo[i] - remainder - first) / d;
      return { remainder, first, taps: own, count, lo, hi: count - 1 + own - input - lo };
    });
  });
  const blocks = node.shape.slice(2).map((n, i) => Math.ceil(n / spread[i]));
  let joined: Node | undefined;
  for (const phase of combinations(axes)) {
    if (phase.some((axis) => axis.taps === 0)) continue;
    const part = plain(
      conv(x, tapsOf(kernel, phase, spread), {
        ...attrs,
        padLo: phase.map((axis) => axis.lo),
        padHi: phase.map((axis) => axis.hi),
        inputDilation: spread.map(() => 1),
      }),
    );
    const placed = interleave(part, phase, spread, blocks);
    joined = joined ? add(joined, placed) : placed;
  }
  if (!joined) return full(node.shape, 0, node.dtype);
  return slice(
    reshape(joined, [...node.shape.slice(0, 2), ...blocks.map((n, i) => n * spread[i])]),
    node.shape.map(() => 0),
    node.shape,
  );
}

function tapsOf(kernel: Node, phase: readonly Phase[], spread: readonly number[]): Node {
  const [outputs, channels] = kernel.shape;
  return slice(
    kernel,
    [0, 0, ...phase.map((axis) => axis.first)],
    [outputs, channels, ...phase.map((axis) => axis.taps)],
    [1, 1, ...spread],
  );
}

/** The results of a phase at their places: (N, C, block, place in the block, block, place, …). */
function interleave(
  part: Node,
  phase: readonly Phase[],
  spread: readonly number[],
  blocks: readonly number[],
): Node {
  const lead = part.shape.slice(0, 2);
  const split = reshape(part, [...lead, ...phase.flatMap((axis) => [axis.count, 1])]);
  const lo = [0, 0, ...phase.flatMap((axis) => [0, axis.remainder])];
  const hi = [
    0,
    0,
    ...phase.flatMap((axis, i) => [blocks[i] - axis.count, spread[i] - 1 - axis.remainder]),
  ];
  // -0 is what floats add without any change.
  return pad(split, lo, hi, isFloat(part.dtype) ? -0 : 0);
}
