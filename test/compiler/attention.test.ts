import { expect, test } from "vitest";
import { vjp } from "../../src/autodiff/vjp.ts";
import { compile } from "../../src/compiler/compile.ts";
import { type Plan } from "../../src/compiler/plan.ts";
import { target } from "./target.ts";
import * as ops from "../../src/ir/ops.ts";

/** Attention of `length` positions to themselves, and its gradient. */
function plan(length: number): Plan {
  const inputs = Array.from({ length: 4 }, (_, i) => ops.placeholder([length, 16], "f32", i < 3));
  const [q, k, v, cotangent] = inputs;
  const [result] = ops.attention([q, k, v], { scale: 0.25, causal: length });
  const gradients = vjp([result], [cotangent], [q, k, v]);
  return compile({ outputs: [result, ...gradients.map((x) => x!)], inputs, constants: 0 }, target);
}

test("the scores are never held: memory grows with the length, not with its square", () => {
  const bytes = (length: number): number => {
    const { arenaBytes, scratchBytes } = plan(length);
    return arenaBytes + scratchBytes;
  };
  expect(bytes(4096) / bytes(1024)).toBeLessThan(4.1);
  expect(bytes(4096)).toBeLessThan((4096 * 4096 * 4) / 16);
});

test("another length needs no other kernel", () => {
  const keys = (length: number): string[] =>
    plan(length).steps.map((step) => (step.kind === "kernel" ? step.kernel.key : ""));
  expect(keys(513)).toEqual(keys(1024));
});
