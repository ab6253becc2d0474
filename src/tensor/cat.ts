import { isFloat } from "../ir/dtype.ts";
import type { Node } from "../ir/node.ts";
import * as ops from "../ir/ops.ts";

/** Nodes of one dtype, whose shapes differ along `axis` only, one after the other. */
export function catNodes(parts: readonly Node[], axis: number): Node {
  const total = parts.reduce((sum, part) => sum + part.shape[axis], 0);
  const zeros = parts[0].shape.map(() => 0);
  let start = 0;
  let joined: Node | undefined;
  for (const part of parts) {
    const size = part.shape[axis];
    if (size === 0) continue;
    const lo = zeros.slice();
    const hi = zeros.slice();
    lo[axis] = start;
    hi[axis] = total - start - size;
    start += size;
    // -0 is what floats add without any change; its gradient is a plain slice.
    const padded = ops.pad(part, lo, hi, isFloat(part.dtype) ? -0 : 0);
    if (!joined) joined = padded;
    else joined = part.dtype === "bool" ? ops.or(joined, padded) : ops.add(joined, padded);
  }
  return joined ?? parts[0];
}
