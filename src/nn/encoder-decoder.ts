import { full, type Tensor, type TensorOptions } from "../tensor/index.ts";
import { checkSize } from "./checks.ts";
import { xavierUniform_ } from "./init.ts";
import { Module } from "./module.ts";
import { LayerNorm } from "./norm.ts";
import {
  type DecoderMasks,
  type EncoderMasks,
  TransformerDecoder,
  TransformerDecoderLayer,
  TransformerEncoder,
  TransformerEncoderLayer,
  type TransformerLayerOptions,
} from "./transformer.ts";

/** What may stand for the encoder of a `Transformer`. */
export type EncoderLike = Module & {
  forward(src: Tensor, masks?: EncoderMasks): Tensor;
};

/** What may stand for the decoder of a `Transformer`. */
export type DecoderLike = Module & {
  forward(tgt: Tensor, memory: Tensor, masks?: DecoderMasks): Tensor;
};

/** Options of `Transformer`. */
export interface TransformerOptions extends TransformerLayerOptions {
  /** Size of the vectors. Default 512. */
  readonly dModel?: number;
  /** Default 8. */
  readonly nhead?: number;
  /** Default 6. */
  readonly numEncoderLayers?: number;
  /** Default 6. */
  readonly numDecoderLayers?: number;
  /** Stands for the encoder. */
  readonly customEncoder?: EncoderLike;
  /** Stands for the decoder. */
  readonly customDecoder?: DecoderLike;
}

/** Masks of `Transformer.forward`; see `MultiheadForwardOptions`. */
export interface TransformerMasks extends Omit<DecoderMasks, "cache"> {
  readonly srcMask?: Tensor;
  readonly srcKeyPaddingMask?: Tensor;
  /** Whether source positions see only those before them, where there is no `srcMask`. Default false. */
  readonly srcIsCausal?: boolean;
}

/**
 * A transformer of encoder and decoder (Vaswani et al. 2017), each with a norm at its end. All matrices start
 * by `init.xavierUniform_`.
 *
 * @example
 * const sizes = { dModel: 16, nhead: 2, numEncoderLayers: 1, numDecoderLayers: 1, dimFeedforward: 32 };
 * const net = new nn.Transformer({ ...sizes, batchFirst: true });
 * net.forward(rand([2, 10, 16]), rand([2, 5, 16])); // (2, 5, 16)
 */
export class Transformer extends Module {
  readonly dModel: number;
  readonly nhead: number;
  readonly batchFirst: boolean;
  readonly encoder: EncoderLike;
  readonly decoder: DecoderLike;

  /** @throws RangeError for sizes and options out of range. */
  constructor(options: TransformerOptions = {}) {
    super();
    const { dModel = 512, nhead = 8, numEncoderLayers = 6, numDecoderLayers = 6 } = options;
    const { layerNormEps: eps = 1e-5, batchFirst = false, bias, dtype } = options;
    checkSize(dModel, "dModel", "Transformer");
    const norm = (): LayerNorm => new LayerNorm(dModel, { eps, bias, dtype });
    this.dModel = dModel;
    this.nhead = nhead;
    this.batchFirst = batchFirst;
    this.encoder =
      options.customEncoder ??
      new TransformerEncoder(
        new TransformerEncoderLayer(dModel, nhead, options),
        numEncoderLayers,
        { norm: norm() },
      );
    this.decoder =
      options.customDecoder ??
      new TransformerDecoder(
        new TransformerDecoderLayer(dModel, nhead, options),
        numDecoderLayers,
        { norm: norm() },
      );
    this.resetParameters();
  }

  /** Draws new initial values of all matrices. */
  resetParameters(): void {
    for (const parameter of this.parameters()) if (parameter.ndim > 1) xavierUniform_(parameter);
  }

  /**
   * A mask (size, size) that lets positions see only those before them and themselves: 0 there, and
   * -Infinity elsewhere.
   *
   * @example
   * nn.Transformer.generateSquareSubsequentMask(2); // [[0, -Infinity], [0, 0]]
   */
  static generateSquareSubsequentMask(size: number, options: TensorOptions = {}): Tensor {
    checkSize(size, "size", "generateSquareSubsequentMask");
    return full([size, size], -Infinity, { dtype: "f32", ...options }).triu(1);
  }

  /**
   * @param src - (L, N, dModel), (N, L, dModel) with `batchFirst`, or (L, dModel).
   * @param tgt - (T, N, dModel), and so on.
   * @returns Like `tgt`.
   * @throws Error for shapes that do not fit.
   */
  forward(src: Tensor, tgt: Tensor, masks: TransformerMasks = {}): Tensor {
    const { srcMask: mask, srcKeyPaddingMask, srcIsCausal: isCausal, ...others } = masks;
    const memory = this.encoder.forward(src, { mask, srcKeyPaddingMask, isCausal });
    return this.decoder.forward(tgt, memory, others);
  }
}
