import { type Target } from "../../compiler/loop/loop.ts";
import { type Compiler } from "./compiler.ts";

/** Steps of fewer operations than this are done before another thread has woken up. */
const SHARED_COST = 20_000;
/** Parts of a step that each thread takes on average: a slow thread then leaves more to the others. */
const PARTS = 4;

/** What is larger than this is not in the caches any more when it is read again. */
const STREAM_BYTES = 1 << 25;

/** Register blocks: what the vector registers hold beside two operands. */
export function targetFor({ vectorBytes }: Compiler, threads: number): Target {
  const wide = vectorBytes === 64;
  return {
    name: "native",
    vectorBytes,
    partial: wide,
    math: "expand",
    streamBytes: STREAM_BYTES,
    tile: {
      rows: wide ? 12 : vectorBytes === 32 ? 6 : 8,
      vectors: 2,
      kBlock: 768,
      mBlock: 144,
      nBlock: 512,
      strip: (2 * vectorBytes) / 4,
    },
    threads,
  };
}

/** How many pieces of a step a thread takes at a time; 0 where one thread does all of them. */
export const shareOf =
  (threads: number) =>
  ({ pieces, cost }: { readonly pieces: number; readonly cost: number }): number =>
    threads > 1 && pieces > 1 && cost >= SHARED_COST ? Math.ceil(pieces / (threads * PARTS)) : 0;
