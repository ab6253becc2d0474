import { type ArraySpec, type Variant, type Workload } from "../../harness/case.ts";

const SUM = 10_000_000;
const ROWS = [512, 32_000] as const;

const spec = (shape: readonly number[], low: number, high: number): ArraySpec => ({
  shape,
  low,
  high,
});

const rows = spec(ROWS, -4, 4);
const gradient = (shape: readonly number[]): ArraySpec => spec(shape, -1, 1);

/** Inputs of the operators; `g` is the gradient of the result, which backward passes start from. */
const ARRAYS: Readonly<Record<string, Readonly<Record<string, ArraySpec>>>> = {
  gelu: { a: spec([SUM], -3, 3), b: spec([SUM], -3, 3), g: gradient([SUM]) },
  softmax: { x: rows, g: gradient(ROWS) },
  layernorm: {
    x: rows,
    weight: spec([ROWS[1]], 0.5, 1.5),
    bias: gradient([ROWS[1]]),
    g: gradient(ROWS),
  },
  crossentropy: {
    x: rows,
    target: { shape: [ROWS[0]], dtype: "i32", low: 0, high: ROWS[1] },
    g: spec([], 1, 1),
  },
};

/**
 * Large arrays that must be read or written at least once. Forward: inputs and result. With the backward
 * pass also the result's gradient and that of the first input; of the cross entropy only the latter.
 */
const ARRAYS_MOVED: Readonly<Record<string, readonly [forward: number, both: number]>> = {
  gelu: [3, 5],
  softmax: [2, 4],
  layernorm: [2, 4],
  crossentropy: [1, 2],
};

const TITLES: Readonly<Record<string, string>> = {
  gelu: "gelu(a + b), 10M",
  softmax: "softmax",
  layernorm: "layer norm",
  crossentropy: "cross entropy",
};

const variant = (op: string, backward: boolean): Variant => {
  const elements = op === "gelu" ? SUM : ROWS[0] * ROWS[1];
  const moved = ARRAYS_MOVED[op][backward ? 1 : 0] * elements * 4;
  return {
    name: `${TITLES[op]}${backward ? ", backward too" : ""}`,
    settings: { op, backward },
    arrays: Object.fromEntries(
      Object.entries(ARRAYS[op]).filter(([name]) => backward || name !== "g"),
    ),
    work: { amount: moved / 1e9, unit: "GB/s" },
  };
};

export const elementwise: Workload = {
  name: "elementwise",
  title:
    "GELU (erf) of a sum of 10M floats; softmax, layer norm, cross entropy (mean) over 512 × 32,000; " +
    "the forward pass alone, and with the gradient of the first input",
  kind: "operator",
  variants: Object.keys(ARRAYS).flatMap((op) => [variant(op, false), variant(op, true)]),
};
