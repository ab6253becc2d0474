import { type DType } from "../ir/dtype.ts";
import { conv1d, conv2d, conv3d, type ConvOptions, convPadding } from "../tensor/conv.ts";
import { type Tensor, zeros } from "../tensor/index.ts";
import { type PerAxis, perAxis } from "../tensor/spatial.ts";
import { checkSize } from "./checks.ts";
import { calculateFans, kaimingUniform_, uniform_ } from "./init.ts";
import { Layer } from "./module.ts";
import { Parameter } from "./parameter.ts";
import { joined, showSettings } from "./repr.ts";

/** What a convolution takes for entries beyond the edge. */
export type PaddingMode = "zeros" | "reflect" | "replicate" | "circular";

/** Options of `Conv1d`, `Conv2d` and `Conv3d`. */
export interface ConvLayerOptions extends ConvOptions {
  /** Whether a number is added to each output channel. Default true. */
  readonly bias?: boolean;
  /** What stands beyond the edge where there is padding. Default `"zeros"`. */
  readonly paddingMode?: PaddingMode;
  /** Default f32. */
  readonly dtype?: DType;
}

const MODES: readonly PaddingMode[] = ["zeros", "reflect", "replicate", "circular"];
const FUNCTIONS = [conv1d, conv2d, conv3d];

/** Weight uniform between ±√(1 / fanIn), by kaimingUniform_ with a = √5, and bias likewise. */
export function resetConvolution(weight: Parameter, bias: Parameter | undefined): void {
  kaimingUniform_(weight, { a: Math.sqrt(5) });
  const bound = 1 / Math.sqrt(calculateFans(weight.shape).fanIn);
  if (bias) uniform_(bias, -bound, bound);
}

/** Checks that `groups` divides both numbers of channels. */
export function checkGroups(
  groups: number,
  inChannels: number,
  outChannels: number,
  what: string,
): void {
  checkSize(inChannels, "inChannels", what);
  checkSize(outChannels, "outChannels", what);
  checkSize(groups, "groups", what);
  if (inChannels % groups !== 0 || outChannels % groups !== 0)
    throw new RangeError(
      `${what}: groups must divide the channels, got ${groups} for ${inChannels} input and ` +
        `${outChannels} output channels`,
    );
}

/** A convolution with its weight. */
abstract class Conv extends Layer {
  readonly inChannels: number;
  readonly outChannels: number;
  /** One number an axis. */
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[] | "same" | "valid";
  readonly dilation: readonly number[];
  readonly groups: number;
  readonly paddingMode: PaddingMode;
  /** (outChannels, inChannels / groups, ...kernelSize) */
  readonly weight: Parameter;
  /** (outChannels) */
  readonly bias: Parameter | undefined;

  protected constructor(
    spatial: number,
    inChannels: number,
    outChannels: number,
    kernelSize: PerAxis,
    options: ConvLayerOptions,
  ) {
    super();
    const what = this.constructor.name;
    const { stride = 1, padding = 0, dilation = 1, groups = 1, bias = true } = options;
    const { paddingMode = "zeros", dtype = "f32" } = options;
    checkGroups(groups, inChannels, outChannels, what);
    if (!MODES.includes(paddingMode))
      throw new RangeError(
        `${what}: paddingMode must be one of ${MODES.join(", ")}, got ${JSON.stringify(paddingMode)}`,
      );
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = perAxis(kernelSize, spatial, "kernelSize", what, 1);
    this.stride = perAxis(stride, spatial, "stride", what, 1);
    this.dilation = perAxis(dilation, spatial, "dilation", what, 1);
    this.padding =
      typeof padding === "string" ? padding : perAxis(padding, spatial, "padding", what, 0);
    // Throws where "same" cannot be.
    convPadding(this.padding, this.kernelSize, this.stride, this.dilation, what);
    this.groups = groups;
    this.paddingMode = paddingMode;
    const shape = [outChannels, inChannels / groups, ...this.kernelSize];
    this.weight = new Parameter(zeros(shape, { dtype }));
    this.bias = bias ? new Parameter(zeros([outChannels], { dtype })) : undefined;
    this.resetParameters();
  }

  /** Draws new initial values. */
  resetParameters(): void {
    resetConvolution(this.weight, this.bias);
  }

  forward(x: Tensor): Tensor {
    const { kernelSize, stride, dilation, groups, weight, bias } = this;
    const spatial = kernelSize.length;
    let { padding } = this;
    if (this.paddingMode !== "zeros") {
      const { lo, hi } = convPadding(padding, kernelSize, stride, dilation, this.constructor.name);
      const pairs = lo.map((n, i) => [n, hi[i]]).reverse();
      x = x.pad(pairs.flat(), { mode: this.paddingMode });
      padding = "valid";
    }
    return FUNCTIONS[spatial - 1](x, weight, bias, { stride, padding, dilation, groups });
  }

  override extraRepr(): string {
    const { inChannels, outChannels, kernelSize, stride, padding, dilation, groups } = this;
    const ones = kernelSize.map(() => 1);
    const zeros = kernelSize.map(() => 0);
    const more = showSettings(
      { padding, dilation, groups, bias: this.bias !== undefined, paddingMode: this.paddingMode },
      { padding: zeros, dilation: ones, groups: 1, bias: true, paddingMode: "zeros" },
    );
    return joined(inChannels, outChannels, showSettings({ kernelSize, stride }), more);
  }
}

/**
 * Convolution along one axis: (N, inChannels, L) gives (N, outChannels, L'); see `functional.conv1d`.
 *
 * Starts with PyTorch's values: weight and bias uniform between ±1 / √(inChannels / groups · kernelSize).
 *
 * @example
 * new nn.Conv1d(3, 16, 5, { padding: "same" }).forward(rand([8, 3, 100])); // (8, 16, 100)
 */
export class Conv1d extends Conv {
  /** @throws RangeError for sizes out of range, and groups that do not divide the channels. */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: PerAxis,
    options: ConvLayerOptions = {},
  ) {
    super(1, inChannels, outChannels, kernelSize, options);
  }
}

/**
 * Convolution along two axes: (N, inChannels, H, W) gives (N, outChannels, H', W'); see
 * `functional.conv2d`. Initial values as those of `Conv1d`.
 *
 * @example
 * new nn.Conv2d(3, 16, 3, { padding: 1 }).forward(rand([8, 3, 32, 32])); // (8, 16, 32, 32)
 */
export class Conv2d extends Conv {
  /** @throws RangeError for sizes out of range, and groups that do not divide the channels. */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: PerAxis,
    options: ConvLayerOptions = {},
  ) {
    super(2, inChannels, outChannels, kernelSize, options);
  }
}

/**
 * Convolution along three axes: (N, inChannels, D, H, W) gives (N, outChannels, D', H', W').
 *
 * @example
 * new nn.Conv3d(1, 4, 3).forward(rand([2, 1, 8, 8, 8])); // (2, 4, 6, 6, 6)
 */
export class Conv3d extends Conv {
  /** @throws RangeError for sizes out of range, and groups that do not divide the channels. */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: PerAxis,
    options: ConvLayerOptions = {},
  ) {
    super(3, inChannels, outChannels, kernelSize, options);
  }
}
