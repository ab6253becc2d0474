import { type DType } from "../ir/dtype.ts";
import {
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  type ConvTransposeOptions,
} from "../tensor/conv.ts";
import { type Tensor, zeros } from "../tensor/index.ts";
import { type PerAxis, perAxis } from "../tensor/spatial.ts";
import { checkGroups, resetConvolution } from "./conv.ts";
import { Layer } from "./module.ts";
import { Parameter } from "./parameter.ts";
import { joined, showSettings } from "./repr.ts";

/** Options of `ConvTranspose1d`, `ConvTranspose2d` and `ConvTranspose3d`. */
export interface ConvTransposeLayerOptions extends ConvTransposeOptions {
  /** Whether a number is added to each output channel. Default true. */
  readonly bias?: boolean;
  /** Default f32. */
  readonly dtype?: DType;
}

const FUNCTIONS = [convTranspose1d, convTranspose2d, convTranspose3d];

/** A transposed convolution with its weight. */
abstract class ConvTranspose extends Layer {
  readonly inChannels: number;
  readonly outChannels: number;
  /** One number an axis. */
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly outputPadding: readonly number[];
  readonly dilation: readonly number[];
  readonly groups: number;
  /** (inChannels, outChannels / groups, ...kernelSize) */
  readonly weight: Parameter;
  /** (outChannels) */
  readonly bias: Parameter | undefined;

  protected constructor(
    spatial: number,
    inChannels: number,
    outChannels: number,
    kernelSize: PerAxis,
    options: ConvTransposeLayerOptions,
  ) {
    super();
    const what = this.constructor.name;
    const { stride = 1, padding = 0, outputPadding = 0, dilation = 1, groups = 1 } = options;
    const { bias = true, dtype = "f32" } = options;
    checkGroups(groups, inChannels, outChannels, what);
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = perAxis(kernelSize, spatial, "kernelSize", what, 1);
    this.stride = perAxis(stride, spatial, "stride", what, 1);
    this.padding = perAxis(padding, spatial, "padding", what, 0);
    this.outputPadding = perAxis(outputPadding, spatial, "outputPadding", what, 0);
    this.dilation = perAxis(dilation, spatial, "dilation", what, 1);
    this.groups = groups;
    const shape = [inChannels, outChannels / groups, ...this.kernelSize];
    this.weight = new Parameter(zeros(shape, { dtype }));
    this.bias = bias ? new Parameter(zeros([outChannels], { dtype })) : undefined;
    this.resetParameters();
  }

  /** Draws new initial values. */
  resetParameters(): void {
    resetConvolution(this.weight, this.bias);
  }

  /** @param outputSize - Spatial sizes of the output, which stand in for `outputPadding`. */
  forward(x: Tensor, outputSize?: PerAxis): Tensor {
    const { kernelSize, stride, padding, dilation, groups, weight, bias } = this;
    const outputPadding =
      outputSize === undefined ? this.outputPadding : this.paddingFor(x, outputSize);
    const options = { stride, padding, outputPadding, dilation, groups };
    return FUNCTIONS[kernelSize.length - 1](x, weight, bias, options);
  }

  private paddingFor(x: Tensor, outputSize: PerAxis): number[] {
    const what = this.constructor.name;
    const spatial = this.kernelSize.length;
    const sizes = perAxis(outputSize, spatial, "outputSize", what, 1);
    return sizes.map((size, i) => {
      const n = x.shape[x.ndim - spatial + i];
      const span = this.dilation[i] * (this.kernelSize[i] - 1) + 1;
      const least = (n - 1) * this.stride[i] - 2 * this.padding[i] + span;
      const more = size - least;
      if (more < 0 || more >= this.stride[i])
        throw new RangeError(
          `${what}: outputSize along axis ${i} must be from ${least} to ` +
            `${least + this.stride[i] - 1} for an input of ${n}, got ${size}`,
        );
      return more;
    });
  }

  override extraRepr(): string {
    const { inChannels, outChannels, kernelSize, stride, padding, dilation, outputPadding } = this;
    const ones = kernelSize.map(() => 1);
    const zeros = kernelSize.map(() => 0);
    const more = showSettings(
      { padding, dilation, outputPadding, groups: this.groups, bias: this.bias !== undefined },
      { padding: zeros, dilation: ones, outputPadding: zeros, groups: 1, bias: true },
    );
    return joined(inChannels, outChannels, showSettings({ kernelSize, stride }), more);
  }
}

/**
 * Transposed convolution along one axis: (N, inChannels, L) gives (N, outChannels, L'); see
 * `functional.convTranspose1d`. Initial values as those of `Conv1d`, for outChannels.
 *
 * @example
 * new nn.ConvTranspose1d(4, 2, 2, { stride: 2 }).forward(rand([8, 4, 10])); // (8, 2, 20)
 */
export class ConvTranspose1d extends ConvTranspose {
  /** @throws RangeError for sizes out of range, and groups that do not divide the channels. */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: PerAxis,
    options: ConvTransposeLayerOptions = {},
  ) {
    super(1, inChannels, outChannels, kernelSize, options);
  }
}

/**
 * Transposed convolution along two axes: (N, inChannels, H, W) gives (N, outChannels, H', W').
 *
 * @example
 * new nn.ConvTranspose2d(16, 3, 2, { stride: 2 }).forward(rand([8, 16, 7, 7])); // (8, 3, 14, 14)
 */
export class ConvTranspose2d extends ConvTranspose {
  /** @throws RangeError for sizes out of range, and groups that do not divide the channels. */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: PerAxis,
    options: ConvTransposeLayerOptions = {},
  ) {
    super(2, inChannels, outChannels, kernelSize, options);
  }
}

/**
 * Transposed convolution along three axes: (N, inChannels, D, H, W) gives (N, outChannels, D', H', W').
 *
 * @example
 * new nn.ConvTranspose3d(4, 2, 2, { stride: 2 }).forward(rand([2, 4, 3, 3, 3])); // (2, 2, 6, 6, 6)
 */
export class ConvTranspose3d extends ConvTranspose {
  /** @throws RangeError for sizes out of range, and groups that do not divide the channels. */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: PerAxis,
    options: ConvTransposeLayerOptions = {},
  ) {
    super(3, inChannels, outChannels, kernelSize, options);
  }
}
