import { type Parameter } from "../nn/parameter.ts";
import { type Tensor } from "../tensor/index.ts";
import { type OptimizerOptions } from "./param-group.ts";
import { type StepScalars } from "./scalars.ts";

/** The gradient that leads downhill: the given one, or where the objective is to grow its negative. */
const downhill = (grad: Tensor, { maximize }: { readonly maximize: boolean }): Tensor =>
  maximize ? grad.neg() : grad;

/** The gradient to go by, with that of an L2 penalty on the weights. */
export function penalised(
  p: Parameter,
  grad: Tensor,
  options: { readonly maximize: boolean; readonly weightDecay: number },
): Tensor {
  const g = downhill(grad, options);
  const { weightDecay } = options;
  return weightDecay === 0 ? g : g.add(p, { alpha: weightDecay });
}

/** Weight decay apart from the gradient (Loshchilov & Hutter 2019): `p · (1 - lr · weightDecay)`. */
export function decayed<O extends OptimizerOptions & { readonly weightDecay: number }>(
  p: Parameter,
  { weightDecay }: O,
  { number }: StepScalars<O>,
): Tensor {
  return weightDecay === 0 ? p : p.mul(number("kept", p.dtype, (o) => 1 - o.lr * o.weightDecay));
}

/** The value that a step starts from and the gradient it goes by, decayed in one way or the other. */
export function withDecay<
  O extends OptimizerOptions & {
    readonly maximize: boolean;
    readonly weightDecay: number;
    readonly decoupledWeightDecay: boolean;
  },
>(p: Parameter, grad: Tensor, options: O, scalars: StepScalars<O>): { value: Tensor; g: Tensor } {
  return options.decoupledWeightDecay
    ? { value: decayed(p, options, scalars), g: downhill(grad, options) }
    : { value: p, g: penalised(p, grad, options) };
}
