import { functional as F } from "../../../src/nn/index.ts";
import * as X from "../../../src/extra/index.ts";
import * as T from "../../../src/tensor/index.ts";
import { type Args, one, op, type Operator, type Options } from "../bind.ts";

const own = (entries: Record<string, Operator>): Record<string, Operator> =>
  Object.fromEntries(
    Object.entries(entries).map(([name, operator]) => [`nn.functional.${name}`, operator]),
  );

/** Lists of one number as that number; PyTorch takes them for any number of axes. */
const unwrapped = (value: unknown): unknown =>
  Array.isArray(value) && value.length <= 1 ? (value[0] as unknown) : value;
const settings = (a: Args): never =>
  Object.fromEntries(Object.entries(a).map(([k, v]) => [k, unwrapped(v)])) as never;
/** Output sizes, in which PyTorch's None is our null. */
const sizes = (value: unknown): never =>
  (Array.isArray(value) ? value.map((n: unknown) => n ?? null) : value) as never;

const pooled = (
  f: (x: never, size: never, options: never) => unknown,
  names = "input kernel_size stride padding ceil_mode count_include_pad divisor_override",
): Operator => op(names, (a) => f(a.input, unwrapped(a.kernelSize) as never, settings(a)));

type Pool = (x: never, size: never, options?: never) => unknown;
const adaptive = (plain: Pool, indexed: Pool): Operator =>
  op("input output_size return_indices", (a) =>
    (a.returnIndices ? indexed : plain)(a.input, sizes(a.outputSize)),
  );
const maxPooled = (plain: Pool, indexed: Pool): Operator =>
  op("input kernel_size stride padding dilation ceil_mode return_indices", (a) =>
    (a.returnIndices ? indexed : plain)(a.input, unwrapped(a.kernelSize) as never, settings(a)),
  );
const unpooled = (f: (x: never, i: never, size: never, options: never) => unknown): Operator =>
  op("input indices kernel_size stride padding output_size", (a) =>
    f(a.input, a.indices, unwrapped(a.kernelSize) as never, settings(a)),
  );
/** With the random numbers that the script gives PyTorch. */
const fractional = (f: (x: never, size: never, options: never) => X.PooledIndices): Operator =>
  op("input kernel_size output_size output_ratio return_indices _random_samples", (a) => {
    const options = { ...(given(a) as object), randomSamples: a._randomSamples } as never;
    const { values, indices } = f(a.input, unwrapped(a.kernelSize) as never, options);
    return a.returnIndices ? [values, indices] : values;
  });

/** Without what is None. */
const given = (a: Args): Args =>
  Object.fromEntries(Object.entries(a).filter(([, value]) => (value as unknown) !== null));

/** `dtype` of softmax: the input is cast first. */
const typed = (a: Args): T.Tensor =>
  (a.dtype as unknown) === undefined ? a.input : T.to(a.input, a.dtype);

/** Sums of many terms, which may cancel. */
const SUMS: Options = { tolerance: { f32: [1e-5, 1e-4] } };

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
    // PyTorch's derivative is 1/6 in single precision.
    hardsigmoid: one(T.hardsigmoid, { tolerance: { f64: [1e-6, 1e-6] } }),
    hardswish: one(T.hardswish),
    logsigmoid: one(T.logsigmoid),
    glu: op("input dim", (a) => T.glu(a.input, a.dim)),
    softmin: op("input dim dtype", (a) => T.softmin(typed(a), a.dim)),
    linear: op("input weight bias", (a) => T.linear(a.input, a.weight, a.bias)),
    embedding: op("weight input padding_idx max_norm norm_type scale_grad_by_freq sparse", (a) =>
      T.embedding(a.input, a.weight, a),
    ),
    one_hot: op("input num_classes", (a) => T.oneHot(a.input, a.numClasses), { counts: true }),
    pad: op("input pad mode value", (a) => T.pad(a.input, a.pad, a)),
    cosine_similarity: op("x1 x2 dim eps", (a) => T.cosineSimilarity(a.x1, a.x2, a)),
    conv1d: op(
      "input weight bias stride padding dilation groups",
      (a) => T.conv1d(a.input, a.weight, a.bias, settings(a)),
      SUMS,
    ),
    conv2d: op(
      "input weight bias stride padding dilation groups",
      (a) => T.conv2d(a.input, a.weight, a.bias, settings(a)),
      SUMS,
    ),
    conv3d: op(
      "input weight bias stride padding dilation groups",
      (a) => T.conv3d(a.input, a.weight, a.bias, settings(a)),
      SUMS,
    ),
    conv_transpose1d: op(
      "input weight bias stride padding output_padding groups dilation",
      (a) => T.convTranspose1d(a.input, a.weight, a.bias, settings(a)),
      SUMS,
    ),
    conv_transpose2d: op(
      "input weight bias stride padding output_padding groups dilation",
      (a) => T.convTranspose2d(a.input, a.weight, a.bias, settings(a)),
      SUMS,
    ),
    conv_transpose3d: op(
      "input weight bias stride padding output_padding groups dilation",
      (a) => T.convTranspose3d(a.input, a.weight, a.bias, settings(a)),
      SUMS,
    ),
    avg_pool1d: pooled(T.avgPool1d),
    avg_pool2d: pooled(T.avgPool2d),
    avg_pool3d: pooled(T.avgPool3d),
    adaptive_avg_pool1d: adaptive(T.adaptiveAvgPool1d, T.adaptiveAvgPool1d),
    adaptive_avg_pool2d: adaptive(T.adaptiveAvgPool2d, T.adaptiveAvgPool2d),
    adaptive_avg_pool3d: adaptive(T.adaptiveAvgPool3d, T.adaptiveAvgPool3d),
    adaptive_max_pool1d: adaptive(T.adaptiveMaxPool1d, X.adaptiveMaxPool1dWithIndices),
    adaptive_max_pool2d: adaptive(T.adaptiveMaxPool2d, X.adaptiveMaxPool2dWithIndices),
    adaptive_max_pool3d: adaptive(T.adaptiveMaxPool3d, X.adaptiveMaxPool3dWithIndices),
    max_pool1d: maxPooled(T.maxPool1d, X.maxPool1dWithIndices),
    max_pool2d: maxPooled(T.maxPool2d, X.maxPool2dWithIndices),
    max_pool3d: maxPooled(T.maxPool3d, X.maxPool3dWithIndices),
    max_unpool1d: unpooled(X.maxUnpool1d),
    "max_unpool1d[grad]": unpooled(X.maxUnpool1d),
    max_unpool2d: unpooled(X.maxUnpool2d),
    "max_unpool2d[grad]": unpooled(X.maxUnpool2d),
    max_unpool3d: unpooled(X.maxUnpool3d),
    "max_unpool3d[grad]": unpooled(X.maxUnpool3d),
    grid_sample: op(
      "input grid mode padding_mode align_corners",
      (a) => X.gridSample(a.input, a.grid, a),
      {
        tolerance: { f32: [1e-5, 1e-4] },
      },
    ),
    embedding_bag: op(
      "weight input offsets max_norm norm_type scale_grad_by_freq mode sparse per_sample_weights " +
        "include_last_offset padding_idx",
      (a) => X.embeddingBag(a.input, a.weight, a),
    ),
    ctc_loss: op(
      "log_probs targets input_lengths target_lengths blank reduction zero_infinity",
      (a) => X.ctcLoss(a.logProbs, a.targets, a.inputLengths, a.targetLengths, a),
      { gradients: "PyTorch adds the derivative of a log-softmax, which is 0 behind one" },
    ),
    celu: op("input alpha", (a) => X.celu(a.input, a.alpha)),
    hardshrink: op("input lambd", (a) => X.hardshrink(a.input, a.lambd)),
    softshrink: op("input lambd", (a) => X.softshrink(a.input, a.lambd)),
    tanhshrink: one(X.tanhshrink),
    threshold: op("input threshold value", (a) => X.threshold(a.input, a.threshold, a.value)),
    rrelu: op("input lower upper training", (a) => X.rrelu(a.input, a), {
      undetermined: (a) => a.training,
    }),
    scaled_dot_product_attention: op(
      "query key value attn_mask dropout_p is_causal scale enable_gqa",
      (a) => T.scaledDotProductAttention(a.query, a.key, a.value, a),
      { undetermined: (a) => (a.dropoutP as number) > 0 },
    ),
    batch_norm: op(
      "input running_mean running_var weight bias training momentum eps",
      (a) => T.batchNorm(a.input, a.runningMean, a.runningVar, a),
      {
        except: [
          {
            when: (a) => (a.input as T.Tensor).ndim < 2,
            why: "an input must have an axis of channels, also an empty one",
          },
        ],
      },
    ),
    instance_norm: op(
      "input running_mean running_var weight bias use_input_stats momentum eps",
      (a) => T.instanceNorm(a.input, a),
    ),
    interpolate: op(
      "input size scale_factor mode align_corners recompute_scale_factor antialias",
      (a) => X.interpolate(a.input, settings(a)),
    ),
    multi_head_attention_forward: op(
      "query key value embed_dim_to_check num_heads in_proj_weight in_proj_bias bias_k bias_v " +
        "add_zero_attn dropout_p out_proj_weight out_proj_bias training key_padding_mask need_weights " +
        "attn_mask use_separate_proj_weight q_proj_weight k_proj_weight v_proj_weight static_k static_v " +
        "average_attn_weights is_causal",
      (a) => {
        const joined = a.useSeparateProjWeight ? undefined : (a.inProjWeight as T.Tensor);
        const options = { ...(given(a) as object), inProjWeight: joined } as never;
        return F.multiHeadAttentionForward(a.query, a.key, a.value, a.numHeads, options);
      },
      { undetermined: (a) => a.training && (a.dropoutP as number) > 0 },
    ),
    linear_cross_entropy: op(
      "input linear_weight target linear_bias weight reduction ignore_index label_smoothing options",
      (a) => F.linearCrossEntropy(a.input, a.linearWeight, a.target, a),
    ),
    fractional_max_pool2d: fractional(X.fractionalMaxPool2d),
    fractional_max_pool3d: fractional(X.fractionalMaxPool3d),
    upsample_bilinear: op("input size scale_factor", (a) =>
      X.interpolate(a.input, { ...(settings(a) as object), mode: "bilinear", alignCorners: true }),
    ),
    upsample_nearest: op("input size scale_factor", (a) => X.interpolate(a.input, settings(a))),
    normalize: op("input p dim eps", (a) => X.normalize(a.input, a)),
    pixel_shuffle: op("input upscale_factor", (a) => X.pixelShuffle(a.input, a.upscaleFactor)),
    pixel_unshuffle: op("input downscale_factor", (a) =>
      X.pixelUnshuffle(a.input, a.downscaleFactor),
    ),
    channel_shuffle: op("input groups", (a) => X.channelShuffle(a.input, a.groups)),
    local_response_norm: op("input size alpha beta k", (a) =>
      X.localResponseNorm(a.input, a.size, a),
    ),
    unfold: op("input kernel_size dilation padding stride", (a) =>
      X.unfold(a.input, a.kernelSize, settings(a)),
    ),
    // Of equal elements the gradient is 0, which PyTorch misses by the rounding of large terms.
    layer_norm: op(
      "input normalized_shape weight bias eps",
      (a) => T.layerNorm(a.input, a.normalizedShape, a),
      { tolerance: { f32: [1e-5, 1e-4] } },
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
  softmax: op("input dim dtype", (a) => T.softmax(typed(a), a.dim)),
  log_softmax: op("input dim dtype", (a) => T.logSoftmax(typed(a), a.dim)),
  "signal.windows.general_cosine": op("M a sym dtype layout device requires_grad", (a) =>
    X.windows.generalCosine(a.M, a.a, a),
  ),
  "signal.windows.general_hamming": op("M alpha sym dtype layout device requires_grad", (a) =>
    X.windows.generalHamming(a.M, a),
  ),
  "signal.windows.hamming": op("M sym dtype layout device requires_grad", (a) =>
    X.windows.hamming(a.M, a),
  ),
  "signal.windows.hann": op("M sym dtype layout device requires_grad", (a) =>
    X.windows.hann(a.M, a),
  ),
  "signal.windows.blackman": op("M sym dtype layout device requires_grad", (a) =>
    X.windows.blackman(a.M, a),
  ),
  "signal.windows.nuttall": op("M sym dtype layout device requires_grad", (a) =>
    X.windows.nuttall(a.M, a),
  ),
  "signal.windows.bartlett": op("M sym dtype layout device requires_grad", (a) =>
    X.windows.bartlett(a.M, a),
  ),
  "signal.windows.cosine": op("M sym dtype layout device requires_grad", (a) =>
    X.windows.cosine(a.M, a),
  ),
  "signal.windows.exponential": op("M center tau sym dtype layout device requires_grad", (a) =>
    X.windows.exponential(a.M, a),
  ),
  "signal.windows.gaussian": op("M std sym dtype layout device requires_grad", (a) =>
    X.windows.gaussian(a.M, a),
  ),
  "signal.windows.kaiser": op("M beta sym dtype layout device requires_grad", (a) =>
    X.windows.kaiser(a.M, a),
  ),
  _upsample_bilinear2d_aa: op(
    "input output_size align_corners scale_factors scales_h scales_w",
    (a) => {
      const { input, outputSize, alignCorners, scaleFactors, scalesH, scalesW } = given(a);
      const options = { mode: "bilinear", alignCorners, antialias: true } as const;
      if (scaleFactors) return X.interpolate(input, { ...options, scaleFactor: scaleFactors });
      // With aligned corners only the size counts.
      if (!scalesH || alignCorners) return X.interpolate(input, { ...options, size: outputSize });
      // The beginning of what the scales alone would give.
      const scaled = X.interpolate(input, { ...options, scaleFactor: [scalesH, scalesW] });
      return scaled.narrow(2, 0, outputSize[0]).narrow(3, 0, outputSize[1]);
    },
  ),
  constant_pad_nd: op("input pad value", (a) => T.pad(a.input, a.pad, a)),
};
