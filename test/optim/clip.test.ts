import { describe, expect, test } from "vitest";
import { nn, optim } from "../../src/index.ts";
import { type DType } from "../../src/ir/dtype.ts";
import { compile, tensor, zeros } from "../../src/tensor/index.ts";
import { expectNumbers } from "../nn/fixtures.ts";
import { vectors } from "./vectors.ts";

/** A parameter with this gradient. */
function withGrad(grad: number[], dtype: DType = "f64"): nn.Parameter {
  const p = new nn.Parameter(zeros([grad.length], { dtype }));
  p.grad = tensor(grad, { dtype });
  return p;
}

describe("as in PyTorch", () => {
  for (const { maxNorm, normType, grads, total, byNorm, byValue } of vectors.clipping)
    test(`to ${maxNorm}, norm ${normType}, then to 0.3`, () => {
      const params = grads.map((grad) => withGrad(grad));
      const order = normType === "inf" ? Infinity : normType;
      const norm = optim.clipGradNorm_(params, maxNorm, { normType: order });
      expectNumbers(norm, [total], "norm");
      params.forEach((p, i) => expectNumbers(p.grad!, byNorm[i], `gradient ${i}`));
      optim.clipGradValue_(params, 0.3);
      params.forEach((p, i) => expectNumbers(p.grad!, byValue[i], `gradient ${i}`));
    });
});

test("of two dtypes", () => {
  const [p, q] = [withGrad([3, 0], "f32"), withGrad([0, 4], "f64")];
  expectNumbers(optim.clipGradNorm_([p, q], 2.5), [5], "norm");
  expect([p.grad!.dtype, q.grad!.dtype]).toEqual(["f32", "f64"]);
  expectNumbers(p.grad!, [1.5, 0], "gradient of p", 1e-6);
  expectNumbers(q.grad!, [0, 2], "gradient of q", 1e-6);
});

test("gradients that are not finite", () => {
  const p = withGrad([Infinity, 1]);
  const options = { errorIfNonfinite: true, normType: 1 };
  expect(() => optim.clipGradNorm_([p], 1, options)).toThrow(
    new RangeError(
      "the norm of order 1 of the gradients is Infinity, so they cannot be clipped; " +
        "pass errorIfNonfinite: false to scale them all the same",
    ),
  );
  expect(Array.from(p.grad!.dataSync())).toEqual([Infinity, 1]);
  // As in PyTorch: an infinite norm leaves nothing of what is finite.
  expect(optim.clipGradNorm_([p], 1).itemSync()).toBe(Infinity);
  expect(Array.from(p.grad!.dataSync())).toEqual([NaN, 0]);
  const step = compile(() => optim.clipGradNorm_([withGrad([1, 2])], 1, options));
  expect(step).toThrow(/cannot be read inside a function that is being compiled/);
});

test("without gradients, and with limits below 0", () => {
  const p = new nn.Parameter(zeros([3]));
  expect(optim.clipGradNorm_([p], 1).itemSync()).toBe(0);
  const cases: [() => unknown, string][] = [
    [() => optim.clipGradNorm_([p], -1), "clipGradNorm_: maxNorm must be >= 0, got -1"],
    [
      () => optim.clipGradNorm_([p], 1, { normType: 0 }),
      "getTotalNorm: normType must be > 0, got 0",
    ],
    [
      () => optim.clipGradsWithNorm_([p], NaN, tensor(1)),
      "clipGradsWithNorm_: maxNorm must be >= 0, got NaN",
    ],
    [() => optim.clipGradValue_([p], NaN), "clipGradValue_: limit must be >= 0, got NaN"],
  ];
  for (const [run, message] of cases) expect(run).toThrow(new RangeError(message));
});
