import { type DType } from "../ir/dtype.ts";
import { type Shape, showShape } from "../ir/shape.ts";
import { full, normal, type Tensor, uniform, zeros } from "../tensor/index.ts";
import { type CellTensor } from "../tensor/tensor.ts";

// PyTorch's torch.nn.init. Each function gives its parameter a new value, drawn from the generator that
// `manualSeed` seeds, and returns the parameter.

/** What follows a layer, as far as it changes the size of values. */
export type Nonlinearity = "linear" | "conv" | "sigmoid" | "tanh" | "relu" | "leakyRelu" | "selu";

/** Whether variances are kept in the forward (`fanIn`) or the backward pass (`fanOut`). */
export type FanMode = "fanIn" | "fanOut";

/**
 * The factor by which a nonlinearity makes initial values too small.
 *
 * @param slope - Slope of `leakyRelu` for negative values. Default 0.01.
 * @throws RangeError for another name.
 *
 * @example
 * nn.init.calculateGain("relu"); // 1.4142
 */
export function calculateGain(nonlinearity: Nonlinearity, slope = 0.01): number {
  switch (nonlinearity) {
    case "linear":
    case "conv":
    case "sigmoid":
      return 1;
    case "tanh":
      return 5 / 3;
    case "relu":
      return Math.SQRT2;
    case "leakyRelu":
      return Math.sqrt(2 / (1 + slope ** 2));
    case "selu":
      return 3 / 4;
    default:
      throw new RangeError(
        `calculateGain: unknown nonlinearity ${JSON.stringify(nonlinearity satisfies never)}`,
      );
  }
}

/**
 * How many inputs each output of a layer has, and how many outputs each input: for weights (out, in, …).
 *
 * @throws RangeError for fewer than two axes.
 *
 * @example
 * nn.init.calculateFans([64, 3, 5, 5]); // fanIn 75, fanOut 1600
 */
export function calculateFans(shape: Shape): { fanIn: number; fanOut: number } {
  if (shape.length < 2)
    throw new RangeError(
      `fans need a weight of at least 2 axes, (out, in, …), got ${showShape(shape)}`,
    );
  const window = shape.slice(2).reduce((size, n) => size * n, 1);
  return { fanIn: shape[1] * window, fanOut: shape[0] * window };
}

function fill(parameter: CellTensor, make: (shape: Shape, dtype: DType) => Tensor): CellTensor {
  parameter.rebind(make(parameter.shape, parameter.dtype));
  return parameter;
}

/**
 * Uniform in [low, high); by default [0, 1).
 *
 * @example
 * nn.init.uniform_(net.fc1.weight, -0.1, 0.1);
 */
export function uniform_<P extends CellTensor>(parameter: P, low = 0, high = 1): P {
  return fill(parameter, (shape, dtype) => uniform(shape, low, high, { dtype })) as P;
}

/**
 * Normal with this mean and standard deviation; by default 0 and 1.
 *
 * @example
 * nn.init.normal_(net.fc1.weight, 0, 0.02);
 */
export function normal_<P extends CellTensor>(parameter: P, mean = 0, std = 1): P {
  return fill(parameter, (shape, dtype) => normal(mean, std, shape, { dtype })) as P;
}

/**
 * `value` everywhere.
 *
 * @example
 * nn.init.constant_(new nn.Parameter(zeros([2])), 0.5); // [0.5, 0.5]
 */
export function constant_<P extends CellTensor>(parameter: P, value: number): P {
  return fill(parameter, (shape, dtype) => full(shape, value, { dtype })) as P;
}

/**
 * Zeros.
 *
 * @example
 * nn.init.zeros_(new nn.Parameter(ones([2]))); // [0, 0]
 */
export function zeros_<P extends CellTensor>(parameter: P): P {
  return fill(parameter, (shape, dtype) => zeros(shape, { dtype })) as P;
}

/**
 * Ones.
 *
 * @example
 * nn.init.ones_(new nn.Parameter(zeros([2]))); // [1, 1]
 */
export const ones_ = <P extends CellTensor>(parameter: P): P => constant_(parameter, 1);

/** Options of `xavierUniform_` and `xavierNormal_`. */
export interface XavierOptions {
  /** See `calculateGain`. Default 1. */
  readonly gain?: number;
}

function xavierStd(shape: Shape, { gain = 1 }: XavierOptions): number {
  const { fanIn, fanOut } = calculateFans(shape);
  return gain * Math.sqrt(2 / (fanIn + fanOut));
}

/**
 * Uniform with standard deviation `gain · √(2 / (fanIn + fanOut))` (Glorot & Bengio 2010).
 *
 * @example
 * nn.init.xavierUniform_(net.fc1.weight, { gain: nn.init.calculateGain("tanh") });
 */
export function xavierUniform_<P extends CellTensor>(parameter: P, options: XavierOptions = {}): P {
  const bound = Math.sqrt(3) * xavierStd(parameter.shape, options);
  return uniform_(parameter, -bound, bound);
}

/**
 * Normal with standard deviation `gain · √(2 / (fanIn + fanOut))` (Glorot & Bengio 2010).
 *
 * @example
 * nn.init.xavierNormal_(net.fc1.weight);
 */
export function xavierNormal_<P extends CellTensor>(parameter: P, options: XavierOptions = {}): P {
  return normal_(parameter, 0, xavierStd(parameter.shape, options));
}

/** Options of `kaimingUniform_` and `kaimingNormal_`. */
export interface KaimingOptions {
  /** Slope for negative values of the `leakyRelu` that follows. Default 0. */
  readonly a?: number;
  /** Default `"fanIn"`. */
  readonly mode?: FanMode;
  /** What follows the layer. Default `"leakyRelu"`. */
  readonly nonlinearity?: Nonlinearity;
}

function kaimingStd(shape: Shape, options: KaimingOptions): number {
  const { a = 0, mode = "fanIn", nonlinearity = "leakyRelu" } = options;
  if (mode !== "fanIn" && mode !== "fanOut")
    throw new RangeError(`kaiming: mode must be "fanIn" or "fanOut", got ${JSON.stringify(mode)}`);
  return calculateGain(nonlinearity, a) / Math.sqrt(calculateFans(shape)[mode]);
}

/**
 * Uniform with standard deviation `gain / √fan` (He et al. 2015).
 *
 * @example
 * nn.init.kaimingUniform_(net.fc1.weight, { nonlinearity: "relu" });
 */
export function kaimingUniform_<P extends CellTensor>(
  parameter: P,
  options: KaimingOptions = {},
): P {
  const bound = Math.sqrt(3) * kaimingStd(parameter.shape, options);
  return uniform_(parameter, -bound, bound);
}

/**
 * Normal with standard deviation `gain / √fan` (He et al. 2015).
 *
 * @example
 * nn.init.kaimingNormal_(net.fc1.weight, { mode: "fanOut", nonlinearity: "relu" });
 */
export function kaimingNormal_<P extends CellTensor>(
  parameter: P,
  options: KaimingOptions = {},
): P {
  return normal_(parameter, 0, kaimingStd(parameter.shape, options));
}
