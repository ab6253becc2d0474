import * as nn from "../nn/index.ts";
import { torchFields } from "../nn/names.ts";
import { arange, type Generator, noGrad, type Tensor } from "../tensor/index.ts";
import { checkTokens, decode } from "./gpt-decoding.ts";

/** Options of `GPT`. */
export interface GPTOptions {
  /** Number of different tokens. */
  readonly vocabSize: number;
  /** Tokens that can be looked at at once. Default 1024. */
  readonly blockSize?: number;
  /** Number of blocks. Default 12. */
  readonly nLayer?: number;
  /** Heads of attention. Default 12. */
  readonly nHead?: number;
  /** Size of a token's vector. Default 768. */
  readonly nEmbd?: number;
  /** Probability with which values are dropped in training. Default 0. */
  readonly dropout?: number;
  /** Whether products and norms have biases. Default true. */
  readonly bias?: boolean;
}

type Settings = Required<GPTOptions>;

/** Attention of each position to itself and those before it. */
class CausalSelfAttention extends nn.Module {
  readonly cAttn: nn.Linear;
  readonly cProj: nn.Linear;
  private readonly nHead: number;
  private readonly residDropout: nn.Dropout;

  constructor({ nEmbd, nHead, bias, dropout }: Settings) {
    super();
    this.cAttn = new nn.Linear(nEmbd, 3 * nEmbd, { bias });
    this.cProj = new nn.Linear(nEmbd, nEmbd, { bias });
    this.nHead = nHead;
    this.residDropout = new nn.Dropout(dropout);
  }

  forward(x: Tensor, cache?: nn.KeyValueCache): Tensor {
    const parts = this.cAttn.forward(x).unflatten(-1, [3, this.nHead, -1]).unbind(-3);
    const [queries, keys, values] = parts.map((part) => part.transpose(1, 2));
    const dropoutP = this.training ? this.residDropout.p : 0;
    const causal = { isCausal: true };
    const seen = cache?.append(keys, values, causal) ?? { keys, values, mask: causal };
    const y = nn.functional.scaledDotProductAttention(queries, seen.keys, seen.values, {
      ...seen.mask,
      dropoutP,
    });
    return this.residDropout.forward(this.cProj.forward(y.transpose(1, 2).flatten(2)));
  }

  protected override fields(): Iterable<nn.Named<unknown>> {
    return torchFields(super.fields());
  }
}

/** The feed-forward net of a block. */
class MLP extends nn.Layer {
  readonly cFc: nn.Linear;
  readonly cProj: nn.Linear;
  private readonly dropout: nn.Dropout;

  constructor({ nEmbd, bias, dropout }: Settings) {
    super();
    this.cFc = new nn.Linear(nEmbd, 4 * nEmbd, { bias });
    this.cProj = new nn.Linear(4 * nEmbd, nEmbd, { bias });
    this.dropout = new nn.Dropout(dropout);
  }

  forward(x: Tensor): Tensor {
    return this.dropout.forward(this.cProj.forward(this.cFc.forward(x).gelu()));
  }

  protected override fields(): Iterable<nn.Named<unknown>> {
    return torchFields(super.fields());
  }
}

class Block extends nn.Module {
  readonly ln1: nn.LayerNorm;
  readonly attn: CausalSelfAttention;
  readonly ln2: nn.LayerNorm;
  readonly mlp: MLP;

  constructor(settings: Settings) {
    super();
    const { nEmbd, bias } = settings;
    this.ln1 = new nn.LayerNorm(nEmbd, { bias });
    this.attn = new CausalSelfAttention(settings);
    this.ln2 = new nn.LayerNorm(nEmbd, { bias });
    this.mlp = new MLP(settings);
  }

  forward(x: Tensor, cache?: nn.KeyValueCache): Tensor {
    x = x.add(this.attn.forward(this.ln1.forward(x), cache));
    return x.add(this.mlp.forward(this.ln2.forward(x)));
  }

  protected override fields(): Iterable<nn.Named<unknown>> {
    const { ln1, attn, ln2, mlp } = this;
    return Object.entries({ ln_1: ln1, attn, ln_2: ln2, mlp });
  }
}

/** Options of `GPT.generate`. */
export interface GenerateOptions {
  /** What scores are divided by before they become probabilities; 0 takes the likeliest. Default 1. */
  readonly temperature?: number;
  /** Only so many of the likeliest tokens are drawn from. Default: all. */
  readonly topK?: number;
  /** Where the random numbers come from. Default: the generator that `manualSeed` seeds. */
  readonly generator?: Generator;
}

/**
 * A transformer that predicts the next token (Radford et al. 2019): GPT-2, with its initial values and with
 * the names of weights of nanoGPT. The vectors of the tokens are the weight of the last product too.
 *
 * @example
 * const gpt = new GPT({ vocabSize: 65, blockSize: 256, nLayer: 6, nHead: 6, nEmbd: 384 });
 * const scores = gpt.forward(tokens); // (N, T) gives (N, T, 65)
 * nn.functional.crossEntropy(scores.flatten(0, 1), next.flatten()).backward();
 */
export class GPT extends nn.Module {
  readonly settings: Settings;
  readonly wte: nn.Embedding;
  readonly wpe: nn.Embedding;
  readonly drop: nn.Dropout;
  readonly blocks: nn.ModuleList<Block>;
  readonly lnF: nn.LayerNorm;

  /** @throws RangeError for sizes out of range, and heads that do not divide nEmbd. */
  constructor(options: GPTOptions) {
    super();
    const defaults = { blockSize: 1024, nLayer: 12, nHead: 12, nEmbd: 768, dropout: 0, bias: true };
    const settings = { ...defaults, ...options };
    const { vocabSize, blockSize, nLayer, nHead, nEmbd, dropout, bias } = settings;
    if (!Number.isInteger(nHead) || nHead < 1 || nEmbd % nHead !== 0)
      throw new RangeError(`GPT: nHead must divide nEmbd, got ${nHead} for ${nEmbd}`);
    if (!Number.isInteger(nLayer) || nLayer < 1)
      throw new RangeError(`GPT: nLayer must be an integer >= 1, got ${nLayer}`);
    this.settings = settings;
    this.wte = new nn.Embedding(vocabSize, nEmbd);
    this.wpe = new nn.Embedding(blockSize, nEmbd);
    this.drop = new nn.Dropout(dropout);
    this.blocks = new nn.ModuleList(Array.from({ length: nLayer }, () => new Block(settings)));
    this.lnF = new nn.LayerNorm(nEmbd, { bias });
    this.resetParameters();
  }

  /** Draws new initial values. */
  resetParameters(): void {
    for (const module of this.modules()) {
      if (module instanceof nn.Embedding) nn.init.normal_(module.weight, 0, 0.02);
      if (module instanceof nn.LayerNorm) module.resetParameters();
      if (!(module instanceof nn.Linear)) continue;
      nn.init.normal_(module.weight, 0, 0.02);
      if (module.bias) nn.init.zeros_(module.bias);
    }
    // What is added to the residuals grows with their number.
    const std = 0.02 / Math.sqrt(2 * this.settings.nLayer);
    for (const { attn, mlp } of this.blocks)
      for (const { weight } of [attn.cProj, mlp.cProj]) nn.init.normal_(weight, 0, std);
  }

  /**
   * @param tokens - (N, T), integers, T at most blockSize.
   * @returns Scores of the next token, (N, T, vocabSize).
   */
  forward(tokens: Tensor): Tensor {
    checkTokens(tokens, this.settings.blockSize, "GPT");
    const positions = arange(tokens.shape[1], { dtype: "i32" });
    return this.scores(this.hidden(tokens, positions));
  }

  /**
   * Draws tokens that follow on `tokens` (N, T), one after the other. Keys and values of all positions are
   * kept, so that each step computes one position only, until blockSize is full; from then on each step
   * looks at the last blockSize tokens anew.
   *
   * @returns (N, T + count), i32.
   * @throws RangeError for a count, temperature or topK out of range.
   *
   * @example
   * const text = await gpt.generate(prompt, 200, { temperature: 0.8, topK: 10 }).data();
   */
  generate(tokens: Tensor, count: number, options: GenerateOptions = {}): Tensor {
    const { training } = this;
    this.eval();
    try {
      return noGrad(() => decode(this, tokens, count, options));
    } finally {
      this.train(training);
    }
  }

  /** @internal The last layer's vectors of tokens at these positions (T). */
  hidden(tokens: Tensor, positions: Tensor, caches: readonly nn.KeyValueCache[] = []): Tensor {
    let x = this.drop.forward(this.wte.forward(tokens).add(this.wpe.forward(positions)));
    [...this.blocks].forEach((block, i) => (x = block.forward(x, caches.at(i))));
    return this.lnF.forward(x);
  }

  /** @internal */
  scores(hidden: Tensor): Tensor {
    return hidden.linear(this.wte.weight);
  }

  protected override fields(): Iterable<nn.Named<unknown>> {
    const { wte, wpe, drop, blocks: h, lnF } = this;
    const transformer = new nn.ModuleDict<nn.Module>({ wte, wpe, drop, h, ln_f: lnF });
    return Object.entries({ transformer, "lm_head.weight": wte.weight });
  }
}
