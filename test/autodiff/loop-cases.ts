import { type Node } from "../../src/ir/node.ts";
import * as ops from "../../src/ir/ops.ts";
import { uniform } from "../ir/util.ts";
import { type Add } from "./cases.ts";

/** A recurrence. Carries may be integers, and all three groups of results may be used. */
function recurrence(add: Add, length: number, reverse: boolean, useHistory: boolean): void {
  const label = `length ${length}${reverse ? " reverse" : ""}${useHistory ? " histories" : ""}`;
  const build = ([h0, n0, xs, w]: readonly Node[]): readonly Node[] => {
    const h = ops.placeholder([2], "f64");
    const n = ops.placeholder([], "i32");
    const x = ops.placeholder([2], "f64");
    const weight = ops.placeholder([2, 2], "f64");
    const attrs = { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] };
    const next = ops.tanh(ops.add(ops.dot(weight, h, attrs), x));
    const scale = ops.broadcastTo(ops.cast(n, "f64"), [2]);
    const body = {
      params: [h, n, x, weight],
      outputs: [next, ops.add(n, ops.constant(1, "i32")), ops.mul(ops.mul(next, h), scale)],
    };
    const loop = ops.scan(body, [h0, n0], [xs], [w], length, reverse);
    const all = [...loop.carries, ...loop.ys];
    return useHistory ? [...all, ...loop.histories] : all;
  };
  add(
    "scan",
    label,
    (rng) => [
      uniform(rng, [2]),
      uniform(rng, [], "i32", 0, 3),
      uniform(rng, [length, 2]),
      uniform(rng, [2, 2]),
    ],
    build,
  );
}

/** Cases of loops. */
export function loopCases(add: Add): void {
  for (const length of [0, 1, 3])
    for (const reverse of [false, true]) recurrence(add, length, reverse, length === 3);
  add(
    "pick",
    "one carry, no sequence",
    (rng) => [uniform(rng, [2]), uniform(rng, [2])],
    ([start, factor]) => {
      const x = ops.placeholder([2], "f64");
      const k = ops.placeholder([2], "f64");
      const body = { params: [x, k], outputs: [ops.mul(ops.sin(x), k)] };
      return ops.scan(body, [start], [], [factor], 4).carries;
    },
  );
  // A layer whose constants meet the state in products, sums and single factors, and that keeps its sums: what
  // a gradient adds up after the loop, in the loop, and reads instead of computing it again.
  for (const kept of [false, true])
    add(
      "scan",
      `weights of a layer${kept ? ", sums kept" : ""}`,
      (rng) => [
        uniform(rng, [2, 3]),
        uniform(rng, [4, 2, 3]),
        uniform(rng, [3, 3]),
        uniform(rng, [3]),
        uniform(rng, [2, 3]),
      ],
      ([h0, xs, w0, b0, s0]) => {
        const [h, x, s] = [0, 1, 2].map(() => ops.placeholder([2, 3], "f64"));
        const w = ops.placeholder([3, 3], "f64");
        const b = ops.placeholder([3], "f64");
        const attrs = { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [1] };
        const product = ops.add(ops.dot(h, w, attrs), ops.broadcastTo(b, [2, 3]));
        const sums = ops.add(
          ops.add(product, ops.mul(s, x)),
          ops.dot(x, ops.permute(w, [1, 0]), attrs),
        );
        const next = ops.tanh(sums);
        const params = [h, x, w, b, s];
        const outputs = kept ? [next, next, sums] : [next, next];
        const loop = ops.scan({ params, outputs }, [h0], [xs], [w0, b0, s0], 4);
        return [loop.carries[0], loop.ys[0]];
      },
    );
  add(
    "scan",
    "body that ignores its carry",
    (rng) => [uniform(rng, [2]), uniform(rng, [3, 2])],
    ([start, xs]) => {
      const h = ops.placeholder([2], "f64");
      const x = ops.placeholder([2], "f64");
      const body = { params: [h, x], outputs: [ops.constant(1, "f64"), x, ops.mul(x, x)] };
      const outputs = [ops.full([2], 1, "f64"), x, ops.mul(x, x)];
      const loop = ops.scan({ ...body, outputs }, [start], [xs], [], 3);
      return [...loop.carries, ...loop.ys];
    },
  );
  add(
    "call",
    "of a graph with two results",
    (rng) => [uniform(rng, [2, 3]), uniform(rng, [3])],
    ([x0, w0]) => {
      const [x, w] = [ops.placeholder([2, 3], x0.dtype), ops.placeholder([3], w0.dtype)];
      const scaled = ops.mul(ops.sin(x), ops.broadcastTo(w, [2, 3]));
      const body = { params: [x, w], outputs: [scaled, ops.reduceSum(scaled, [0])] };
      const [first, sums] = ops.call(body, [x0, w0]);
      // What one call gives, another takes.
      return [...ops.call(body, [first, sums]), sums];
    },
  );
}
