import { type Attrs, type Node, type Spec } from "../node.ts";
import { placeholder, type ScanBody } from "../ops.ts";
import { type Shape } from "../shape.ts";

export interface ScanAttrs {
  readonly body: ScanBody;
  /** How many inputs are carries, and how many are sequences; the rest are constants. */
  readonly carries: number;
  readonly xs: number;
  readonly length: number;
  readonly reverse: boolean;
}
export const scanAttrs = (attrs: Attrs): ScanAttrs => attrs as unknown as ScanAttrs;

/** The inputs of a scan, or what belongs to each, in their three groups. */
export function grouped<T>(list: readonly T[], { carries, xs }: ScanAttrs): [T[], T[], T[]] {
  return [list.slice(0, carries), list.slice(carries, carries + xs), list.slice(carries + xs)];
}

/** The results of a scan, or what belongs to each, in their three groups. */
export function groupedResults<T>(list: readonly T[], { carries }: ScanAttrs): [T[], T[], T[]] {
  const histories = list.length - carries;
  return [list.slice(0, carries), list.slice(carries, histories), list.slice(histories)];
}

export const fresh = (like: Spec, requiresGrad = false, shape: Shape = like.shape): Node =>
  placeholder(shape, like.dtype, requiresGrad);
