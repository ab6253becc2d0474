import { lax, nn, numpy as np } from "@jax-js/jax";
import { type Input } from "../../harness/job.ts";
import { linearParams, type Params, toArray } from "../../workloads/shared/jax-js.ts";

export const weights = (input: Input): Params => ({
  ...Object.fromEntries(
    ["conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias"].map((name) => [
      name,
      toArray(input.arrays[name]),
    ]),
  ),
  ...linearParams(input, "fc1"),
  ...linearParams(input, "fc2"),
  ...linearParams(input, "fc3"),
});

const pool = (x: np.Array): np.Array =>
  lax.reduceWindow(x, (window) => np.max(window), [1, 1, 2, 2], [1, 1, 2, 2]);

/** x: (N, 1, 28, 28) */
export function forward(params: Params, x: np.Array): np.Array {
  const convolve = (input: np.Array, name: string, padding: number): np.Array => {
    const sides: [number, number][] = [
      [padding, padding],
      [padding, padding],
    ];
    const sum = lax.convGeneralDilated(input, params[`${name}.weight`], [1, 1], sides);
    const bias = params[`${name}.bias`];
    return pool(nn.relu(sum.add(bias.reshape([bias.shape[0], 1, 1]))));
  };
  const linear = (input: np.Array, name: string): np.Array =>
    np.matmul(input, params[`${name}.weight`]).add(params[`${name}.bias`]);
  x = convolve(convolve(x, "conv1", 2), "conv2", 0);
  x = nn.relu(linear(x.reshape([x.shape[0], 400]), "fc1"));
  return linear(nn.relu(linear(x, "fc2")), "fc3");
}
