import { vjp } from "../autodiff/vjp.ts";
import { isFloat } from "../ir/dtype.ts";
import { type Node, sameSpec, inGradMode, topological } from "../ir/node.ts";
import { full } from "../ir/ops.ts";
import { showShape } from "../ir/shape.ts";
import { gradientAdded, leafGradient } from "./hooks.ts";
import { asWritten } from "./precision.ts";
import { gradOwner, notePendingLoss, Tensor } from "./tensor.ts";
import { noteGradient } from "./tracing.ts";

/** Options of `backward`. */
export interface BackwardOptions {
  /** Whether the gradients can be differentiated themselves. Default false. */
  createGraph?: boolean;
}

/** The leaves behind `node` that accumulate a gradient, and whose they are. */
function gradLeaves(node: Node): { nodes: Node[]; owners: Tensor[] } {
  const nodes: Node[] = [];
  const owners: Tensor[] = [];
  for (const each of topological([node], (n) => !n.requiresGrad)) {
    if (!each.requiresGrad || (each.inputs.length > 0 && each.op.name !== "marker")) continue;
    const owner = gradOwner(each);
    if (!owner) continue;
    nodes.push(each);
    owners.push(owner);
  }
  return { nodes, owners };
}

/**
 * Adds the derivatives of this tensor with respect to all parameters that it was computed from, and all
 * tensors with `requiresGrad_()`, to their `grad`. A tensor of several elements needs `gradient`, of its
 * shape: what the elements are weighted with.
 *
 * Nothing is computed yet: the gradients are tensors as all others.
 *
 * @example
 * const w = tensor([1, 2]).requiresGrad_();
 * w.square().sum().backward();
 * await w.grad?.toArray(); // [2, 4]
 */
export function backward(x: Tensor, gradient?: Tensor, options: BackwardOptions = {}): void {
  const { node } = x;
  if (!isFloat(node.dtype))
    throw new TypeError(`backward: expected a floating-point tensor, got ${node.dtype}`);
  if (!node.requiresGrad)
    throw new Error(
      "backward: no tensor that requires a gradient leads to this one. It may have been detached, " +
        "computed inside noGrad, or computed before the optimiser's last step",
    );
  if (!gradient && x.size !== 1)
    throw new Error(
      `backward: a tensor of shape ${showShape(node.shape)} needs a gradient of that shape; ` +
        "only of one element it is 1 by default",
    );
  if (gradient && !sameSpec(gradient, node))
    throw new Error(
      `backward: expected a gradient ${node.dtype}${showShape(node.shape)}, got ` +
        `${gradient.dtype}${showShape(gradient.shape)}`,
    );
  const { nodes, owners } = gradLeaves(node);
  inGradMode(options.createGraph ?? false, () => {
    const seed = gradient?.node ?? full(node.shape, 1, node.dtype);
    asWritten(() => vjp([node], [seed], nodes)).forEach((cotangent, i) => {
      if (!cotangent) return;
      const owner = owners[i];
      noteGradient(owner);
      const given = leafGradient(owner, new Tensor(cotangent));
      owner.grad = owner.grad ? owner.grad.add(given) : given;
      gradientAdded(owner);
    });
  });
  notePendingLoss(x);
}
