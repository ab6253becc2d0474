import { type Attrs, definePrimitive, type Node } from "../node.ts";
import { spread } from "./common.ts";

/**
 * Given the cotangent of a value that was composed of `operands`, the cotangents of the operands
 * (`undefined`: none flows). It may only use what it is given, since nodes are rebuilt by
 * transformations; what else it needs stands in `attrs`, as plain data. One function, made once: nodes
 * with different functions are different.
 */
export type CustomRule = (
  cotangent: Node,
  operands: readonly Node[],
  value: Node,
  attrs: Attrs,
  needs: readonly boolean[],
) => (Node | undefined)[];

// The value itself, with a better gradient than that of its composition. In all other ways it is its
// first input: forward derivatives and batches are those of the composition.
definePrimitive({
  name: "customVjp",
  infer(inputs) {
    const [value, ...operands] = inputs;
    if (operands.length === 0)
      throw new Error("customVjp: expected a value and what it was composed of");
    return { shape: value.shape, dtype: value.dtype };
  },
  vjp(node, cotangent, needs) {
    const [value, ...operands] = node.inputs;
    const { rule } = node.attrs as { rule: CustomRule };
    return [undefined, ...rule(cotangent, operands, value, node.attrs, needs.slice(1))];
  },
  jvp: (_, [tangent]) => tangent,
  batch: (_, [value], [batched], size) => (batched ? value : spread(value, size)),
  evaluate: ([value]) => value,
  cost: () => 0,
});
