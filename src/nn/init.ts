import { type DType } from "../ir/dtype.ts";
import { type Shape, showShape, sizeOf } from "../ir/shape.ts";
import { qr } from "../linalg/qr.ts";
import {
  eye,
  fromTypedArray,
  full,
  type Generator,
  normal,
  rand,
  randn,
  type Tensor,
  tensor,
  uniform,
  where,
  zeros,
} from "../tensor/index.ts";
import { CellTensor } from "../tensor/tensor.ts";

// PyTorch's torch.nn.init. Each function gives its parameter a new value, drawn from the generator that
// `manualSeed` seeds, and returns the parameter.

type Spatial = 1 | 2 | 3;

/** What follows a layer, as far as it changes the size of values. PyTorch's spelling is known too. */
export type Nonlinearity =
  | "linear"
  | "conv"
  | `conv${Spatial}d`
  | `convTranspose${Spatial}d`
  | `conv_transpose${Spatial}d`
  | "sigmoid"
  | "tanh"
  | "relu"
  | "leakyRelu"
  | "leaky_relu"
  | "selu";

/**
 * Whether variances are kept in the forward (`fanIn`) or the backward pass (`fanOut`). PyTorch's spelling is
 * known too.
 */
export type FanMode = "fanIn" | "fanOut" | "fan_in" | "fan_out";

/** `fan_in` as `fanIn`. */
const camel = (name: string): string =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** The gains; that of `leakyRelu` depends on its slope. */
const GAINS: Readonly<Record<string, number>> = {
  tanh: 5 / 3,
  relu: Math.SQRT2,
  selu: 3 / 4,
};
const UNCHANGED = /^(linear|sigmoid|conv|conv(Transpose)?[123]d)$/;

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
  const name = camel(nonlinearity);
  if (name === "leakyRelu") return Math.sqrt(2 / (1 + slope ** 2));
  if (UNCHANGED.test(name)) return 1;
  if (!Object.hasOwn(GAINS, name))
    throw new RangeError(`calculateGain: unknown nonlinearity ${JSON.stringify(nonlinearity)}`);
  return GAINS[name];
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
  if (!(parameter instanceof CellTensor))
    throw new TypeError(
      "init: expected a parameter or a buffer, got another tensor: of a parametrized weight, fill the original",
    );
  parameter.rebind(make(parameter.shape, parameter.dtype));
  return parameter;
}

/** Where random numbers come from. */
export interface InitOptions {
  /** Default: the generator that `manualSeed` seeds. */
  readonly generator?: Generator;
}

/**
 * Uniform in [low, high); by default [0, 1).
 *
 * @example
 * nn.init.uniform_(net.fc1.weight, -0.1, 0.1);
 */
export function uniform_<P extends CellTensor>(
  parameter: P,
  low = 0,
  high = 1,
  { generator }: InitOptions = {},
): P {
  return fill(parameter, (shape, dtype) => uniform(shape, low, high, { dtype, generator })) as P;
}

/**
 * Normal with this mean and standard deviation; by default 0 and 1.
 *
 * @example
 * nn.init.normal_(net.fc1.weight, 0, 0.02);
 */
export function normal_<P extends CellTensor>(
  parameter: P,
  mean = 0,
  std = 1,
  { generator }: InitOptions = {},
): P {
  return fill(parameter, (shape, dtype) => normal(mean, std, shape, { dtype, generator })) as P;
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
export interface XavierOptions extends InitOptions {
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
  return uniform_(parameter, -bound, bound, options);
}

/**
 * Normal with standard deviation `gain · √(2 / (fanIn + fanOut))` (Glorot & Bengio 2010).
 *
 * @example
 * nn.init.xavierNormal_(net.fc1.weight);
 */
export function xavierNormal_<P extends CellTensor>(parameter: P, options: XavierOptions = {}): P {
  return normal_(parameter, 0, xavierStd(parameter.shape, options), options);
}

/** Options of `kaimingUniform_` and `kaimingNormal_`. */
export interface KaimingOptions extends InitOptions {
  /** Slope for negative values of the `leakyRelu` that follows. Default 0. */
  readonly a?: number;
  /** Default `"fanIn"`. */
  readonly mode?: FanMode;
  /** What follows the layer. Default `"leakyRelu"`. */
  readonly nonlinearity?: Nonlinearity;
}

function kaimingStd(shape: Shape, options: KaimingOptions): number {
  const { a = 0, mode = "fanIn", nonlinearity = "leakyRelu" } = options;
  const fan = camel(mode);
  if (fan !== "fanIn" && fan !== "fanOut")
    throw new RangeError(`kaiming: mode must be "fanIn" or "fanOut", got ${JSON.stringify(mode)}`);
  return calculateGain(nonlinearity, a) / Math.sqrt(calculateFans(shape)[fan]);
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
  return uniform_(parameter, -bound, bound, options);
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
  return normal_(parameter, 0, kaimingStd(parameter.shape, options), options);
}

/**
 * Normal with this mean and standard deviation, of which only what falls between `a` and `b` is taken; by
 * default 0, 1, -2 and 2.
 *
 * @throws RangeError for std ≤ 0, and bounds that are not in order.
 *
 * Source: the inverse of the distribution function, at uniform numbers between its values at the bounds.
 *
 * @example
 * nn.init.truncNormal_(net.fc1.weight, 0, 0.02);
 */
export function truncNormal_<P extends CellTensor>(
  parameter: P,
  mean = 0,
  std = 1,
  a = -2,
  b = 2,
  { generator }: InitOptions = {},
): P {
  if (!(std > 0)) throw new RangeError(`truncNormal_: std must be > 0, got ${std}`);
  if (!(a < b)) throw new RangeError(`truncNormal_: expected a < b, got ${a} and ${b}`);
  return fill(parameter, (shape, dtype) => {
    // Far from the mean, single precision has no numbers left between the two values.
    const scale = std * Math.SQRT2;
    const at = (bound: number): Tensor => tensor((bound - mean) / scale, { dtype: "f64" }).erf();
    const share = rand(shape, { dtype: "f64", generator });
    const value = at(a)
      .add(share.mul(at(b).sub(at(a))))
      .erfinv();
    return value.mul(scale).add(mean).clamp(a, b).to(dtype);
  }) as P;
}

/** Throws unless a parameter has one of these numbers of axes. */
function checkAxes(parameter: CellTensor, ranks: readonly number[], what: string): void {
  if (!ranks.includes(parameter.ndim))
    throw new RangeError(
      `${what}: expected a parameter of ${ranks.join(" or ")} axes, got ${showShape(parameter.shape)}`,
    );
}

/**
 * The identity, for a matrix.
 *
 * @throws RangeError for other than two axes.
 *
 * @example
 * nn.init.eye_(new nn.Parameter(zeros([2, 3]))); // [[1, 0, 0], [0, 1, 0]]
 */
export function eye_<P extends CellTensor>(parameter: P): P {
  checkAxes(parameter, [2], "eye_");
  return fill(parameter, ([rows, columns], dtype) => eye(rows, columns, { dtype })) as P;
}

/**
 * The convolution that gives its input back, as far as there are channels: 1 in the middle of the window of
 * channel i for output i, in each of `groups` groups of outputs.
 *
 * @throws RangeError for other than three to five axes, and groups that do not divide the outputs.
 *
 * @example
 * nn.init.dirac_(new nn.Parameter(zeros([1, 1, 3]))); // [[[0, 1, 0]]]
 */
export function dirac_<P extends CellTensor>(parameter: P, groups = 1): P {
  checkAxes(parameter, [3, 4, 5], "dirac_");
  const [outputs, inputs, ...window] = parameter.shape;
  if (!Number.isInteger(groups) || groups < 1 || outputs % groups !== 0)
    throw new RangeError(
      `dirac_: groups must be an integer that divides the ${outputs} outputs, got ${groups}`,
    );
  const own = outputs / groups;
  const size = sizeOf(window);
  const middle = window.reduce((at, n) => at * n + Math.floor(n / 2), 0);
  return fill(parameter, (shape, dtype) => {
    const data = new Float64Array(sizeOf(shape));
    for (let output = 0; output < outputs; output++) {
      const input = output % own;
      if (input < inputs) data[(output * inputs + input) * size + middle] = 1;
    }
    return fromTypedArray(data, shape).to(dtype);
  }) as P;
}

/** Options of `orthogonal_`. */
export interface OrthogonalOptions extends InitOptions {
  /** Factor of the result. Default 1. */
  readonly gain?: number;
}

/**
 * A matrix (out, …) of orthonormal rows or, where there are more rows than columns, columns, uniform among
 * those (Saxe et al. 2014).
 *
 * @throws RangeError for fewer than two axes.
 *
 * Source: the factor Q of a normal matrix, with signs that make it uniform (Mezzadri 2007).
 *
 * @example
 * nn.init.orthogonal_(net.fc1.weight);
 */
export function orthogonal_<P extends CellTensor>(
  parameter: P,
  options: OrthogonalOptions = {},
): P {
  const { gain = 1, generator } = options;
  if (parameter.ndim < 2)
    throw new RangeError(
      `orthogonal_: expected a parameter of at least 2 axes, got ${showShape(parameter.shape)}`,
    );
  if (parameter.size === 0) return parameter;
  return fill(parameter, (shape, dtype) => {
    const rows = shape[0];
    const columns = sizeOf(shape) / rows;
    const wide = rows < columns;
    const drawn = randn(wide ? [columns, rows] : [rows, columns], { dtype, generator });
    const { q, r } = qr(drawn);
    const uniformQ = q.mul(where(r.diagonal().lt(0), -1, 1));
    return (wide ? uniformQ.t() : uniformQ).mul(gain).reshape(shape);
  }) as P;
}

/**
 * Normal with this standard deviation (0.01 by default), for a matrix; in each column a share `sparsity` of
 * the entries is 0 (Martens 2010).
 *
 * @throws RangeError for other than two axes, and a share outside [0, 1].
 *
 * @example
 * nn.init.sparse_(new nn.Parameter(zeros([4, 2])), 0.5).ne(0).sum(); // 4
 */
export function sparse_<P extends CellTensor>(
  parameter: P,
  sparsity: number,
  std = 0.01,
  { generator }: InitOptions = {},
): P {
  checkAxes(parameter, [2], "sparse_");
  if (!(sparsity >= 0 && sparsity <= 1))
    throw new RangeError(`sparse_: sparsity must be from 0 to 1, got ${sparsity}`);
  return fill(parameter, (shape, dtype) => {
    const zeros = Math.ceil(sparsity * shape[0]);
    // The rank of each entry among its column's is a random order of the rows.
    const rank = rand(shape, { generator }).argsort(0).argsort(0);
    return where(rank.lt(zeros), 0, normal(0, std, shape, { dtype, generator }));
  }) as P;
}
