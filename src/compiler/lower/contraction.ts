import { type Node } from "../../ir/node.ts";
import { type ConvAttrs, type DotAttrs } from "../../ir/ops.ts";
import { type Affine, axisOf, compose, type IndexMap } from "../affine.ts";
import { type Expr, mapForms, substitute } from "../expr.ts";
import { type Region } from "../region.ts";

/** Axes of both sides and the result (b), of the left side, of the right one, and those summed over. */
export type Letter = "b" | "m" | "n" | "k";

/**
 * `out[b, m, n] = Σ_k lhs[b, m, k] · rhs[b, n, k]`, where each letter stands for several axes: what both
 * `dot` and `conv` are. A convolution's right side is its patches, which are only ever formed inside the
 * kernel.
 */
export interface Contraction {
  /** Sizes of the axes b…, m…, n…, k…, in this order. */
  readonly shape: readonly number[];
  /** Which letter each axis belongs to. */
  readonly group: readonly Letter[];
  readonly lhs: Expr;
  readonly rhs: Expr;
  /** How the output's indices follow. */
  readonly output: IndexMap;
}

/** The sizes of b, m, n and k. */
export const sizesOf = ({ shape, group }: Contraction): number[] =>
  ["b", "m", "n", "k"].map((letter) =>
    shape.reduce((n, size, axis) => (group[axis] === letter ? n * size : n), 1),
  );

/** The same with the sides exchanged. */
export const exchanged = (c: Contraction): Contraction => ({
  ...c,
  group: c.group.map((letter) => (letter === "m" ? "n" : letter === "n" ? "m" : letter)),
  lhs: c.rhs,
  rhs: c.lhs,
});

/** Multiplications that are worth waking a thread for. */
export const SHARED = 30_000;

export const roundUp = (n: number, to: number): number => Math.ceil(n / to) * to;

export function contractionOf(region: Region): Contraction {
  const node = region.core!;
  return node.op.name === "dot"
    ? dotContraction(node, region.operands)
    : convContraction(node, region.operands);
}

function dotContraction(node: Node, operands: readonly Expr[]): Contraction {
  const { lhsBatch, rhsBatch, lhsContract, rhsContract } = node.attrs as unknown as DotAttrs;
  const [a, c] = node.inputs.map((x) => x.shape);
  const free = (shape: readonly number[], used: readonly number[]): number[] =>
    shape.map((_, axis) => axis).filter((axis) => !used.includes(axis));
  const m = free(a, [...lhsBatch, ...lhsContract]);
  const n = free(c, [...rhsBatch, ...rhsContract]);
  const shape = [...lhsBatch.map((i) => a[i]), ...m.map((i) => a[i]), ...n.map((i) => c[i])];
  const out = shape.length;
  shape.push(...lhsContract.map((i) => a[i]));
  const rank = shape.length;
  const nb = lhsBatch.length;
  const place = (
    length: number,
    parts: readonly (readonly [axes: readonly number[], first: number])[],
  ): IndexMap => {
    const map = new Array<Affine>(length);
    for (const [axes, first] of parts)
      axes.forEach((axis, i) => (map[axis] = axisOf(first + i, rank)));
    return map;
  };
  const lhsMap = place(a.length, [
    [lhsBatch, 0],
    [m, nb],
    [lhsContract, out],
  ]);
  const rhsMap = place(c.length, [
    [rhsBatch, 0],
    [n, nb + m.length],
    [rhsContract, out],
  ]);
  return {
    shape,
    group: [
      ...lhsBatch.map(() => "b" as const),
      ...m.map(() => "m" as const),
      ...n.map(() => "n" as const),
      ...lhsContract.map(() => "k" as const),
    ],
    lhs: substitute(operands[0], lhsMap, rank),
    rhs: substitute(operands[1], rhsMap, rank),
    output: Array.from({ length: out }, (_, i) => axisOf(i, rank)),
  };
}

function convContraction(node: Node, operands: readonly Expr[]): Contraction {
  const { stride, dilation, groups } = node.attrs as unknown as ConvAttrs;
  const [x, w] = node.inputs.map((input) => input.shape);
  const spatial = stride.length;
  const outputs = w[0] / groups;
  const channels = w[1];
  // b: group; m: output channel in it; n: image and output position; k: channel in it and tap.
  const shape = [groups, outputs, x[0], ...node.shape.slice(2), channels, ...w.slice(2)];
  const rank = shape.length;
  const image = 2;
  const position = 3;
  const channel = 3 + spatial;
  const tap = channel + 1;
  const plus = (a: Affine, c: Affine): Affine => ({
    offset: a.offset + c.offset,
    coeffs: a.coeffs.map((v, i) => v + c.coeffs[i]),
  });
  const inGroup = (axis: number, size: number): Affine =>
    plus(axisOf(0, rank, size), axisOf(axis, rank));
  const axes = Array.from({ length: spatial }, (_, i) => i);
  const patch = axes.map((i) =>
    plus(axisOf(position + i, rank, stride[i]), axisOf(tap + i, rank, dilation[i])),
  );
  const rhs = substitute(
    operands[0],
    [axisOf(image, rank), inGroup(channel, channels), ...patch],
    rank,
  );
  return {
    shape,
    group: ["b", "m", "n", ...axes.map(() => "n" as const), "k", ...axes.map(() => "k" as const)],
    lhs: substitute(
      operands[1],
      [inGroup(1, outputs), axisOf(channel, rank), ...axes.map((i) => axisOf(tap + i, rank))],
      rank,
    ),
    rhs,
    output: [
      axisOf(image, rank),
      inGroup(1, outputs),
      ...axes.map((i) => axisOf(position + i, rank)),
    ],
  };
}

/** An expression over the output's indices as one over the contraction's. */
export const overContraction = (expr: Expr, c: Contraction): Expr =>
  mapForms(expr, (form) => compose(form, c.output, c.shape.length))!;
