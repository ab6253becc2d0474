import { isGradEnabled, type Node } from "../ir/node.ts";
import { add, customVjps } from "../ir/ops.ts";
import { type CustomTupleRule } from "../ir/primitives/custom.ts";
import { type HookHandle, Tensor } from "../tensor/index.ts";
import { replaced } from "../tensor/hooks.ts";
import { leavesOf, rebuildTree } from "../tensor/tree.ts";
import { type Module } from "./module.ts";

/** Is given the arguments of `forward`, and may return others: a list, or the only one. */
export type ForwardPreHook = (module: Module, args: readonly unknown[]) => unknown;
/** Is given what went into `forward` and came out of it, and may return another result. */
export type ForwardHook = (module: Module, args: readonly unknown[], output: unknown) => unknown;
/** Gradients of the tensors among arguments or results, in order; undefined where there is none. */
export type Gradients = readonly (Tensor | undefined)[];
/** Is given the gradients of a module, and may return others for the arguments. */
export type BackwardHook =
  | ((
      module: Module,
      gradInput: Gradients,
      gradOutput: Gradients,
    ) => Gradients | Tensor | undefined)
  | ((module: Module, gradInput: Gradients, gradOutput: Gradients) => void);

interface Hooks {
  readonly pre: Set<ForwardPreHook>;
  readonly forward: Set<ForwardHook>;
  readonly backward: Set<BackwardHook>;
}

// Beside the modules: one without hooks has nothing of them, and its `forward` is the method itself.
const hooksOf = new WeakMap<Module, Hooks>();

type Forward = (...args: unknown[]) => unknown;

/** Puts the hooks in the way of the module's `forward`; returns what takes them away again. */
export function addHook<K extends keyof Hooks>(
  module: Module,
  kind: K,
  hook: Hooks[K] extends Set<infer H> ? H : never,
  what: string,
): HookHandle {
  if (typeof hook !== "function")
    throw new TypeError(`${what}: expected a function, got a ${typeof hook}`);
  let hooks = hooksOf.get(module);
  if (!hooks) {
    hooks = { pre: new Set(), forward: new Set(), backward: new Set() };
    hooksOf.set(module, hooks);
    intercept(module, hooks);
  }
  const set = hooks[kind] as Set<unknown>;
  // An object of its own, so that the same hook may be registered twice.
  const own = (...args: never[]): unknown => (hook as (...args: never[]) => unknown)(...args);
  set.add(own);
  return { remove: () => void set.delete(own) };
}

function intercept(module: Module, hooks: Hooks): void {
  const forward = module.forward.bind(module) as Forward;
  const value: Forward = (...given) => {
    let args = given;
    for (const hook of [...hooks.pre]) {
      const others = hook(module, args);
      if (others !== undefined) args = Array.isArray(others) ? others : [others];
    }
    const watch = hooks.backward.size > 0 && isGradEnabled();
    let output = watch ? watched(module, hooks.backward, args, forward) : forward(...args);
    for (const hook of [...hooks.forward]) output = hook(module, args, output) ?? output;
    return output;
  };
  // Not enumerable: it is no part of the module's state, nor of a clone's.
  Object.defineProperty(module, "forward", { value, writable: true, configurable: true });
}

/** Runs `forward` between nodes at which the gradients of what goes in and comes out meet. */
function watched(
  module: Module,
  hooks: ReadonlySet<BackwardHook>,
  args: readonly unknown[],
  forward: Forward,
): unknown {
  let gradOutput: Gradients = [];
  const call = (gradInput: Gradients): Gradients => {
    for (const hook of [...hooks]) {
      const given: unknown = hook(module, gradInput, gradOutput);
      if (given !== undefined) gradInput = checked(given, gradInput);
    }
    return gradInput;
  };
  const inputs = meeting(args, call);
  const output = forward(...(inputs.tree as unknown[]));
  const results = meeting(output, (gradients) => {
    gradOutput = gradients;
    // Nothing goes on to the arguments, so nothing will call the hooks later.
    if (!inputs.differentiable) call(leavesOf(args).map(() => undefined));
    return gradients;
  });
  return results.tree;
}

function checked(given: unknown, before: Gradients): Gradients {
  const list = given instanceof Tensor ? [given] : given;
  const what = "registerFullBackwardHook";
  if (!Array.isArray(list) || list.length !== before.length)
    throw new TypeError(
      `${what}: a hook must return nothing or ${before.length} gradients, one for each tensor among the ` +
        `arguments, got ${Array.isArray(list) ? list.length : `a ${typeof given}`}`,
    );
  const after: readonly unknown[] = list;
  return before.map(
    (old, i) => old && (after[i] ? replaced(() => after[i], old, what) : undefined),
  );
}

/** `tree` with tensors whose gradients meet in `visit`, which gives what goes on in their place. */
function meeting(
  tree: unknown,
  visit: (gradients: Gradients) => Gradients,
): { readonly tree: unknown; readonly differentiable: boolean } {
  const leaves = leavesOf(tree);
  const nodes = leaves.filter((x) => x.requiresGrad).map((x) => x.node);
  if (nodes.length === 0) return { tree, differentiable: false };
  const rule: CustomTupleRule = (cotangents, { operands, values }, _, walk) => {
    let next = 0;
    const gradients = leaves.map((x) => {
      const cotangent = x.requiresGrad ? cotangents[next++] : undefined;
      return cotangent && new Tensor(cotangent);
    });
    const given = visit(gradients)
      .filter((_, i) => leaves[i].requiresGrad)
      .map((x) => x?.node);
    // Values of a batch may be copies of operands that are not batched.
    const isCopy = values.map((value) => !operands.includes(value));
    const copied = walk(
      values,
      given.map((x, i) => (isCopy[i] ? x : undefined)),
      operands,
    );
    return operands.map((operand, i) =>
      values.reduce<Node | undefined>((sum, value, k) => {
        const own = value === operand ? given[k] : undefined;
        return sum && own ? add(sum, own) : (sum ?? own);
      }, copied[i]),
    );
  };
  const met = customVjps(nodes, [...new Set(nodes)], rule);
  let next = 0;
  const tensors = leaves.map((x) => (x.requiresGrad ? new Tensor(met[next++]) : x));
  return { tree: rebuildTree(tree, tensors), differentiable: true };
}
