import { functional as F } from "../../../src/nn/index.ts";
import * as T from "../../../src/tensor/index.ts";
import { one, op, type Operator } from "../bind.ts";

const own = (entries: Record<string, Operator>): Record<string, Operator> =>
  Object.fromEntries(
    Object.entries(entries).map(([name, operator]) => [`nn.functional.${name}`, operator]),
  );

const pooled = (
  f: (x: never, size: never, options: never) => unknown,
  names = "input kernel_size stride padding ceil_mode count_include_pad divisor_override",
): Operator => op(names, (a) => f(a.input, a.kernelSize, a as never));

/** torch.nn.functional. */
export const LAYERS: Record<string, Operator> = {
  ...own({
    relu: one(T.relu),
    relu6: one(T.relu6),
    leaky_relu: op("input negative_slope", (a) => T.leakyRelu(a.input, a.negativeSlope)),
    prelu: op("input weight", (a) => T.prelu(a.input, a.weight)),
    elu: op("input alpha", (a) => T.elu(a.input, a.alpha)),
    selu: one(T.selu),
    gelu: op("input approximate", (a) => T.gelu(a.input, a)),
    silu: one(T.silu),
    mish: one(T.mish),
    softplus: op("input beta threshold", (a) => T.softplus(a.input, a)),
    softsign: one(T.softsign),
    hardtanh: op("input min_val max_val", (a) => T.hardtanh(a.input, a.minVal, a.maxVal)),
    hardsigmoid: one(T.hardsigmoid),
    hardswish: one(T.hardswish),
    logsigmoid: one(T.logsigmoid),
    glu: op("input dim", (a) => T.glu(a.input, a.dim)),
    softmin: op("input dim dtype", (a) => T.softmin(a.input, a.dim)),
    linear: op("input weight bias", (a) => T.linear(a.input, a.weight, a.bias)),
    embedding: op("input weight padding_idx max_norm norm_type scale_grad_by_freq sparse", (a) =>
      T.embedding(a.input, a.weight, a),
    ),
    one_hot: op("input num_classes", (a) => T.oneHot(a.input, a.numClasses)),
    pad: op("input pad mode value", (a) => T.pad(a.input, a.pad, a)),
    cosine_similarity: op("x1 x2 dim eps", (a) => T.cosineSimilarity(a.x1, a.x2, a)),
    conv1d: op("input weight bias stride padding dilation groups", (a) =>
      T.conv1d(a.input, a.weight, a),
    ),
    conv2d: op("input weight bias stride padding dilation groups", (a) =>
      T.conv2d(a.input, a.weight, a),
    ),
    conv3d: op("input weight bias stride padding dilation groups", (a) =>
      T.conv3d(a.input, a.weight, a),
    ),
    conv_transpose1d: op("input weight bias stride padding output_padding groups dilation", (a) =>
      T.convTranspose1d(a.input, a.weight, a),
    ),
    conv_transpose2d: op("input weight bias stride padding output_padding groups dilation", (a) =>
      T.convTranspose2d(a.input, a.weight, a),
    ),
    conv_transpose3d: op("input weight bias stride padding output_padding groups dilation", (a) =>
      T.convTranspose3d(a.input, a.weight, a),
    ),
    avg_pool1d: pooled(T.avgPool1d),
    avg_pool2d: pooled(T.avgPool2d),
    avg_pool3d: pooled(T.avgPool3d),
    adaptive_avg_pool1d: op("input output_size", (a) => T.adaptiveAvgPool1d(a.input, a.outputSize)),
    adaptive_avg_pool2d: op("input output_size", (a) => T.adaptiveAvgPool2d(a.input, a.outputSize)),
    layer_norm: op("input normalized_shape weight bias eps", (a) =>
      T.layerNorm(a.input, a.normalizedShape, a),
    ),
    rms_norm: op("input normalized_shape weight eps", (a) =>
      T.rmsNorm(a.input, a.normalizedShape, a),
    ),
    group_norm: op("input num_groups weight bias eps", (a) => T.groupNorm(a.input, a.numGroups, a)),
    mse_loss: op("input target size_average reduce reduction", (a) =>
      F.mseLoss(a.input, a.target, a),
    ),
    l1_loss: op("input target size_average reduce reduction", (a) =>
      F.l1Loss(a.input, a.target, a),
    ),
    huber_loss: op("input target reduction delta", (a) => F.huberLoss(a.input, a.target, a)),
    smooth_l1_loss: op("input target size_average reduce reduction beta", (a) =>
      F.smoothL1Loss(a.input, a.target, a),
    ),
  }),
  softmax: op("input dim dtype", (a) => T.softmax(a.input, a.dim)),
  log_softmax: op("input dim dtype", (a) => T.logSoftmax(a.input, a.dim)),
  constant_pad_nd: op("input pad value", (a) => T.pad(a.input, a.pad, a)),
};
