import { nn, type numpy as np, vjp } from "@jax-js/jax";
import { type Prepare, switchOf, textOf } from "../../harness/job.ts";
import { operator, toArray } from "../shared/jax-js.ts";

type Operator = (...inputs: np.Array[]) => np.Array;

const OPERATORS: Readonly<Record<string, Operator>> = {
  gelu: (a, b) => nn.gelu(a.add(b), { approximate: false }),
  softmax: (x) => nn.softmax(x, -1),
  layernorm: (x, weight, bias) => nn.standardize(x, -1, { epsilon: 1e-5 }).mul(weight).add(bias),
  crossentropy: (x, target) => {
    const classes = x.shape[1];
    return nn.logSoftmax(x, -1).mul(nn.oneHot(target, classes)).sum(-1).mean().neg();
  },
};

export const prepare: Prepare = (input) => {
  const { g, ...arrays } = input.arrays;
  const compute = OPERATORS[textOf(input, "op")];
  const inputs = Object.values(arrays).map(toArray);
  if (!switchOf(input, "backward")) return operator((...given) => [compute(...given)], inputs);
  const both = (gradient: np.Array, x: np.Array, ...rest: np.Array[]): np.Array[] => {
    const [y, pull] = vjp((first: np.Array) => compute(first, ...rest), [x]);
    const [dx] = pull(gradient);
    pull.dispose();
    return [y, dx];
  };
  return operator(both, [toArray(g), ...inputs]);
};
