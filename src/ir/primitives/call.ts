import { isFloat } from "../dtype.ts";
import {
  type Attrs,
  definePrimitive,
  type Node,
  sameSpec,
  type Spec,
  topological,
} from "../node.ts";
import { type Body } from "../ops.ts";
import { substitute } from "../substitute.ts";
import { checkCount, showSpec } from "./common.ts";
import { onlyTuple, rulesOf } from "./composed.ts";

const bodyOf = (attrs: Attrs): Body => attrs.body as Body;

// A graph that was written once and is used again and again: recording it costs one node. The compiler puts
// the graph in its place.
definePrimitive({
  name: "call",
  infer(inputs, attrs) {
    const { params, outputs } = bodyOf(attrs);
    checkCount("call", inputs, params.length);
    inputs.forEach((x, i) => {
      if (!sameSpec(x, params[i]))
        throw new Error(`call: input ${i} must be ${showSpec(params[i])}, got ${showSpec(x)}`);
    });
    return { shape: [], dtype: (outputs.find((x) => isFloat(x.dtype)) ?? outputs[0]).dtype };
  },
  outputs: (_, attrs) => bodyOf(attrs).outputs.map(({ shape, dtype }): Spec => ({ shape, dtype })),
  tuple: rulesOf((inputs, attrs): Node[] => {
    const { params, outputs } = bodyOf(attrs);
    return substitute(outputs, params, inputs);
  }),
  ...onlyTuple("call"),
  cost: (node) =>
    topological(bodyOf(node.attrs).outputs).reduce((total, x) => total + x.op.cost(x), 0),
});
