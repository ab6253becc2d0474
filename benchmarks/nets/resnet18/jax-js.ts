import { lax, nn, numpy as np } from "@jax-js/jax";
import { type Input } from "../../harness/job.ts";
import { linearParams, type Params, toArray } from "../../workloads/shared/jax-js.ts";
import { BLOCKS, type Convolution, STEM } from "./arrays.ts";

export const weights = (input: Input): Params => ({
  ...Object.fromEntries(
    Object.keys(input.arrays)
      .filter((name) => /^(conv|bn|layer)/.test(name))
      .map((name) => [name, toArray(input.arrays[name])]),
  ),
  ...linearParams(input, "fc"),
});

/** One number a channel, shaped for (N, C, H, W). */
const overChannels = (x: np.Array): np.Array => x.reshape([x.shape[0], 1, 1]);

function batchNorm(params: Params, name: string, x: np.Array, training: boolean): np.Array {
  const axes = [0, 2, 3];
  let mean: np.Array;
  let variance: np.Array;
  if (training) {
    mean = overChannels(x.ref.mean(axes));
    x = x.sub(mean);
    variance = overChannels(np.square(x.ref).mean(axes));
  } else {
    x = x.sub(overChannels(params[`${name}.running_mean`]));
    variance = overChannels(params[`${name}.running_var`]);
  }
  const scale = overChannels(params[`${name}.weight`]).div(np.sqrt(variance.add(1e-5)));
  return x.mul(scale).add(overChannels(params[`${name}.bias`]));
}

/** x: (N, 3, 32, 32) */
export function forward(params: Params, x: np.Array, training: boolean): np.Array {
  const convolve = (input: np.Array, { conv, norm, size, stride }: Convolution): np.Array => {
    const padding = size === 3 ? 1 : 0;
    const sums = lax.convGeneralDilated(
      input,
      params[`${conv}.weight`],
      [stride, stride],
      [
        [padding, padding],
        [padding, padding],
      ],
    );
    return batchNorm(params, norm, sums, training);
  };
  x = nn.relu(convolve(x, STEM));
  for (const { first, second, shortcut } of BLOCKS) {
    const y = convolve(nn.relu(convolve(x.ref, first)), second);
    x = nn.relu(y.add(shortcut ? convolve(x, shortcut) : x));
  }
  return np.matmul(x.mean([2, 3]), params["fc.weight"]).add(params["fc.bias"]);
}
