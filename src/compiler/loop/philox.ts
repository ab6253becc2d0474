import { type Builder, literal } from "./builder.ts";
import { type Type, type Value } from "./loop.ts";

const ROUNDS = 10;
const MULTIPLIERS = [0xd2511f53, 0xcd9e8d57] as const;
/** Added to the key at each round: the fractions of the golden ratio and of the square root of 3. */
const WEYL = [0x9e3779b9, 0xbb67ae85] as const;

type Words = readonly [Value, Value, Value, Value];

/**
 * Four random u32 words: Philox 4x32-10 of a counter (four u32 of any number of lanes) and a key (two
 * scalar u32). Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (2011).
 */
export function philox(b: Builder, counter: Words, key: readonly [Value, Value]): Words {
  const { lanes } = counter[0].type;
  const wide: Type = { dtype: "u32", lanes };
  const xor = (x: Value, y: Value): Value => b.op("xor", wide, x, y);
  let [c0, c1, c2, c3] = counter;
  let keys = key;
  for (let round = 0; round < ROUNDS; round++) {
    const m0 = literal(MULTIPLIERS[0], "u32", lanes);
    const m1 = literal(MULTIPLIERS[1], "u32", lanes);
    const high0 = b.op("mulHigh", wide, m0, c0);
    const low0 = b.op("mul", wide, m0, c0);
    const high1 = b.op("mulHigh", wide, m1, c2);
    const low1 = b.op("mul", wide, m1, c2);
    c0 = xor(xor(high1, c1), b.splat(keys[0], lanes));
    c1 = low1;
    c2 = xor(xor(high0, c3), b.splat(keys[1], lanes));
    c3 = low0;
    keys = [bump(b, keys[0], WEYL[0]), bump(b, keys[1], WEYL[1])];
  }
  return [c0, c1, c2, c3];
}

/** `key` + `weyl`, which a builder computes outside loops: it depends on the key alone. */
function bump(b: Builder, key: Value, weyl: number): Value {
  if (key.kind === "literal") return literal(key.value + weyl, "u32");
  return b.op("add", { dtype: "u32", lanes: 1 }, key, literal(weyl, "u32"));
}
