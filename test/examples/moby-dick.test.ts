import { describe, expect, it } from "vitest";
import { alphabetOf, decode, encode, loadNovel, windowsOf } from "../../examples/moby-dick/text.ts";
import { test, train } from "../../examples/moby-dick/train.ts";
import { UsageError } from "../../examples/shared/options.ts";
import { fromTypedArray, manualSeed } from "../../src/index.ts";
import { GPT } from "../../src/models/index.ts";
import { recordProgress } from "./util.ts";

describe("the novel", () => {
  it("becomes numbers and text again", async () => {
    const novel = await loadNovel();
    expect(novel).toMatch(/^CHAPTER 1\. Loomings\.\s+Call me Ishmael\./);
    const alphabet = alphabetOf(novel);
    expect(decode(encode(novel, alphabet), alphabet)).toBe(novel);
    expect(() => encode("whale 鯨", alphabet)).toThrow(UsageError);
    expect(() => encode("whale 鯨", alphabet)).toThrow(/got "鯨" in "whale 鯨"/);
  });

  it("is cut into windows that meet in one character", () => {
    expect(Array.from(windowsOf(Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7), 3))).toEqual([
      0, 1, 2, 3, 3, 4, 5, 6,
    ]);
  });
});

it("the transformer learns which letters follow, and writes", async () => {
  manualSeed(0);
  const text = (await loadNovel()).slice(0, 60_000);
  const alphabet = alphabetOf(text);
  const tokens = encode(text, alphabet);
  const blockSize = 32;
  const [known, held] = [tokens.subarray(0, 50_000), tokens.subarray(50_000)].map((part) =>
    windowsOf(part, blockSize),
  );
  const gpt = new GPT({ vocabSize: alphabet.length, blockSize, nLayer: 1, nHead: 2, nEmbd: 32 });
  const first = await test(gpt, held);
  expect(first.loss).toBeCloseTo(Math.log(alphabet.length), 0);
  await train(gpt, known, { epochs: 6, seed: 0, show: recordProgress().show });
  const { loss, accuracy } = await test(gpt, held);
  expect(loss).toBeLessThan(2.8);
  expect(accuracy).toBeGreaterThan(0.2);
  const prompt = encode("The whale", alphabet);
  const written = gpt.generate(fromTypedArray(prompt, [1, prompt.length]), 40);
  const result = decode(await written.data(), alphabet);
  expect(result).toHaveLength(49);
  expect(result.startsWith("The whale")).toBe(true);
});
