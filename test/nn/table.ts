import { nn, optim } from "../../src/index.ts";
import { type Status } from "../parity/table.ts";
import { camel } from "./fixtures.ts";
import { vectors } from "./vectors.ts";

// What of PyTorch's layers, losses and initialisers there is: docs/nn.md.

interface Note {
  readonly status: Exclude<Status, "supported">;
  readonly why: string;
}

interface Place {
  readonly prefix: string;
  readonly values: object;
}

/** Where the names of a module of PyTorch stand. */
const PLACES: Readonly<Record<string, readonly Place[]>> = {
  "torch.nn": [{ prefix: "nn", values: nn }],
  "torch.nn.init": [{ prefix: "nn.init", values: nn.init }],
  "torch.nn.utils": [
    { prefix: "nn.utils", values: nn.utils },
    { prefix: "optim", values: optim },
  ],
  "torch.nn.utils.parametrizations": [
    { prefix: "nn.utils.parametrizations", values: nn.utils.parametrizations },
  ],
  "torch.nn.utils.parametrize": [{ prefix: "nn.utils.parametrize", values: nn.utils.parametrize }],
  "torch.nn.utils.rnn": [{ prefix: "nn.utils.rnn", values: nn.utils.rnn }],
};

const differs = (why: string): Note => ({ status: "differs", why });
const absent = (why: string): Note => ({ status: "not applicable", why });

const all = (names: readonly string[], note: Note): Record<string, Note> =>
  Object.fromEntries(names.map((name) => [name, note]));

const dims = (name: string, sizes: readonly number[] = [1, 2, 3]): string[] =>
  sizes.map((n) => `${name}${n}d`);

const implicit = differs(
  "`dim` is -1 by default; PyTorch's default goes by the number of axes, and is deprecated",
);
const deprecated = absent("deprecated in PyTorch");

/** The names that are not simply supported. */
export const NOTES: Readonly<Record<string, Note | undefined>> = {
  Container: deprecated,
  NLLLoss2d: absent("deprecated in PyTorch: `NLLLoss` takes images"),
  CrossMapLRN2d: absent("an older form of `LocalResponseNorm`"),
  DataParallel: absent("a program runs on one device"),
  SyncBatchNorm: absent("for several processes"),
  RNNBase: absent("what `RNN`, `LSTM` and `GRU` have in common is no class to be used"),
  RNNCellBase: absent("what the cells have in common is no class to be used"),
  UninitializedTensorMixin: absent("what the two others have in common is no class to be used"),
  LinearCrossEntropyOptions: absent("settings of a computation in pieces"),
  LinearCrossEntropyLoss: differs("no `options`, which are for a computation in pieces"),
  ...all(
    [...dims("MaxPool"), ...dims("AdaptiveMaxPool"), ...dims("FractionalMaxPool", [2, 3])],
    differs(
      "positions are given by `forwardWithIndices`, and not by `returnIndices`: `forward` gives one tensor",
    ),
  ),
  ...all(
    dims("MaxUnpool"),
    differs("of several entries for one place, only the one that is there gets a gradient"),
  ),
  ...all(["Softmax", "LogSoftmax", "Softmin"], implicit),
  Embedding: differs("no `sparse` gradients"),
  EmbeddingBag: differs(
    "no `sparse` gradients; with `scaleGradByFreq` each row's gradient is divided by its own frequency, and not " +
      "sometimes by another row's",
  ),
  MultiheadAttention: differs("a query that may look at nothing has weights of 0, and not NaN"),
  AdaptiveLogSoftmaxWithLoss: differs(
    "clusters without features are refused; parts that no target needs have gradients of 0, not none",
  ),
  Module: differs(
    "parameters, buffers and modules are found in the fields, and not registered; it is called by `forward`",
  ),
  ParameterList: differs("holds parameters and tensors, which become ones, and no other objects"),
  ParameterDict: differs("holds parameters and tensors, which become ones, and no other objects"),

  ...all(
    [
      ...["uniform", "normal", "constant", "eye", "dirac", "orthogonal", "sparse"],
      ...["xavier_uniform", "xavier_normal", "kaiming_uniform", "kaiming_normal"],
    ],
    deprecated,
  ),

  clip_grad_norm: deprecated,
  convert_conv2d_weight_memory_format: absent("layouts are the compiler's"),
  convert_conv3d_weight_memory_format: absent("layouts are the compiler's"),
  "torch.nn.utils.spectral_norm": absent("older than `parametrizations.spectralNorm`"),
  "torch.nn.utils.weight_norm": absent("deprecated: `parametrizations.weightNorm`"),
  remove_spectral_norm: absent("`parametrize.removeParametrizations`"),
  remove_weight_norm: absent("`parametrize.removeParametrizations`"),
  fuse_conv_bn_eval: differs("sees by itself whether the convolution is a transposed one"),
  fuse_conv_bn_weights: differs("moments and weights of the norm are one object"),
  fuse_linear_bn_weights: differs("moments and weights of the norm are one object"),
  skip_init: absent("initial values that are replaced before their first use are never computed"),
  stateless: deprecated,

  cached: absent("a program computes what is equal once"),
  ParametrizationList: absent("`registerParametrization` makes it"),
  type_before_parametrizations: absent("the class of a module stays as it is"),

  PackedSequence: differs(
    "`data` keeps the padding and the order of the sequences; `sortedIndices` and others tell PyTorch's",
  ),
  pack_padded_sequence: differs("any order is fine: `enforceSorted` is false by default"),
  pack_sequence: differs("any order is fine: `enforceSorted` is false by default"),
};

/** Layers, losses and initialisers that PyTorch does not have. */
export const OTHERS: Readonly<Record<string, string>> = {
  ALiBi: "Press et al. 2022",
  ContrastiveLoss: "Hadsell et al. 2006",
  DiceLoss: "Milletari et al. 2016",
  FocalLoss: "Lin et al. 2017",
  InfoNCELoss: "van den Oord et al. 2018",
  JaccardLoss: "Rahman & Wang 2016",
  LearnedPositions: "Gehring et al. 2017",
  LovaszHingeLoss: "Berman et al. 2018",
  LovaszSoftmaxLoss: "Berman et al. 2018",
  RotaryPositions: "Su et al. 2021",
  SinusoidalPositions: "Vaswani et al. 2017",
};

export interface Row {
  /** The name in PyTorch. */
  readonly torch: string;
  /** The name here, where there is one. */
  readonly own: string | undefined;
  readonly status: Status;
  readonly why: string;
}

const noteOf = (module: string, name: string): Note | undefined => {
  const full = `${module}.${name}`;
  // A name that several modules have is noted by its full one where it differs.
  return NOTES[full] ?? NOTES[name];
};

export const rows = (): Row[] =>
  Object.entries(vectors.names).flatMap(([module, names]) =>
    names.map((name): Row => {
      const own = camel(name);
      const place = PLACES[module].find(({ values }) => own in values);
      const { status, why } = noteOf(module, name) ?? {
        status: place ? "supported" : "missing",
        why: "",
      };
      const shown = place && status !== "not applicable" ? `${place.prefix}.${own}` : undefined;
      return { torch: `${module}.${name}`, own: shown, status, why };
    }),
  );

const countOf = (list: readonly Row[], status: Status): number =>
  list.filter((row) => row.status === status).length;

/** docs/nn.md. */
export function page(): string {
  const list = rows();
  const lines = list.map(
    ({ torch, own, status, why }) =>
      `| \`${torch}\` | ${own === undefined ? "" : `\`${own}\``} | ${status} | ${why} |`,
  );
  const statuses: Status[] = ["supported", "differs", "missing", "not applicable"];
  const counts = statuses.map((status) => `| ${status} | ${countOf(list, status)} |`);
  const others = Object.entries(OTHERS).map(([name, paper]) => `\`nn.${name}\` (${paper})`);
  return `# Layers, losses and initialisers of PyTorch

Every name of ${vectors.source}'s \`torch.nn\`, \`torch.nn.init\` and \`torch.nn.utils\`, and whether Nabla has it with
the same defaults, numbers and names of its state. \`test/nn\` compares results, gradients of inputs and weights and
buffers with PyTorch's, in training and in use: in double precision to 1e-9, in single precision to 2e-5.
\`tools/fixtures-layers.py\` makes the numbers, and with \`--check\` compares those in the repository with PyTorch. This
page is written by \`npx tsx test/parity/write-table.ts\`.

| status | names |
| --- | --- |
${counts.join("\n")}

Not in PyTorch: ${others.join(", ")}; and in \`nn.functional\` the losses of autoencoders and adversarial nets:
\`gaussianKLLoss\`, \`reparameterize\`, \`hingeDiscriminatorLoss\`, \`generatorLoss\`, \`wassersteinCriticLoss\` and
\`gradientPenalty\`. They are compared with their definitions. \`nn.KeyValueCache\` keeps what attention has seen, for
\`MultiheadAttention\` and the layers and stacks of transformers (\`newCache\`, and \`cache\` among the options of
\`forward\`), so that a text is continued token by token; the results are compared with those of the whole text.

What holds for all: \`inplace\` and \`device\` are not there. Settings that PyTorch takes by
name are in a last object, in camelCase. Positions and counts, which PyTorch has in 64 bits, are i32. Random numbers come
from the generator that \`manualSeed\` seeds, and are others than PyTorch's. Names of parameters and buffers are PyTorch's,
so its states load with \`loadStateDict\`.

| PyTorch | Nabla | status | why |
| --- | --- | --- | --- |
${lines.join("\n")}
`;
}
