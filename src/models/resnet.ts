import * as nn from "../nn/index.ts";
import { type Tensor } from "../tensor/index.ts";

/** What a ResNet does before its blocks. */
export type ResNetStem =
  /** For images of 224 × 224: a 7 × 7 convolution and a maximum, of stride 2 each. */
  | "imagenet"
  /** For images of 32 × 32: a 3 × 3 convolution of stride 1. */
  | "cifar";

/** Options of `ResNet`. */
export interface ResNetOptions {
  /** Default 1000 for the stem `"imagenet"`, 10 for `"cifar"`. */
  readonly numClasses?: number;
  /** Default `"imagenet"`. */
  readonly stem?: ResNetStem;
  /** Channels of the images. Default 3. */
  readonly inChannels?: number;
}

const conv3x3 = (inChannels: number, outChannels: number, stride = 1): nn.Conv2d =>
  new nn.Conv2d(inChannels, outChannels, 3, { stride, padding: 1, bias: false });

const conv1x1 = (inChannels: number, outChannels: number, stride = 1): nn.Conv2d =>
  new nn.Conv2d(inChannels, outChannels, 1, { stride, bias: false });

/** Two convolutions of 3 × 3, and the input added. */
export class BasicBlock extends nn.Layer {
  /** Output channels for each of `planes`. */
  static readonly expansion = 1;
  readonly conv1: nn.Conv2d;
  readonly bn1: nn.BatchNorm2d;
  readonly conv2: nn.Conv2d;
  readonly bn2: nn.BatchNorm2d;
  readonly downsample: nn.Layer | undefined;

  constructor(inChannels: number, planes: number, stride: number, downsample?: nn.Layer) {
    super();
    this.conv1 = conv3x3(inChannels, planes, stride);
    this.bn1 = new nn.BatchNorm2d(planes);
    this.conv2 = conv3x3(planes, planes);
    this.bn2 = new nn.BatchNorm2d(planes);
    this.downsample = downsample;
  }

  forward(x: Tensor): Tensor {
    let y = this.bn1.forward(this.conv1.forward(x)).relu();
    y = this.bn2.forward(this.conv2.forward(y));
    return y.add(this.downsample ? this.downsample.forward(x) : x).relu();
  }
}

/** Convolutions of 1 × 1, 3 × 3 and 1 × 1, and the input added. */
export class Bottleneck extends nn.Layer {
  /** Output channels for each of `planes`. */
  static readonly expansion = 4;
  readonly conv1: nn.Conv2d;
  readonly bn1: nn.BatchNorm2d;
  readonly conv2: nn.Conv2d;
  readonly bn2: nn.BatchNorm2d;
  readonly conv3: nn.Conv2d;
  readonly bn3: nn.BatchNorm2d;
  readonly downsample: nn.Layer | undefined;

  constructor(inChannels: number, planes: number, stride: number, downsample?: nn.Layer) {
    super();
    this.conv1 = conv1x1(inChannels, planes);
    this.bn1 = new nn.BatchNorm2d(planes);
    this.conv2 = conv3x3(planes, planes, stride);
    this.bn2 = new nn.BatchNorm2d(planes);
    this.conv3 = conv1x1(planes, planes * Bottleneck.expansion);
    this.bn3 = new nn.BatchNorm2d(planes * Bottleneck.expansion);
    this.downsample = downsample;
  }

  forward(x: Tensor): Tensor {
    let y = this.bn1.forward(this.conv1.forward(x)).relu();
    y = this.bn2.forward(this.conv2.forward(y)).relu();
    y = this.bn3.forward(this.conv3.forward(y));
    return y.add(this.downsample ? this.downsample.forward(x) : x).relu();
  }
}

type Block = typeof BasicBlock | typeof Bottleneck;

/**
 * A residual net (He et al. 2016). Names of weights are those of torchvision's ResNets, so that their
 * states can be loaded; convolutions start by `init.kaimingNormal_` over outputs, as theirs do.
 *
 * @example
 * const net = resnet18({ stem: "cifar" });
 * net.forward(rand([64, 3, 32, 32])); // (64, 10)
 */
export class ResNet extends nn.Layer {
  readonly conv1: nn.Conv2d;
  readonly bn1: nn.BatchNorm2d;
  readonly layer1: nn.Sequential;
  readonly layer2: nn.Sequential;
  readonly layer3: nn.Sequential;
  readonly layer4: nn.Sequential;
  readonly fc: nn.Linear;
  private readonly stem: ResNetStem;

  /** @param counts - Blocks of each of the four sizes of image. */
  constructor(block: Block, counts: readonly number[], options: ResNetOptions = {}) {
    super();
    const { stem = "imagenet", inChannels = 3 } = options;
    const { numClasses = stem === "cifar" ? 10 : 1000 } = options;
    this.stem = stem;
    this.conv1 =
      stem === "cifar"
        ? conv3x3(inChannels, 64)
        : new nn.Conv2d(inChannels, 64, 7, { stride: 2, padding: 3, bias: false });
    this.bn1 = new nn.BatchNorm2d(64);
    let channels = 64;
    const stage = (planes: number, count: number, stride: number): nn.Sequential => {
      const blocks = Array.from({ length: count }, (_, i) => {
        const from = channels;
        channels = planes * block.expansion;
        const step = i === 0 ? stride : 1;
        const same = step === 1 && from === channels;
        const downsample = same
          ? undefined
          : new nn.Sequential(conv1x1(from, channels, step), new nn.BatchNorm2d(channels));
        return new block(from, planes, step, downsample);
      });
      return new nn.Sequential(...blocks);
    };
    this.layer1 = stage(64, counts[0], 1);
    this.layer2 = stage(128, counts[1], 2);
    this.layer3 = stage(256, counts[2], 2);
    this.layer4 = stage(512, counts[3], 2);
    this.fc = new nn.Linear(channels, numClasses);
    for (const module of this.modules())
      if (module instanceof nn.Conv2d)
        nn.init.kaimingNormal_(module.weight, { mode: "fanOut", nonlinearity: "relu" });
  }

  /** @param x - Images (N, inChannels, H, W). @returns Scores (N, numClasses). */
  forward(x: Tensor): Tensor {
    x = this.bn1.forward(this.conv1.forward(x)).relu();
    if (this.stem === "imagenet") x = nn.functional.maxPool2d(x, 3, { stride: 2, padding: 1 });
    for (const layer of [this.layer1, this.layer2, this.layer3, this.layer4]) x = layer.forward(x);
    return this.fc.forward(x.mean([2, 3]));
  }
}

/** ResNet-18: 11.7 million parameters with 1000 classes. */
export const resnet18 = (options?: ResNetOptions): ResNet =>
  new ResNet(BasicBlock, [2, 2, 2, 2], options);
/** ResNet-34: 21.8 million parameters with 1000 classes. */
export const resnet34 = (options?: ResNetOptions): ResNet =>
  new ResNet(BasicBlock, [3, 4, 6, 3], options);
/** ResNet-50: 25.6 million parameters with 1000 classes. */
export const resnet50 = (options?: ResNetOptions): ResNet =>
  new ResNet(Bottleneck, [3, 4, 6, 3], options);
/** ResNet-101: 44.5 million parameters with 1000 classes. */
export const resnet101 = (options?: ResNetOptions): ResNet =>
  new ResNet(Bottleneck, [3, 4, 23, 3], options);
/** ResNet-152: 60.2 million parameters with 1000 classes. */
export const resnet152 = (options?: ResNetOptions): ResNet =>
  new ResNet(Bottleneck, [3, 8, 36, 3], options);
