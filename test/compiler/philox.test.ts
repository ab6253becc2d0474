import { expect, it } from "vitest";
import { compileKernel } from "../../src/codegen/js/generate.ts";
import { Builder, int, literal } from "../../src/compiler/loop/builder.ts";
import { philox } from "../../src/compiler/loop/philox.ts";

/** The words of counters (c0 … c3) and a key, by a kernel that takes both from memory and arguments. */
function words(counter: number[], key: number[]): string[] {
  const b = new Builder();
  const input = b.buffer("u32", "read");
  const output = b.buffer("u32", "write");
  const keys = [b.scalarParam("u32"), b.scalarParam("u32")] as const;
  const from = b.address(input, int(0));
  const result = philox(b, [b.load(from), b.load(from, 1), b.load(from, 2), b.load(from, 3)], keys);
  result.forEach((word, i) => b.store(b.address(output, int(0)), word, i));
  const out = new Uint32Array(4);
  compileKernel(b.finish("philox"))([new Uint32Array(counter), out], [], key, 0, 1);
  return Array.from(out, (word) => word.toString(16).padStart(8, "0"));
}

// The known answers that accompany Random123.
it.each([
  [[0, 0, 0, 0], [0, 0], "6627e8d5 e169c58d bc57ac4c 9b00dbd8"],
  [
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    "408f276d 41c83b0e a20bc7c6 6d5451fd",
  ],
  [
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    [0xa4093822, 0x299f31d0],
    "d16cfe09 94fdcceb 5001e420 24126ea1",
  ],
])("counter %j, key %j", (counter, key, expected) => {
  expect(words(counter, key).join(" ")).toBe(expected);
});

it("takes literal keys", () => {
  const b = new Builder();
  const zero = literal(0, "u32");
  const output = b.buffer("u32", "write");
  const [first] = philox(b, [zero, zero, zero, zero], [zero, zero]);
  b.store(b.address(output, int(0)), first);
  const out = new Uint32Array(1);
  compileKernel(b.finish("philox"))([out], [], [], 0, 1);
  expect(out[0]).toBe(0x6627e8d5);
});
