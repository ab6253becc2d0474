import { inPlaceOf } from "../ir/hooks.ts";
import { type Batched, make, type Node } from "../ir/node.ts";
import { sameShape, showShape } from "../ir/shape.ts";
import { rewrite } from "../ir/substitute.ts";

/** What became of a node; of a tuple that was batched, what became of its results. */
interface State extends Batched {
  readonly results?: readonly Node[];
}

/**
 * `outputs` computed for a whole batch at once: `to[i]`, which has a leading axis of `size`, takes the
 * place of `from[i]`. What does not depend on `from` stays as it is and is reported as not batched.
 */
export function batch(
  outputs: readonly Node[],
  from: readonly Node[],
  to: readonly Node[],
  size: number,
): Batched[] {
  from.forEach(({ shape, dtype }, i) => {
    const expected = [size, ...shape];
    if (to[i].dtype !== dtype || !sameShape(to[i].shape, expected))
      throw new Error(
        `batch: expected ${dtype}${showShape(expected)} in place of ${dtype}${showShape(shape)}, ` +
          `got ${to[i].dtype}${showShape(to[i].shape)}`,
      );
  });
  const results = rewrite<State>(
    outputs,
    from,
    to.map((node) => ({ node, batched: true })),
    (node) => ({ node, batched: false }),
    (node, states) => {
      const inputs = states.map((state) => state.node);
      const batched = states.map((state) => state.batched);
      const { op, attrs } = node;
      // What it waits for says nothing about its value.
      if (op.name === "barrier" && !batched[0]) return { node: make(op, inputs), batched: false };
      if (op.name === "pick")
        return { node: states[0].results![attrs.index as number], batched: true };
      if (op.tuple) {
        const results = op.tuple.batch(node, inputs, batched, size, batch);
        return { node, batched: true, results };
      }
      const whole = op.batch(node, inputs, batched, size);
      return { node: inPlaceOf(node, whole), batched: true };
    },
  );
  return results.map(({ node, batched }) => ({ node, batched }));
}
