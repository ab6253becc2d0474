import { type Node } from "../ir/node.ts";
import { add, conv, type ConvAttrs, full, pad, reshape, slice } from "../ir/ops.ts";
import { padOrCrop } from "../ir/primitives/views.ts";

// A convolution of a spread input (the gradient of one with a stride, a transposed one) multiplies mostly
// zeros: of the taps at an output position only every e-th meets an entry, where e is the spacing. Which
// they are depends on the position's remainder by e. So the outputs of each remainder are a small
// convolution of their own, and all together are their interleaving.

/** The outputs of one axis at positions q · e + remainder. */
interface Phase {
  readonly remainder: number;
  /** The taps that meet entries: the first, their distance and their number. */
  readonly first: number;
  readonly step: number;
  readonly taps: number;
  /** The entry that the first tap meets at q = 0, and the distance of those that the next ones meet. */
  readonly start: number;
  readonly dilation: number;
  readonly outputs: number;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

/** The phases of axis `i` that have any taps. */
function phasesOf(node: Node, i: number): Phase[] {
  const { padLo, dilation, inputDilation } = node.attrs as unknown as ConvAttrs;
  const [e, d] = [inputDilation[i], dilation[i]];
  const kernel = node.inputs[1].shape[2 + i];
  const size = node.shape[2 + i];
  const common = gcd(d, e);
  const phases: Phase[] = [];
  for (let remainder = 0; remainder < Math.min(e, size); remainder++) {
    let first = 0;
    const position = (tap: number): number => remainder + tap * d - padLo[i];
    while (first < kernel && position(first) % e !== 0) first++;
    if (first === kernel) continue;
    const step = e / common;
    phases.push({
      remainder,
      first,
      step,
      taps: Math.ceil((kernel - first) / step),
      start: position(first) / e,
      dilation: d / common,
      outputs: Math.ceil((size - remainder) / e),
    });
  }
  return phases;
}

/** All ways to take one entry of each list. */
const product = <T>(lists: readonly (readonly T[])[]): T[][] =>
  lists.reduce<T[][]>((all, list) => all.flatMap((some) => list.map((x) => [...some, x])), [[]]);

/** The small convolution of the outputs of one phase an axis. */
function part(node: Node, phases: readonly Phase[]): Node {
  const { stride, groups } = node.attrs as unknown as ConvAttrs;
  const [x, w] = node.inputs;
  const zeros = phases.map(() => 0);
  // Along axes with a stride of more than 1 nothing is spread, and there is one phase.
  const end = phases.map(
    (p, i) => p.start + (p.outputs - 1) * stride[i] + (p.taps - 1) * p.dilation + 1,
  );
  const own = padOrCrop(
    x,
    [0, 0, ...phases.map((p) => -p.start)],
    [0, 0, ...end.map((n, i) => n - x.shape[2 + i])],
  );
  const kernel = slice(
    w,
    [0, 0, ...phases.map((p) => p.first)],
    [w.shape[0], w.shape[1], ...phases.map((p) => p.taps)],
    [1, 1, ...phases.map((p) => p.step)],
  );
  return conv(own, kernel, {
    stride,
    padLo: zeros,
    padHi: zeros,
    dilation: phases.map((p) => p.dilation),
    inputDilation: phases.map(() => 1),
    groups,
  });
}

/**
 * A convolution of equal value without a spread input, or undefined where a stride comes on top of the
 * spreading.
 */
export function spreadConv(node: Node): Node | undefined {
  const { stride, inputDilation } = node.attrs as unknown as ConvAttrs;
  if (inputDilation.some((e, i) => e > 1 && stride[i] > 1)) return undefined;
  const lead = node.shape.slice(0, 2);
  const size = node.shape.slice(2);
  const wide = size.map((n, i) => Math.ceil(n / inputDilation[i]));
  let sum: Node | undefined;
  for (const phases of product(size.map((_, i) => phasesOf(node, i)))) {
    const outputs = part(node, phases);
    // Each output gets an axis for its phases beside its own.
    const split = reshape(outputs, [...lead, ...phases.flatMap((p) => [p.outputs, 1])]);
    const placed = pad(
      split,
      [0, 0, ...phases.flatMap((p) => [0, p.remainder])],
      [
        0,
        0,
        ...phases.flatMap((p, i) => [wide[i] - p.outputs, inputDilation[i] - 1 - p.remainder]),
      ],
    );
    sum = sum ? add(sum, placed) : placed;
  }
  if (!sum) return full(node.shape, 0, node.dtype);
  const joined = reshape(sum, [...lead, ...wide.map((n, i) => n * inputDilation[i])]);
  return slice(
    joined,
    joined.shape.map(() => 0),
    node.shape,
  );
}
