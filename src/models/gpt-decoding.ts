import { isInteger } from "../ir/dtype.ts";
import { showShape } from "../ir/shape.ts";
import { KeyValueCache } from "../nn/index.ts";
import { arange, compile, type Generator, tensor, type Tensor, where } from "../tensor/index.ts";
import { type GenerateOptions, type GPT } from "./gpt.ts";

/** Checks a batch of tokens that fits into the block. */
export function checkTokens(tokens: Tensor, blockSize: number, what: string): void {
  const [, length] = tokens.shape;
  if (tokens.ndim !== 2 || !isInteger(tokens.dtype) || length < 1)
    throw new TypeError(
      `${what}: expected integer tokens (N, T), got ${tokens.dtype}${showShape(tokens.shape)}`,
    );
  if (length > blockSize)
    throw new RangeError(
      `${what}: at most ${blockSize} tokens can be looked at (blockSize), got ${length}`,
    );
}

/** The settings of a draw, as arguments of compiled functions. */
interface Draw {
  readonly temperature: number;
  readonly topK: number | undefined;
  readonly generator: Generator | undefined;
}

/** The next tokens (N, 1), drawn by scores (N, vocabSize). */
function draw(scores: Tensor, { temperature, topK, generator }: Draw): Tensor {
  if (temperature === 0) return scores.argmax(-1, { keepdim: true });
  let logits = scores.div(temperature);
  if (topK !== undefined && topK < logits.shape[1]) {
    const least = logits.topk(topK).values.narrow(-1, topK - 1, 1);
    logits = where(logits.lt(least), -Infinity, logits);
  }
  return logits.softmax().multinomial(1, { generator });
}

/**
 * What generating a batch needs, recorded once and run for every token. Each takes the text (N, length), of
 * which the tokens up to `position`, an i32 scalar, are there, and returns it with the next one.
 */
interface Decoder {
  readonly samples: number;
  /** Takes in the first `length` tokens. */
  readonly start: (text: Tensor, length: number, options: Draw) => Tensor;
  /** Takes in the token at `position`, when all before have been. */
  readonly step: (text: Tensor, position: Tensor, options: Draw) => Tensor;
  /** Looks at the last blockSize tokens, without anything that was kept. */
  readonly anew: (text: Tensor, position: Tensor, options: Draw) => Tensor;
}

// One for each model, for the batch it generated last: it holds keys and values of a whole block.
const decoders = new WeakMap<GPT, Decoder>();

function decoderOf(gpt: GPT, samples: number): Decoder {
  let decoder = decoders.get(gpt);
  if (decoder?.samples !== samples) decoders.set(gpt, (decoder = makeDecoder(gpt, samples)));
  return decoder;
}

const count = (n: number): Tensor => arange(n, { dtype: "i32" });

/** The text with `next` (N, 1) after `position`. */
const written = (text: Tensor, position: Tensor | number, next: Tensor): Tensor =>
  where(count(text.shape[1]).sub(1).eq(position), next, text);

function makeDecoder(gpt: GPT, samples: number): Decoder {
  const { blockSize, nLayer, nHead, nEmbd } = gpt.settings;
  const sizes = { batch: samples, heads: nHead, length: blockSize, size: nEmbd / nHead };
  const caches = Array.from({ length: nLayer }, () => new KeyValueCache(sizes));
  const last = (hidden: Tensor): Tensor => gpt.scores(hidden.select(1, hidden.shape[1] - 1));

  return {
    samples,
    start: compile((text: Tensor, length: number, options: Draw) => {
      for (const cache of caches) cache.reset();
      const hidden = gpt.hidden(text.narrow(1, 0, length), count(length), caches);
      return written(text, length - 1, draw(last(hidden), options));
    }),
    step: compile((text: Tensor, position: Tensor, options: Draw) => {
      const at = position.reshape(1);
      const hidden = gpt.hidden(text.indexSelect(1, at), at, caches);
      return written(text, position, draw(last(hidden), options));
    }),
    anew: compile((text: Tensor, position: Tensor, options: Draw) => {
      const seen = text.indexSelect(1, count(blockSize).add(position.sub(blockSize - 1)));
      const hidden = gpt.hidden(seen, count(blockSize));
      return written(text, position, draw(last(hidden), options));
    }),
  };
}

/** See `GPT.generate`. */
export function decode(
  gpt: GPT,
  tokens: Tensor,
  more: number,
  { temperature = 1, topK, generator }: GenerateOptions,
): Tensor {
  const { blockSize } = gpt.settings;
  const what = "GPT.generate";
  checkTokens(tokens, Infinity, what);
  if (!Number.isInteger(more) || more < 0)
    throw new RangeError(`${what}: count must be an integer >= 0, got ${more}`);
  if (!(temperature >= 0 && temperature < Infinity))
    throw new RangeError(`${what}: temperature must be a number >= 0, got ${temperature}`);
  if (topK !== undefined && (!Number.isInteger(topK) || topK < 1))
    throw new RangeError(`${what}: topK must be an integer >= 1, got ${topK}`);
  const options = { temperature, topK, generator };
  const { start, step, anew } = decoderOf(gpt, tokens.shape[0]);
  const length = tokens.shape[1];
  let text = tokens.to("i32").pad([0, more]);
  for (let at = length - 1; at < length - 1 + more; at++) {
    const position = tensor(at, { dtype: "i32" });
    if (at >= blockSize) text = anew(text, position, options);
    else if (at === length - 1) text = start(text, length, options);
    else text = step(text, position, options);
  }
  return text;
}
