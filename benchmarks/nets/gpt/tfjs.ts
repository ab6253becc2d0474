import * as tf from "@tensorflow/tfjs-core";
import { type Input } from "../../harness/job.ts";
import { linearVariables, toTensor } from "../../workloads/shared/tfjs.ts";
import { GPT } from "./arrays.ts";

const { layers, heads, width, vocabulary } = GPT;
const SIZE = width / heads;

type Map = (x: tf.Tensor) => tf.Tensor;
/** Computes attention of (N, heads, L, size). */
type Attend = (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor) => tf.Tensor;

interface Block {
  readonly ln1: Map;
  readonly qkv: Map;
  readonly proj: Map;
  readonly ln2: Map;
  readonly fc1: Map;
  readonly fc2: Map;
}

const gelu: Map = (x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));

/** softmax(q kᵀ / √size + mask) v */
function attention(q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, mask?: tf.Tensor): tf.Tensor {
  const scores = tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(SIZE));
  return tf.matMul(tf.softmax(mask ? tf.add(scores, mask) : scores), v);
}

/** Keys and values of each layer, (N, heads, L, size). */
export type Cache = [keys: tf.Tensor, values: tf.Tensor][];

/** The variables of the model, and what they compute. */
export interface Gpt {
  readonly variables: tf.Variable[];
  /** (N, L) gives logits (N, L, vocabulary). */
  readonly forward: Map;
  /** The most likely token after `token` (N, 1), and the cache grown by its keys and values. */
  readonly decode: (token: tf.Tensor, position: number, cache: Cache) => [tf.Tensor, Cache];
}

export function gpt(input: Input): Gpt {
  const variables: tf.Variable[] = [];
  const variable = (name: string): tf.Variable => {
    const made = tf.variable(toTensor(input.arrays[name]), true, name);
    variables.push(made);
    return made;
  };
  const norm = (name: string): Map => {
    const [weight, bias] = [variable(`${name}.weight`), variable(`${name}.bias`)];
    return (x) => {
      const { mean, variance } = tf.moments(x, -1, true);
      const normed = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5)));
      return tf.add(tf.mul(normed, weight), bias);
    };
  };
  /** Over the last axis; products of matrices are what is fast. */
  const linear = (name: string): Map => {
    const [weight, bias] = linearVariables(input, name);
    variables.push(weight, bias);
    return (x) => {
      const flat = tf.reshape(x, [-1, weight.shape[0]]);
      const sums = tf.add(tf.matMul(flat, weight), bias);
      return tf.reshape(sums, [...x.shape.slice(0, -1), weight.shape[1]]);
    };
  };
  const wte = variable("wte.weight");
  const wpe = variable("wpe.weight");
  const blocks = Array.from({ length: layers }, (_, i): Block => {
    const name = `blocks.${i}`;
    return {
      ln1: norm(`${name}.ln1`),
      qkv: linear(`${name}.qkv`),
      proj: linear(`${name}.proj`),
      ln2: norm(`${name}.ln2`),
      fc1: linear(`${name}.fc1`),
      fc2: linear(`${name}.fc2`),
    };
  });
  const ln = norm("ln");
  const head = variable("head.weight");

  const run = (block: Block, x: tf.Tensor, attend: Attend): tf.Tensor => {
    const [n, length] = x.shape;
    const [q, k, v] = tf
      .split(block.qkv(block.ln1(x)), 3, -1)
      .map((part) => tf.transpose(tf.reshape(part, [n, length, heads, SIZE]), [0, 2, 1, 3]));
    const y = tf.reshape(tf.transpose(attend(q, k, v), [0, 2, 1, 3]), [n, length, width]);
    x = tf.add(x, block.proj(y));
    return tf.add(x, block.fc2(gelu(block.fc1(block.ln2(x)))));
  };
  const logits = (x: tf.Tensor): tf.Tensor => {
    const sums = tf.matMul(tf.reshape(ln(x), [-1, width]), head, false, true);
    return tf.reshape(sums, [...x.shape.slice(0, -1), vocabulary]);
  };

  return {
    variables,
    forward(tokens) {
      const length = tokens.shape[1];
      // -1e9 above the diagonal: what lies ahead is not seen.
      const seen = tf.linalg.bandPart(tf.ones([length, length]), -1, 0);
      const mask = tf.mul(tf.sub(1, seen), -1e9);
      let x = tf.add(tf.gather(wte, tokens), tf.slice(wpe, [0, 0], [length, width]));
      for (const block of blocks) x = run(block, x, (q, k, v) => attention(q, k, v, mask));
      return logits(x);
    },
    decode(token, position, cache) {
      let x = tf.add(tf.gather(wte, token), tf.slice(wpe, [position, 0], [1, width]));
      const next = blocks.map((block, i): [tf.Tensor, tf.Tensor] => {
        let grown: [tf.Tensor, tf.Tensor] | undefined;
        x = run(block, x, (q, k, v) => {
          grown =
            cache.length === 0
              ? [k, v]
              : [tf.concat([cache[i][0], k], 2), tf.concat([cache[i][1], v], 2)];
          return attention(q, ...grown);
        });
        return grown!;
      });
      return [tf.argMax(logits(x), -1), next];
    },
  };
}
