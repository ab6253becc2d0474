import { type Node } from "../../src/ir/node.ts";
import * as ops from "../../src/ir/ops.ts";
import { type CustomRule, type CustomTupleRule } from "../../src/ir/primitives/custom.ts";
import { uniform } from "../ir/util.ts";
import { type Add } from "./cases.ts";

/** Gradients of one's own, and what is kept apart. */
export function customCases(add: Add): void {
  // 6x, by way of the value so that it is used too.
  const squareRule: CustomRule = (g, [x], value, { factor }) => [
    ops.mul(g, ops.div(ops.mul(value, ops.fullLike(x, factor as number)), x)),
  ];
  add(
    "customVjp",
    "3x²",
    (rng) => [uniform(rng, [2, 3], "f64", 0.5, 2)],
    ([x]) =>
      ops.customVjp(ops.mul(ops.mul(x, x), ops.fullLike(x, 3)), [x], squareRule, { factor: 2 }),
  );

  add(
    "customVjp",
    "3x², elementwise",
    (rng) => [uniform(rng, [2, 3], "f64", 0.5, 2)],
    ([x]) =>
      ops.customVjp(ops.mul(ops.mul(x, x), ops.fullLike(x, 3)), [x], squareRule, {
        factor: 2,
        elementwise: true,
      }),
  );
  const byParts: CustomTupleRule = (cotangents, { operands, values }, _, walk) =>
    walk(values, cotangents, operands);
  add(
    "customVjps",
    "x² y, x",
    (rng) => [uniform(rng, [2, 3]), uniform(rng, [2, 3])],
    ([x, y]) => {
      const [product, first] = ops.customVjps([ops.mul(ops.mul(x, x), y), x], [x, y], byParts);
      return [ops.mul(product, first), first];
    },
  );
  /** Of √(Σ x² y) and x, for one entry of a batch. */
  const ofRoot: CustomTupleRule = ([g, h], { operands: [x, y], results: [root] }) => {
    const factor = g && ops.broadcastTo(ops.div(g, root), x.shape);
    const ofX = factor && ops.mul(factor, ops.mul(x, y));
    return [
      ofX && h ? ops.add(ofX, h) : (ofX ?? h),
      factor && ops.mul(ops.mul(factor, ops.mul(x, x)), ops.fullLike(x, 0.5)),
    ];
  };
  add(
    "customVjps",
    "√(Σ x² y), x, a rule for each entry",
    (rng) => [uniform(rng, [3], "f64", 0.5, 2), uniform(rng, [3], "f64", 0.5, 2)],
    ([x, y]) => {
      const sum = ops.reduceSum(ops.mul(ops.mul(x, x), y), [0]);
      const [root, same] = ops.customVjps([ops.sqrt(sum), x], [x, y], ofRoot, { each: true });
      return [ops.mul(ops.broadcastTo(root, same.shape), same), root];
    },
  );
  for (const [label, build] of [
    ["of an input", (x: Node) => x],
    ["of a value", (x: Node) => ops.exp(x)],
    ["of a view", (x: Node) => ops.permute(ops.mul(x, x), [1, 0])],
    ["of a number", (x: Node) => ops.full(x.shape, 3, "f64")],
  ] as const)
    add(
      "barrier",
      label,
      (rng) => [uniform(rng, [3, 3]), uniform(rng, [2])],
      ([x, after]) => {
        const value = build(x);
        const again = ops.barrier(value, [ops.sin(after)]);
        return [ops.mul(ops.sin(value), value), ops.mul(ops.sin(again), again), again];
      },
    );
}
