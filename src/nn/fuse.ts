import { type Tensor } from "../tensor/index.ts";
import { type BatchNorm1d, type BatchNorm2d, type BatchNorm3d } from "./batch-norm.ts";
import { type Conv1d, type Conv2d, type Conv3d } from "./conv.ts";
import { ConvTranspose1d, ConvTranspose2d, ConvTranspose3d } from "./conv-transpose.ts";
import { type Linear } from "./linear.ts";
import { Parameter } from "./parameter.ts";

// A batch normalisation in use is a factor and a shift of each channel, which the weights before it can take
// over.

/** Moments and weights of a batch normalisation. */
export interface NormWeights {
  readonly runningMean: Tensor;
  readonly runningVar: Tensor;
  readonly eps: number;
  readonly weight?: Tensor;
  readonly bias?: Tensor;
}

type Norm = BatchNorm1d | BatchNorm2d | BatchNorm3d;
type Transposed = ConvTranspose1d | ConvTranspose2d | ConvTranspose3d;
type Convolution = Conv1d | Conv2d | Conv3d | Transposed;

function fused(
  weight: Tensor,
  bias: Tensor | undefined,
  { runningMean, runningVar, eps, weight: gamma, bias: beta }: NormWeights,
  channelAxis: number,
): [weight: Tensor, bias: Tensor] {
  const spread = runningVar.add(eps).rsqrt();
  const scale = gamma ? gamma.mul(spread) : spread;
  const shape = weight.shape.map((_, i) => (i === channelAxis ? -1 : 1));
  const shift = (bias ? bias.sub(runningMean) : runningMean.neg()).mul(scale);
  return [weight.mul(scale.reshape(shape)), beta ? shift.add(beta) : shift];
}

/**
 * Weight and bias of a convolution that does what one with this weight and bias and a batch normalisation
 * after it do.
 *
 * @param transpose - Whether the weight is that of a transposed convolution, (in, out, …). Default false.
 *
 * @example
 * const norm = { runningMean: zeros([4]), runningVar: ones([4]), eps: 0 };
 * nn.utils.fuseConvBnWeights(ones([4, 3, 2]), undefined, norm)[1]; // [0, 0, 0, 0]
 */
export const fuseConvBnWeights = (
  weight: Tensor,
  bias: Tensor | undefined,
  norm: NormWeights,
  transpose = false,
): [weight: Tensor, bias: Tensor] => fused(weight, bias, norm, transpose ? 1 : 0);

/**
 * Weight and bias of a linear layer that does what one with this weight and bias and a batch normalisation
 * after it do.
 *
 * @example
 * const norm = { runningMean: ones([2]), runningVar: ones([2]), eps: 0 };
 * nn.utils.fuseLinearBnWeights(ones([2, 3]), undefined, norm)[1]; // [-1, -1]
 */
export const fuseLinearBnWeights = (
  weight: Tensor,
  bias: Tensor | undefined,
  norm: NormWeights,
): [weight: Tensor, bias: Tensor] => fused(weight, bias, norm, 0);

/** A copy of a layer with a batch normalisation in its weights. */
function absorbed<L extends Convolution | Linear>(
  layer: L,
  norm: Norm,
  axis: number,
  what: string,
): L {
  if (layer.training || norm.training)
    throw new Error(`${what}: expected layers after eval(), got one in training`);
  const { runningMean, runningVar, eps } = norm;
  if (!runningMean || !runningVar)
    throw new Error(`${what}: expected a batch normalisation that tracks running moments`);
  const own = { runningMean, runningVar, eps, weight: norm.weight, bias: norm.bias };
  const [weight, bias] = fused(layer.weight, layer.bias, own, axis);
  const copy = layer.clone() as L;
  copy.weight.rebind(weight.detach());
  // Where the layer had no bias, its copy has one now.
  (copy as { bias: Parameter | undefined }).bias = new Parameter(bias.detach());
  return copy;
}

/**
 * A convolution that does what this one and the batch normalisation after it do in use.
 *
 * @throws Error for layers in training, and a normalisation without running moments.
 *
 * @example
 * const [conv, norm] = [new nn.Conv2d(3, 4, 3).eval(), new nn.BatchNorm2d(4).eval()];
 * nn.utils.fuseConvBnEval(conv, norm).forward(rand([2, 3, 8, 8])); // (2, 4, 6, 6)
 */
export function fuseConvBnEval<C extends Convolution>(conv: C, norm: Norm): C {
  const transposed =
    conv instanceof ConvTranspose1d ||
    conv instanceof ConvTranspose2d ||
    conv instanceof ConvTranspose3d;
  return absorbed(conv, norm, transposed ? 1 : 0, "fuseConvBnEval");
}

/**
 * A linear layer that does what this one and the batch normalisation after it do in use.
 *
 * @throws Error for layers in training, and a normalisation without running moments.
 *
 * @example
 * const [linear, norm] = [new nn.Linear(3, 4).eval(), new nn.BatchNorm1d(4).eval()];
 * nn.utils.fuseLinearBnEval(linear, norm).forward(rand([2, 3])); // (2, 4)
 */
export const fuseLinearBnEval = (linear: Linear, norm: Norm): Linear =>
  absorbed(linear, norm, 0, "fuseLinearBnEval");
