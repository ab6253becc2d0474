import { onCotangent } from "../ir/hooks.ts";
import { sameSpec } from "../ir/node.ts";
import { showSpec } from "../ir/primitives/common.ts";
import { gradOwner, Tensor } from "./tensor.ts";
import { noteGradient } from "./tracing.ts";

/** What takes a hook away again. */
export interface HookHandle {
  /** Removes the hook; a second call does nothing. */
  remove(): void;
}

/** Is given a gradient, and may return another one in its place. */
export type GradientHook =
  ((gradient: Tensor) => Tensor | undefined) | ((gradient: Tensor) => void);

interface LeafHooks {
  readonly before: Set<(gradient: Tensor) => unknown>;
  readonly after: Set<(x: Tensor) => void>;
}

// Beside the tensors, so that a tensor without hooks is no larger for them. A parameter has another node
// after every update, so the hooks of leaves are by tensor.
const leafHooks = new WeakMap<Tensor, LeafHooks>();

function hooksOf(leaf: Tensor): LeafHooks {
  let hooks = leafHooks.get(leaf);
  if (!hooks) leafHooks.set(leaf, (hooks = { before: new Set(), after: new Set() }));
  return hooks;
}

function added<T>(set: Set<T>, hook: T): HookHandle {
  set.add(hook);
  return { remove: () => void set.delete(hook) };
}

/** @internal What the hook makes of a gradient. */
export function replaced(
  hook: (gradient: Tensor) => unknown,
  gradient: Tensor,
  what: string,
): Tensor {
  const given = hook(gradient);
  if (given === undefined) return gradient;
  if (!(given instanceof Tensor) || !sameSpec(given, gradient))
    throw new TypeError(
      `${what}: a hook must return nothing or a gradient ${showSpec(gradient)}, got ` +
        (given instanceof Tensor ? showSpec(given) : `a ${typeof given}`),
    );
  return given;
}

/** @internal The gradient of a leaf after its hooks. */
export function leafGradient(leaf: Tensor, gradient: Tensor): Tensor {
  for (const hook of [...(leafHooks.get(leaf)?.before ?? [])])
    gradient = replaced(hook, gradient, "registerHook");
  return gradient;
}

/** @internal Called with every leaf to whose `grad` `backward()` has added, as hooks of its own are. */
export const everyGradient = new Set<(x: Tensor) => void>();

/** @internal Called when `backward()` has set the `grad` of a leaf. */
export function gradientAdded(leaf: Tensor): void {
  for (const hook of [...(leafHooks.get(leaf)?.after ?? []), ...everyGradient]) hook(leaf);
}

function checkHook(hook: unknown, what: string): void {
  if (typeof hook !== "function")
    throw new TypeError(`${what}: expected a function, got a ${typeof hook}`);
}

function checkRequiresGrad(x: Tensor, what: string): void {
  if (!x.requiresGrad)
    throw new Error(`${what}: ${showSpec(x)} requires no gradient, so none will come to it`);
}

/**
 * Calls `hook` with the gradient of this tensor whenever one is found, before it goes on (and, for
 * parameters and tensors with `requiresGrad_()`, before it is added to `grad`). What the hook returns, if
 * anything, goes on in its place. Hooks run in the order in which they were registered.
 *
 * The gradient has no value yet: like all tensors it is computed when somebody reads it. Inside `compile`
 * the hook runs when the function is recorded, and what it does to tensors is part of the program. Tensors
 * that are the same operation on the same tensors are one value, and share their gradient and hooks. Where
 * a `vmap` lies around the backward pass and not inside, the hook sees the gradients of all entries at once,
 * along axis 0.
 *
 * @throws Error when the tensor requires no gradient.
 *
 * @example
 * const w = tensor([1, 2]).requiresGrad_();
 * const y = w.square();
 * const handle = y.registerHook((gradient) => gradient.clamp(-0.5, 0.5));
 * y.sum().backward();
 * handle.remove();
 * w.grad; // [1, 2]
 */
export function registerHook(x: Tensor, hook: GradientHook): HookHandle {
  checkHook(hook, "registerHook");
  checkRequiresGrad(x, "registerHook");
  // A function of its own, so that the same hook may be registered twice.
  const own = (gradient: Tensor): unknown => hook(gradient);
  const owner = gradOwner(x.node);
  if (owner) return added(hooksOf(owner).before, own);
  const remove = onCotangent(
    x.node,
    (node) => replaced(own, new Tensor(node), "registerHook").node,
  );
  return { remove };
}

/**
 * Makes `backward()` add the gradient of this tensor to its `grad` although it is no leaf. Parameters and
 * tensors with `requiresGrad_()` have one anyway.
 *
 * @throws Error when the tensor requires no gradient.
 *
 * @example
 * const w = tensor([1, 2]).requiresGrad_();
 * const y = w.square();
 * y.retainGrad();
 * y.square().sum().backward();
 * y.grad; // [2, 8]
 */
export function retainGrad(x: Tensor): void {
  checkRequiresGrad(x, "retainGrad");
  if (gradOwner(x.node) === x || retaining.has(x)) return;
  retaining.add(x);
  const keep = (node: typeof x.node): typeof x.node => {
    noteGradient(x);
    const given = new Tensor(node);
    x.grad = x.grad ? x.grad.add(given) : given;
    return node;
  };
  onCotangent(x.node, keep, "last");
}

const retaining = new WeakSet<Tensor>();

/**
 * Calls `hook` with this tensor after `backward()` has added to its `grad`: for a parameter or a tensor
 * with `requiresGrad_()`.
 *
 * @throws Error for tensors that have no `grad`.
 *
 * @example
 * const w = tensor([1, 2]).requiresGrad_();
 * w.registerPostAccumulateGradHook((x) => {
 *   x.grad = x.grad?.mul(10);
 * });
 * w.square().sum().backward();
 * w.grad; // [20, 40]
 */
export function registerPostAccumulateGradHook(x: Tensor, hook: (x: Tensor) => void): HookHandle {
  checkHook(hook, "registerPostAccumulateGradHook");
  checkRequiresGrad(x, "registerPostAccumulateGradHook");
  const owner = gradOwner(x.node);
  if (!owner)
    throw new Error(
      "registerPostAccumulateGradHook: expected a parameter or a tensor with requiresGrad_(), got one " +
        "that was computed: registerHook sees its gradient",
    );
  return added(hooksOf(owner).after, (leaf: Tensor) => hook(leaf));
}
