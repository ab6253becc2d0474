import { arange, cat, nn, type Tensor, where } from "nabla";
import { GPT } from "./arrays.ts";

const { layers, heads, width, context, vocabulary } = GPT;

/** Computes attention of (N, heads, L, size). */
type Attend = (q: Tensor, k: Tensor, v: Tensor) => Tensor;

class Block extends nn.Module {
  ln1 = new nn.LayerNorm(width);
  qkv = new nn.Linear(width, 3 * width);
  proj = new nn.Linear(width, width);
  ln2 = new nn.LayerNorm(width);
  fc1 = new nn.Linear(width, 4 * width);
  fc2 = new nn.Linear(4 * width, width);

  forward(x: Tensor, attend: Attend): Tensor {
    const [n, length] = x.shape;
    const [q, k, v] = this.qkv
      .forward(this.ln1.forward(x))
      .chunk(3, -1)
      .map((part) => part.reshape([n, length, heads, width / heads]).transpose(1, 2));
    const y = attend(q, k, v).transpose(1, 2).reshape([n, length, width]);
    x = x.add(this.proj.forward(y));
    return x.add(this.fc2.forward(this.fc1.forward(this.ln2.forward(x)).gelu()));
  }
}

/** Keys and values of each layer, (N, heads, L, size). */
export type Cache = readonly (readonly [keys: Tensor, values: Tensor])[];

export class Gpt extends nn.Module {
  wte = new nn.Embedding(vocabulary, width);
  wpe = new nn.Embedding(context, width);
  blocks = Array.from({ length: layers }, () => new Block());
  ln = new nn.LayerNorm(width);
  head = new nn.Linear(width, vocabulary, { bias: false });

  /** (N, L) gives logits (N, L, vocabulary). */
  forward(tokens: Tensor): Tensor {
    let x = this.wte.forward(tokens).add(this.wpe.forward(arange(tokens.shape[1])));
    for (const block of this.blocks)
      x = block.forward(x, (q, k, v) =>
        nn.functional.scaledDotProductAttention(q, k, v, { isCausal: true }),
      );
    return this.head.forward(this.ln.forward(x));
  }

  /**
   * The token after `token` (N, 1) that is most likely, and the cache with the keys and values of `token`.
   * The cache has room for the whole context, so that one program serves all positions.
   */
  decode(token: Tensor, position: Tensor, cache: Cache): [token: Tensor, cache: Cache] {
    const places = arange(context);
    const here = places.eq(position).unsqueeze(-1);
    const attnMask = places.le(position);
    let x = this.wte.forward(token).add(this.wpe.forward(position));
    const next: [Tensor, Tensor][] = [];
    this.blocks.forEach((block, i) => {
      x = block.forward(x, (q, k, v) => {
        const grown: [Tensor, Tensor] = [where(here, k, cache[i][0]), where(here, v, cache[i][1])];
        next.push(grown);
        return nn.functional.scaledDotProductAttention(q, ...grown, { attnMask });
      });
    });
    return [this.head.forward(this.ln.forward(x)).argmax(-1), next];
  }

  /** The same with a cache that grows with every token. */
  decodeGrowing(token: Tensor, position: Tensor, cache: Cache): [token: Tensor, cache: Cache] {
    let x = this.wte.forward(token).add(this.wpe.forward(position));
    const next: [Tensor, Tensor][] = [];
    this.blocks.forEach((block, i) => {
      x = block.forward(x, (q, k, v) => {
        const grown: [Tensor, Tensor] = [cat([cache[i][0], k], 2), cat([cache[i][1], v], 2)];
        next.push(grown);
        return nn.functional.scaledDotProductAttention(q, ...grown);
      });
    });
    return [this.head.forward(this.ln.forward(x)).argmax(-1), next];
  }
}
