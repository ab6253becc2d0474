import { type DType, newArray } from "../ir/dtype.ts";
import { type Node } from "../ir/node.ts";
import { sameShape, type Shape, showShape, sizeOf } from "../ir/shape.ts";
import { type AttentionOptions } from "../tensor/attention.ts";
import { arange, CellTensor, type Tensor, where, zeros } from "../tensor/index.ts";
import { checkSize } from "./checks.ts";

/** Sizes of a `KeyValueCache`. */
export interface KeyValueCacheOptions {
  /** Number of sequences, N. Default 1. */
  readonly batch?: number;
  /** Heads of keys and values. */
  readonly heads: number;
  /** Positions that there is room for. */
  readonly length: number;
  /** Size of a head's key, E. */
  readonly size: number;
  /** Size of a head's value, Ev. Default: that of a key. */
  readonly valueSize?: number;
  /** Default f32. */
  readonly dtype?: DType;
}

/** What queries may look at: arguments of `functional.scaledDotProductAttention`. */
export interface CachedKeysValues {
  /** (N, heads, S, E) */
  readonly keys: Tensor;
  /** (N, heads, S, Ev) */
  readonly values: Tensor;
  /** Which of them a query sees. */
  readonly mask: Pick<AttentionOptions, "attnMask" | "isCausal">;
}

const count = (n: number): Tensor => arange(n, { dtype: "i32" });

const cell = (shape: Shape, dtype: DType): CellTensor =>
  new CellTensor(shape, dtype, newArray(dtype, sizeOf(shape)));

/**
 * Keys and values of the positions that attention has seen, so that a text can be continued token by token
 * without computing those before anew. There is room for `length` positions from the start: every step has
 * the same shapes, and is compiled once. Updates are in place inside `compile`. Gradients do not go through
 * what is kept.
 *
 * `MultiheadAttention.newCache` and those of transformer layers make one of their sizes. More positions than
 * there is room for are refused where their number is known; inside `compile` it is not, and then results
 * are NaN.
 *
 * @example
 * const cache = new nn.KeyValueCache({ heads: 2, length: 16, size: 8 });
 * const [q, k, v] = [rand([1, 4, 1, 8]), rand([1, 2, 1, 8]), rand([1, 2, 1, 8])]; // one position
 * const { keys, values, mask } = cache.append(k, v);
 * const options = { ...mask, enableGqa: true };
 * nn.functional.scaledDotProductAttention(q, keys, values, options); // (1, 4, 1, 8)
 */
export class KeyValueCache {
  /** (N, heads, length, E); those of positions not seen yet mean nothing. */
  readonly keys: CellTensor;
  /** (N, heads, length, Ev) */
  readonly values: CellTensor;
  /** Number of positions seen, an i32 scalar: the position of the next one. */
  readonly length: CellTensor;
  /** Number of positions there is room for. */
  readonly capacity: number;
  /** What `length` is while it is known to be 0. */
  private empty: Node | undefined;
  /** At least so many positions have been seen: a compiled function does not count here. */
  private atLeast = 0;

  /** @throws RangeError for sizes that are not integers >= 1. */
  constructor(options: KeyValueCacheOptions) {
    const { batch = 1, heads, length, size, valueSize = size, dtype = "f32" } = options;
    for (const [name, value] of Object.entries({ batch, heads, length, size, valueSize }))
      checkSize(value, name, "KeyValueCache");
    this.keys = cell([batch, heads, length, size], dtype);
    this.values = cell([batch, heads, length, valueSize], dtype);
    this.length = cell([], "i32");
    this.capacity = length;
    this.reset();
  }

  /** Forgets all positions. Returns itself. */
  reset(): this {
    for (const own of [this.keys, this.values, this.length])
      own.rebind(zeros(own.shape, { dtype: own.dtype }));
    this.empty = this.length.node;
    this.atLeast = 0;
    return this;
  }

  /**
   * Takes in the keys and values of the next positions.
   *
   * @param keys - (N, heads, L, E)
   * @param values - (N, heads, L, Ev)
   * @param options - `isCausal`: whether the new positions do not see those after them. Default false.
   * @returns What the queries of the new positions look at: all that has been seen.
   * @throws Error for shapes and dtypes that do not fit, RangeError where there is no room.
   */
  append(
    keys: Tensor,
    values: Tensor,
    options: { readonly isCausal?: boolean } = {},
  ): CachedKeysValues {
    const { isCausal = false } = options;
    const added = this.checked(keys, values);
    const before = this.length.detach();
    const fresh = before.node === this.empty;
    this.length.rebind(before.add(added));
    this.atLeast += added;
    if (fresh) {
      // Nothing is looked at beyond the new positions.
      const room = [0, 0, 0, this.capacity - added];
      this.keys.rebind(keys.pad(room));
      this.values.rebind(values.pad(room));
      return { keys, values, mask: { isCausal } };
    }
    const slot = count(this.capacity);
    // Too many positions must not look like a result: they make the last ones NaN.
    const fits = before.le(this.capacity - added);
    const from = slot.sub(where(fits, before, this.capacity - added));
    const isNew = from.ge(0).logicalAnd(from.lt(added)).unsqueeze(1);
    const at = from.clamp(0, added - 1);
    const merged = (own: CellTensor, x: Tensor): Tensor =>
      where(isNew, added === 1 ? x : x.indexSelect(2, at), own);
    const all = {
      keys: merged(this.keys, keys),
      values: merged(this.values, where(fits, values, NaN)),
    };
    this.keys.rebind(all.keys);
    this.values.rebind(all.values);
    const last = isCausal && added > 1 ? count(added).unsqueeze(1) : added - 1;
    return { ...all, mask: { attnMask: from.le(last).expand(added, this.capacity) } };
  }

  /** All positions that have been seen, for queries that come with none of their own. */
  seen(): CachedKeysValues {
    const attnMask = count(this.capacity).lt(this.length).unsqueeze(0);
    return { keys: this.keys.detach(), values: this.values.detach(), mask: { attnMask } };
  }

  private checked(keys: Tensor, values: Tensor): number {
    const { shape } = keys;
    const wanted = (own: CellTensor): Shape => own.shape.with(2, shape[2]);
    for (const [name, x, own] of [
      ["keys", keys, this.keys],
      ["values", values, this.values],
    ] as const)
      if (x.dtype !== own.dtype || !(shape[2] >= 1) || !sameShape(x.shape, wanted(own)))
        throw new Error(
          `KeyValueCache: expected ${name} ${own.dtype}[${own.shape.map((n, i) => (i === 2 ? "L" : n)).join(", ")}], ` +
            `with L >= 1 positions, got ${x.dtype}${showShape(x.shape)}`,
        );
    const added = shape[2];
    if (this.atLeast + added > this.capacity)
      throw new RangeError(
        `KeyValueCache: there is room for ${this.capacity} positions, and ${this.atLeast} seen and ` +
          `${added} more need ${this.atLeast + added}; make a cache of a greater length, or reset it`,
      );
    return added;
  }
}
