import { type Attrs, type Node } from "../ir/node.ts";
import * as ops from "../ir/ops.ts";
import { type CustomRule } from "../ir/primitives/custom.ts";
import { Tensor } from "../tensor/index.ts";

/**
 * The derivative of a factorization: cotangents of the operands from those of the results (`undefined`:
 * none arrives). What it returns is made of the results and operands it is given, through which
 * derivatives flow again. One function, made once; what else it needs stands in `attrs`, as plain data.
 */
export type Pullback = (
  cotangents: readonly (Tensor | undefined)[],
  results: readonly Tensor[],
  operands: readonly Tensor[],
  attrs: Attrs,
) => readonly (Tensor | undefined)[];

// Of several results each is a node with a gradient of its own. All of them know the results as they were
// computed, so that the pullback of one may use the others; a cotangent never reaches those directly.
const rule: CustomRule = (cotangent, inputs, _, attrs) => {
  const { pullback, result, operands: count } = attrs as unknown as RuleAttrs;
  const operands = inputs.slice(0, count);
  const plain = inputs.slice(count);
  const results = plain.map((_, i) => wrapped(plain, operands, i, attrs));
  const cotangents = plain.map((_, i) => (i === result ? new Tensor(cotangent) : undefined));
  const given = pullback(
    cotangents,
    results.map((x) => new Tensor(x)),
    operands.map((x) => new Tensor(x)),
    attrs,
  );
  return inputs.map((_, i) => given[i]?.node);
};

interface RuleAttrs {
  readonly pullback: Pullback;
  /** Which of the results the node is. */
  readonly result: number;
  /** Number of operands, which the inputs begin with. */
  readonly operands: number;
}

const wrapped = (
  plain: readonly Node[],
  operands: readonly Node[],
  result: number,
  attrs: Attrs,
): Node => ops.customVjp(plain[result], [...operands, ...plain], rule, { ...attrs, result });

/** Results composed of operands, with the derivative `pullback` instead of that of their composition. */
export function withPullback(
  results: readonly Tensor[],
  operands: readonly Tensor[],
  pullback: Pullback,
  attrs: Attrs = {},
): Tensor[] {
  const plain = results.map((x) => x.node);
  const given = operands.map((x) => x.node);
  const all = { ...attrs, pullback, operands: operands.length };
  return plain.map((_, i) => new Tensor(wrapped(plain, given, i, all)));
}
