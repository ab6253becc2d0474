import { type ArraySpec, constant, linear, uniform } from "../../harness/case.ts";

/** Channels of the four stages; all but the first halve the image. */
const WIDTHS = [64, 128, 256, 512];

const conv = (inputs: number, outputs: number, size: number): ArraySpec =>
  uniform([outputs, inputs, size, size], 1 / Math.sqrt(inputs * size * size));

const norm = (name: string, channels: number): Record<string, ArraySpec> => ({
  [`${name}.weight`]: constant([channels], 1),
  [`${name}.bias`]: constant([channels], 0),
});

/** Moments as a trained net would have some: for inference. */
const moments = (name: string, channels: number): Record<string, ArraySpec> => ({
  [`${name}.running_mean`]: { shape: [channels], low: -0.1, high: 0.1 },
  [`${name}.running_var`]: { shape: [channels], low: 0.2, high: 0.6 },
});

/** The convolutions with the norms after them: names, channels in and out, size and stride. */
export interface Convolution {
  readonly conv: string;
  readonly norm: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly size: number;
  readonly stride: number;
}

export interface Block {
  readonly first: Convolution;
  readonly second: Convolution;
  /** Where the shortcut changes the shape. */
  readonly shortcut: Convolution | undefined;
}

export const STEM: Convolution = {
  conv: "conv1",
  norm: "bn1",
  inputs: 3,
  outputs: WIDTHS[0],
  size: 3,
  stride: 1,
};

/** Two blocks in each of the four stages. */
export const BLOCKS: readonly Block[] = WIDTHS.flatMap((outputs, stage) =>
  [0, 1].map((index): Block => {
    const name = `layer${stage + 1}.${index}`;
    const changes = index === 0 && stage > 0;
    const inputs = changes ? WIDTHS[stage - 1] : outputs;
    const stride = changes ? 2 : 1;
    const part = (n: number, from: number, step: number): Convolution => ({
      conv: `${name}.conv${n}`,
      norm: `${name}.bn${n}`,
      inputs: from,
      outputs,
      size: 3,
      stride: step,
    });
    return {
      first: part(1, inputs, stride),
      second: part(2, outputs, 1),
      shortcut: changes
        ? {
            conv: `${name}.downsample.0`,
            norm: `${name}.downsample.1`,
            inputs,
            outputs,
            size: 1,
            stride,
          }
        : undefined,
    };
  }),
);

const CONVOLUTIONS = [
  STEM,
  ...BLOCKS.flatMap(({ first, second, shortcut }) =>
    shortcut ? [first, second, shortcut] : [first, second],
  ),
];

/**
 * Weights of ResNet-18 (He et al. 2016) in the form for 3 × 32 × 32: a 3 × 3 stem and no pooling after it.
 * Names and shapes are those of torchvision.
 *
 * @param options - `moments`: with running means and variances.
 */
export function resnet18Arrays(options: { moments: boolean }): Record<string, ArraySpec> {
  const arrays: Record<string, ArraySpec> = {};
  for (const c of CONVOLUTIONS) {
    arrays[`${c.conv}.weight`] = conv(c.inputs, c.outputs, c.size);
    Object.assign(arrays, norm(c.norm, c.outputs));
    if (options.moments) Object.assign(arrays, moments(c.norm, c.outputs));
  }
  return Object.assign(arrays, linear("fc", 512, 10));
}
