import { type Variant, type Workload } from "../../harness/case.ts";

const SIZES = [64, 128, 256, 512, 768, 1024, 2048];

// Positive elements: sums of them lose no digits, whatever the order.
const variant = (n: number, transposeA: boolean, transposeB: boolean): Variant => ({
  name: `${n} ${transposeA ? "t" : "n"}${transposeB ? "t" : "n"}`,
  settings: { n, transposeA, transposeB },
  arrays: { a: { shape: [n, n], low: 0, high: 1 }, b: { shape: [n, n], low: 0, high: 1 } },
  // It calls the same product as PyTorch without it.
  without: ["torch.compile"],
  work: { amount: (2 * n ** 3) / 1e9, unit: "GFLOP/s" },
});

export const matmul: Workload = {
  name: "matmul",
  title: "product of two square f32 matrices, each as it is (n) or transposed (t)",
  kind: "operator",
  oneProcess: true,
  variants: SIZES.flatMap((n) =>
    [false, true].flatMap((ta) => [false, true].map((tb) => variant(n, ta, tb))),
  ),
};
