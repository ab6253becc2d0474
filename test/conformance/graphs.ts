import { vjp } from "../../src/autodiff/vjp.ts";
import { isFloat } from "../../src/ir/dtype.ts";
import { fill } from "../../src/ir/ndarray.ts";
import { type Node } from "../../src/ir/node.ts";
import * as ops from "../../src/ir/ops.ts";
import { rngOf } from "../ir/util.ts";
import { hostLeaf } from "./devices.ts";
import { Garden } from "./garden.ts";
import { STEPS } from "./steps.ts";

/** Several nodes of a random graph: outputs of the forward pass, then gradients of some of their leaves. */
export function randomGraph(seed: number): Node[] {
  const rng = rngOf(seed);
  const garden = new Garden(rng, { wild: rng() < 0.1, depth: 0 });
  garden.leaf(garden.shape(), garden.pick(["f32", "f32", "f64"]));
  const steps = garden.int(2, 14);
  for (let i = 0; i < steps; i++) garden.step(STEPS);
  const computed = garden.grown.filter((x) => x.node.value === undefined || garden.chance(0.05));
  if (computed.length === 0) return [garden.grown[0].node];
  const outputs = [computed[computed.length - 1].node];
  const more = garden.int(0, 3);
  for (let i = 0; i < more; i++) outputs.push(garden.pick(computed).node);
  return [...outputs, ...gradients(garden, outputs)];
}

/** Derivatives of the sum of the float outputs, or of their product with random cotangents. */
function gradients(garden: Garden, outputs: readonly Node[]): Node[] {
  const floats = [...new Set(outputs)].filter((x) => isFloat(x.dtype) && x.requiresGrad);
  if (floats.length === 0 || garden.wrt.length === 0 || garden.chance(0.3)) return [];
  const cotangents = floats.map((x) =>
    garden.chance(0.5)
      ? ops.fullLike(x, 1)
      : hostLeaf(fill(x.shape, x.dtype, () => 2 * garden.rng() - 1)),
  );
  const wrt = [...new Set(garden.wrt)].slice(0, 4);
  return vjp(floats, cotangents, wrt).filter((x): x is Node => x !== undefined);
}
