import { type Target } from "../../src/compiler/loop/loop.ts";

/** A machine with vectors of 32 bytes, for plans that are looked at and not run. */
export const target: Target = {
  name: "test",
  vectorBytes: 32,
  partial: false,
  math: "expand",
  tile: { rows: 6, vectors: 2, kBlock: 256, mBlock: 96, nBlock: 256, strip: 16 },
  threads: 1,
};
