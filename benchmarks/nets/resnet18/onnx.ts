import { type NamedArray } from "../../harness/arrays.ts";
import { type Node, onnxModel } from "../../harness/onnx.ts";
import { BLOCKS, type Convolution, STEM } from "./arrays.ts";

/** ResNet-18 for inference as an ONNX model with the input `x` (N, 3, 32, 32) and the output `logits`. */
export function resnet18Model(
  arrays: Readonly<Record<string, NamedArray>>,
  batch: number,
): Uint8Array {
  const nodes: Node[] = [];
  const add = (op: string, inputs: string[], output: string, ints: Node["ints"] = {}): string => {
    nodes.push({ op, inputs, output, ints });
    return output;
  };
  const convolve = (x: string, { conv, norm, size, stride }: Convolution): string => {
    const padding = size === 3 ? 1 : 0;
    const sums = add("Conv", [x, `${conv}.weight`], conv, {
      kernel_shape: [size, size],
      strides: [stride, stride],
      pads: [padding, padding, padding, padding],
    });
    const parts = ["weight", "bias", "running_mean", "running_var"].map(
      (part) => `${norm}.${part}`,
    );
    return add("BatchNormalization", [sums, ...parts], norm);
  };
  let x = add("Relu", [convolve("x", STEM)], "stem");
  BLOCKS.forEach(({ first, second, shortcut }, i) => {
    const hidden = add("Relu", [convolve(x, first)], `block${i}.hidden`);
    const y = convolve(hidden, second);
    const sum = add("Add", [y, shortcut ? convolve(x, shortcut) : x], `block${i}.sum`);
    x = add("Relu", [sum], `block${i}`);
  });
  const pooled = add("GlobalAveragePool", [x], "pooled");
  const flat = add("Flatten", [pooled], "flat");
  add("Gemm", [flat, "fc.weight", "fc.bias"], "logits", { transB: 1 });
  const used = new Set(nodes.flatMap(({ inputs }) => inputs));
  return onnxModel({
    nodes,
    weights: Object.entries(arrays).flatMap(([name, { shape, data }]) =>
      used.has(name) && data instanceof Float32Array ? [{ name, shape, data }] : [],
    ),
    input: { name: "x", shape: [batch, 3, 32, 32] },
    output: { name: "logits", shape: [batch, 10] },
  });
}
