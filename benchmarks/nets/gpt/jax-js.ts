import { nn, numpy as np } from "@jax-js/jax";
import { type Input } from "../../harness/job.ts";
import { linearParams, type Params, toArray } from "../../workloads/shared/jax-js.ts";
import { GPT } from "./arrays.ts";

const { layers, heads, width } = GPT;
const SIZE = width / heads;

/** Computes attention of (N, L, heads, size). */
type Attend = (q: np.Array, k: np.Array, v: np.Array) => np.Array;

const LINEAR = ["qkv", "proj", "fc1", "fc2"];

export function weights(input: Input): Params {
  const blocks = Array.from({ length: layers }, (_, i) => `blocks.${i}`);
  const matrices = blocks.flatMap((block) => LINEAR.map((name) => `${block}.${name}`));
  const others = Object.keys(input.arrays).filter(
    (name) =>
      /^(wte|wpe|ln|blocks|head)\b/.test(name) &&
      !matrices.some((matrix) => name.startsWith(`${matrix}.`)),
  );
  return {
    ...Object.fromEntries(others.map((name) => [name, toArray(input.arrays[name])])),
    ...(Object.assign({}, ...matrices.map((name) => linearParams(input, name))) as Params),
  };
}

const norm = (params: Params, name: string, x: np.Array): np.Array =>
  nn
    .standardize(x, -1, { epsilon: 1e-5 })
    .mul(params[`${name}.weight`])
    .add(params[`${name}.bias`]);

const linear = (params: Params, name: string, x: np.Array): np.Array =>
  np.matmul(x, params[`${name}.weight`]).add(params[`${name}.bias`]);

function block(params: Params, name: string, x: np.Array, attend: Attend): np.Array {
  const [n, length] = x.shape;
  const all = linear(params, `${name}.qkv`, norm(params, `${name}.ln1`, x.ref));
  const [q, k, v] = np.split(all, 3, -1).map((part) => part.reshape([n, length, heads, SIZE]));
  const y = attend(q, k, v).reshape([n, length, width]);
  x = x.add(linear(params, `${name}.proj`, y));
  const hidden = linear(params, `${name}.fc1`, norm(params, `${name}.ln2`, x.ref));
  return x.add(linear(params, `${name}.fc2`, nn.gelu(hidden, { approximate: false })));
}

const logits = (params: Params, x: np.Array): np.Array =>
  np.matmul(norm(params, "ln", x), params["head.weight"].transpose());

/** Keys and values of each layer, (1, context, heads, size). */
export type Cache = [keys: np.Array, values: np.Array][];

/**
 * The most likely token after `token` (1), and the cache with its keys and values. The cache has room for
 * the whole context, so that one program serves all positions (1).
 */
export function decode(
  params: Params,
  token: np.Array,
  position: np.Array,
  cache: Cache,
): [np.Array, Cache] {
  const places = np.arange(GPT.context);
  const here = np.equal(places.ref, position.ref).reshape([1, GPT.context, 1, 1]);
  const mask = np.lessEqual(places, position.ref).reshape([1, 1, 1, GPT.context]);
  const row = np.take(params["wte.weight"], token, 0);
  let x = row.add(np.take(params["wpe.weight"], position, 0)).reshape([1, 1, width]);
  const next: Cache = [];
  cache.forEach(([keys, values], i) => {
    x = block(params, `blocks.${i}`, x, (q, k, v) => {
      const grown: [np.Array, np.Array] = [
        np.where(here.ref, k, keys),
        np.where(here.ref, v, values),
      ];
      next.push([grown[0].ref, grown[1].ref]);
      return nn.dotProductAttention(q, ...grown, { mask: mask.ref });
    });
  });
  here.dispose();
  mask.dispose();
  return [np.argmax(logits(params, x), -1).reshape([1]), next];
}

/** (N, L) gives logits (N, L, vocabulary). */
export function forward(params: Params, tokens: np.Array): np.Array {
  const [, length] = tokens.shape;
  let x = np.take(params["wte.weight"], tokens, 0).add(params["wpe.weight"].slice([0, length]));
  for (let i = 0; i < layers; i++)
    x = block(params, `blocks.${i}`, x, (q, k, v) =>
      nn.dotProductAttention(q, k, v, { isCausal: true }),
    );
  return logits(params, x);
}
