import { isFloat } from "../ir/dtype.ts";
import { isGradEnabled, type Node } from "../ir/node.ts";
import { customVjps, zerosLike } from "../ir/ops.ts";
import { showSpec } from "../ir/primitives/common.ts";
import { type CustomTupleRule } from "../ir/primitives/custom.ts";
import { sameShape } from "../ir/shape.ts";
import { Tensor } from "./tensor.ts";
import { leavesOf, rebuildTree } from "./tree.ts";

/** Gradients of arguments: of the same structure, or undefined for arguments that get none. */
export type ArgumentGradients<A extends unknown[]> = {
  readonly [K in keyof A]: A[K] | undefined;
};

/** The gradients of one argument's tensors, by the tensors. */
function matched(given: unknown, argument: unknown, index: number): (Node | undefined)[] {
  const tensors = leavesOf(argument);
  if (given === undefined || given === null) return tensors.map(() => undefined);
  const gradients = leavesOf(given);
  if (gradients.length !== tensors.length)
    throw new Error(
      `customVjp: argument ${index} holds ${tensors.length} tensors, got ${gradients.length} gradients`,
    );
  return tensors.map((x, i) => {
    const gradient = gradients[i];
    if (!isFloat(x.dtype)) return undefined;
    if (gradient.dtype !== x.dtype || !sameShape(gradient.shape, x.shape))
      throw new Error(
        `customVjp: expected a gradient ${showSpec(x)} for argument ${index}, got ${showSpec(gradient)}`,
      );
    return gradient.node;
  });
}

/**
 * The same function with a gradient of its own: `backward(cotangent, args, output)` gives the gradients of
 * the arguments (`undefined` for those that get none), instead of the rules of what `fn` is composed of.
 * For a gradient that is cheaper or more exact, or that is none at all, as in straight-through estimators.
 *
 * Arguments and results may be tensors, or arrays and objects of tensors. `backward` is written in tensors
 * too and is differentiated for second derivatives, through `output` by itself again. Under `vmap` both
 * functions are for one entry. Forward derivatives (`jvp`) are those of `fn`. Tensors that `fn` takes from
 * outside are constants.
 *
 * @example
 * const rounded = customVjp(
 *   (x: Tensor) => x.round(),
 *   (cotangent) => [cotangent],
 * );
 * grad((x: Tensor) => rounded(x).square().sum())(tensor([0.6, 2.2])); // [2, 4]
 */
export function customVjp<A extends unknown[], R>(
  fn: (...args: A) => R,
  backward: (cotangent: R, args: A, output: R) => ArgumentGradients<A>,
): (...args: A) => R {
  if (typeof fn !== "function" || typeof backward !== "function")
    throw new TypeError(
      `customVjp: expected two functions, got a ${typeof fn} and a ${typeof backward}`,
    );
  return (...args) => {
    const output = fn(...args);
    const operands = leavesOf(args).map((x) => x.node);
    const values = leavesOf(output).map((x) => x.node);
    if (values.length === 0)
      throw new TypeError("customVjp: the function must return tensors, or a structure of them");
    if (!isGradEnabled() || !operands.some((x) => x.requiresGrad)) return output;
    const rule: CustomTupleRule = (cotangents, parts) => {
      const tensors = (nodes: readonly Node[]): Tensor[] => nodes.map((node) => new Tensor(node));
      const whole = cotangents.map((x, i) => x ?? zerosLike(parts.results[i]));
      const given = backward(
        rebuildTree(output, tensors(whole)) as R,
        rebuildTree(args, tensors(parts.operands)) as A,
        rebuildTree(output, tensors(parts.results)) as R,
      ) as unknown;
      if (!Array.isArray(given) || given.length !== args.length)
        throw new TypeError(
          `customVjp: backward must return a list of ${args.length} gradients, one for each argument, got ` +
            (Array.isArray(given) ? String(given.length) : `a ${typeof given}`),
        );
      const list: readonly unknown[] = given;
      const shown = rebuildTree(args, tensors(parts.operands)) as A;
      return shown.flatMap((argument, i) => matched(list[i], argument, i));
    };
    const results = customVjps(values, operands, rule, { each: true });
    return rebuildTree(
      output,
      results.map((node) => new Tensor(node)),
    ) as R;
  };
}
