// PyTorch's torch.nn.utils. Clipping of gradients is in `optim`.
import { showShape } from "../ir/shape.ts";
import { cat, type Tensor } from "../tensor/index.ts";
import { type Parameter } from "./parameter.ts";

export {
  fuseConvBnEval,
  fuseConvBnWeights,
  fuseLinearBnEval,
  fuseLinearBnWeights,
  type NormWeights,
} from "./fuse.ts";
export * as parametrizations from "./parametrizations.ts";
export * as parametrize from "./parametrize.ts";
export * as rnn from "./packed.ts";

/**
 * All elements of parameters, one after the other, as a vector.
 *
 * @throws RangeError for no parameters.
 *
 * @example
 * nn.utils.parametersToVector(new nn.Linear(3, 2).parameters()); // (8)
 */
export function parametersToVector(parameters: Iterable<Tensor>): Tensor {
  const parts = Array.from(parameters, (p) => p.flatten());
  if (parts.length === 0)
    throw new RangeError("parametersToVector: expected one or more parameters, got none");
  return cat(parts);
}

/**
 * Gives parameters the values of a vector: the way back from `parametersToVector`.
 *
 * @throws RangeError for a vector of another size.
 *
 * @example
 * const parameters = new nn.Linear(3, 2).parameters();
 * nn.utils.vectorToParameters(zeros([8]), parameters);
 */
export function vectorToParameters(vector: Tensor, parameters: Iterable<Parameter>): void {
  const list = [...parameters];
  const size = list.reduce((sum, p) => sum + p.size, 0);
  if (vector.ndim !== 1 || vector.size !== size)
    throw new RangeError(
      `vectorToParameters: expected a vector of ${size} elements, got ${showShape(vector.shape)}`,
    );
  let at = 0;
  for (const p of list) {
    p.rebind(vector.narrow(0, at, p.size).reshape(p.shape).detach());
    at += p.size;
  }
}
