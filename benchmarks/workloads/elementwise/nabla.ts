import { nn, type Tensor, vjp } from "nabla";
import { type Prepare, switchOf, textOf } from "../../harness/job.ts";
import { operator, toTensor } from "../shared/nabla.ts";

type Operator = (...inputs: Tensor[]) => Tensor;

const OPERATORS: Readonly<Record<string, Operator>> = {
  gelu: (a, b) => a.add(b).gelu(),
  softmax: (x) => x.softmax(-1),
  layernorm: (x, weight, bias) => {
    const centred = x.sub(x.mean(-1, { keepdim: true }));
    const variance = centred.square().mean(-1, { keepdim: true });
    return centred.mul(variance.add(1e-5).rsqrt()).mul(weight).add(bias);
  },
  crossentropy: (x, target) => nn.functional.crossEntropy(x, target),
};

export const prepare: Prepare = (input) => {
  const { g, ...arrays } = input.arrays;
  const compute = OPERATORS[textOf(input, "op")];
  const inputs = Object.values(arrays).map(toTensor);
  if (!switchOf(input, "backward"))
    return operator(input, (...given) => [compute(...given)], inputs);
  const both = (gradient: Tensor, x: Tensor, ...rest: Tensor[]): Tensor[] => {
    const [y, pull] = vjp((first: Tensor) => compute(first, ...rest), x);
    return [y, ...pull(gradient)];
  };
  return operator(input, both, [toTensor(g), ...inputs]);
};
