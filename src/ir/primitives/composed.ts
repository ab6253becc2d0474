import { isFloat } from "../dtype.ts";
import { evaluate } from "../evaluate.ts";
import { type NDArray } from "../ndarray.ts";
import { inGradMode, type Attrs, type Node, type Primitive, type TupleRules } from "../node.ts";
import { substitute } from "../substitute.ts";
import { range, spread } from "./common.ts";
import { fresh } from "./scan-parts.ts";

/** The results of a primitive composed of others. */
export type Composition = (inputs: readonly Node[], attrs: Attrs) => Node[];

/** The rules of a primitive with several results that follow from what it is composed of. */
export function rulesOf(compose: Composition): TupleRules {
  /** The composition over placeholders, which may be differentiated whatever the caller's mode is. */
  const traced = (node: Node): { params: Node[]; outputs: Node[] } => {
    const params = node.inputs.map((x) => fresh(x, isFloat(x.dtype)));
    return { params, outputs: inGradMode(true, () => compose(params, node.attrs)) };
  };
  const placed = (
    list: readonly (Node | undefined)[],
    params: readonly Node[],
    node: Node,
  ): (Node | undefined)[] =>
    list.map((x) => (x ? substitute([x], params, node.inputs)[0] : undefined));
  return {
    compose,
    vjp(node, cotangents, _, walk) {
      const { params, outputs } = traced(node);
      return placed(walk(outputs, cotangents, params), params, node);
    },
    jvp(node, tangents, walk) {
      const { params, outputs } = traced(node);
      return placed(walk(outputs, params, tangents), params, node);
    },
    batch(node, inputs, batched, size, walk) {
      const params = node.inputs.map((x) => fresh(x));
      const given = range(inputs.length).filter((i) => batched[i]);
      const found = walk(
        compose(params, node.attrs),
        given.map((i) => params[i]),
        given.map((i) => inputs[i]),
        size,
      );
      const rest = range(inputs.length).filter((i) => !batched[i]);
      const outputs = substitute(
        found.map((x) => x.node),
        rest.map((i) => params[i]),
        rest.map((i) => inputs[i]),
      );
      return outputs.map((x, i) => (found[i].batched ? x : spread(x, size)));
    },
    evaluate(inputs, node): NDArray[] {
      const params = node.inputs.map((x) => fresh(x));
      const values = new Map(params.map((param, i) => [param, inputs[i]]));
      return evaluate(compose(params, node.attrs), (leaf) => values.get(leaf)!);
    },
  };
}

/** What stands for the rules of a primitive with one result, where it has several. */
export function onlyTuple(name: string): Pick<Primitive, "batch" | "evaluate"> {
  const severalResults = (): never => {
    throw new Error(`${name}: has several results; its rules for them are in \`tuple\``);
  };
  return { batch: severalResults, evaluate: severalResults };
}
