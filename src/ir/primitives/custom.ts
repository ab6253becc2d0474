import { isFloat } from "../dtype.ts";
import {
  type Attrs,
  type BatchWalk,
  definePrimitive,
  make,
  type Node,
  type Primitive,
  type Spec,
  type VjpWalk,
} from "../node.ts";
import { pick, placeholder, reduceSum } from "../ops.ts";
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
// first input: batches are those of the composition, and so are forward derivatives, but for functions of
// one operand whose attribute `elementwise` says that each element depends on its own operand only: then
// the rule is that of both modes.
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
  jvp(node, [ofValue, ofOperand]) {
    const { rule, elementwise } = node.attrs as { rule: CustomRule; elementwise?: boolean };
    if (!elementwise) return ofValue;
    const [value, operand] = node.inputs;
    return ofOperand && rule(ofOperand, [operand], value, node.attrs, [true])[0];
  },
  batch: (_, [value], [batched], size) => (batched ? value : spread(value, size)),
  evaluate: ([value]) => value,
  cost: () => 0,
});

/** What a rule for several values may use. */
export interface CustomParts {
  /** What the values were composed of. */
  readonly operands: readonly Node[];
  /** The compositions. */
  readonly values: readonly Node[];
  /** The same values, whose derivatives are again those of the rule. */
  readonly results: readonly Node[];
}

/**
 * As `CustomRule`, for several values at once. `walk` goes back through graphs. It is kept when the values
 * are batched: then it is given batches, unless the attribute `each` says that it is for one entry.
 */
export type CustomTupleRule = (
  cotangents: readonly (Node | undefined)[],
  parts: CustomParts,
  needs: readonly boolean[],
  walk: VjpWalk,
) => (Node | undefined)[];

/** A rule for a batch, where `rule` is for one entry and some operands have no axis of the batch. */
function ruleOfBatch(
  rule: CustomTupleRule,
  batched: readonly boolean[],
  size: number,
  batch: BatchWalk,
): CustomTupleRule {
  return (cotangents, { operands, values, results }, needs, walk) => {
    const from: Node[] = [];
    const to: Node[] = [];
    const entry = (x: Node): Node => {
      const one = placeholder(x.shape.slice(1), x.dtype, x.requiresGrad);
      from.push(one);
      to.push(x);
      return one;
    };
    const parts: CustomParts = {
      operands: operands.map((x, i) => (batched[i] ? entry(x) : x)),
      values: values.map(entry),
      results: results.map(entry),
    };
    const given = rule(
      cotangents.map((x) => x && entry(x)),
      parts,
      needs,
      walk,
    );
    return given.map((gradient, i) => {
      if (!gradient) return undefined;
      const [whole] = batch([gradient], from, to, size);
      const all = whole.batched ? whole.node : spread(whole.node, size);
      return batched[i] ? all : reduceSum(all, [0]);
    });
  };
}

const countOf = (attrs: Attrs): number => attrs.count as number;

const severalResults = (): never => {
  throw new Error("customVjps: has several results; its rules are those of its tuple");
};

// The first `count` inputs themselves, with gradients that a rule finds for all of them together.
const several: Primitive = {
  name: "customVjps",
  infer(inputs, attrs) {
    const count = countOf(attrs);
    if (!Number.isInteger(count) || count < 1 || inputs.length <= count)
      throw new Error("customVjps: expected values and what they were composed of");
    const { dtype } = inputs.slice(0, count).find((x) => isFloat(x.dtype)) ?? inputs[0];
    return { shape: [], dtype };
  },
  outputs: (inputs, attrs) =>
    inputs.slice(0, countOf(attrs)).map(({ shape, dtype }): Spec => ({ shape, dtype })),
  tuple: {
    vjp(node, cotangents, needs, walk) {
      const { inputs, attrs } = node;
      const count = countOf(attrs);
      const rule = attrs.rule as CustomTupleRule;
      const [values, operands] = [inputs.slice(0, count), inputs.slice(count)];
      const results = values.map((_, i) => pick(node, i));
      const given = rule(cotangents, { operands, values, results }, needs.slice(count), walk);
      return [...values.map(() => undefined), ...given];
    },
    jvp: ({ attrs }, tangents) => tangents.slice(0, countOf(attrs)),
    batch(node, inputs, batched, size, walk) {
      const count = countOf(node.attrs);
      const all = inputs.map((x, i) => (batched[i] || i >= count ? x : spread(x, size)));
      const { rule, each } = node.attrs as { rule: CustomTupleRule; each?: boolean };
      const attrs = each
        ? { ...node.attrs, rule: ruleOfBatch(rule, batched.slice(count), size, walk) }
        : node.attrs;
      const whole = make(several, all, attrs);
      return all.slice(0, count).map((_, i) => pick(whole, i));
    },
    evaluate: (inputs, { attrs }) => inputs.slice(0, countOf(attrs)),
  },
  batch: severalResults,
  evaluate: severalResults,
  cost: () => 0,
};
definePrimitive(several);

// The value of the first input, as a node that the compiler does not merge with it, computed after the
// other inputs: what is to be computed a second time starts from it.
definePrimitive({
  name: "barrier",
  infer(inputs) {
    if (inputs.length === 0) throw new Error("barrier: expected a value");
    return { shape: inputs[0].shape, dtype: inputs[0].dtype };
  },
  vjp: (_, cotangent) => [cotangent],
  jvp: (_, [tangent]) => tangent,
  batch: (node, [x, ...after], [batched], size) =>
    make(node.op, [batched ? x : spread(x, size), ...after]),
  evaluate: ([x]) => x,
  cost: () => 0,
});
