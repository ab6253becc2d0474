import { type Node } from "../ir/node.ts";

/** Sees the whole cotangent of a node when it is known, and gives what goes on in its place. */
export type CotangentHook = (cotangent: Node) => Node;

interface Hooks {
  readonly ordinary: Set<CotangentHook>;
  /** Those that see what the others made of it. */
  readonly last: Set<CotangentHook>;
}

// Beside the nodes, so that a node without hooks is no larger for them.
const hooksOf = new WeakMap<Node, Hooks>();
let some = false;

/** Calls `hook` whenever the cotangent of `node` is found. Returns what removes it again. */
export function onCotangent(
  node: Node,
  hook: CotangentHook,
  when: keyof Hooks = "ordinary",
): () => void {
  some = true;
  let hooks = hooksOf.get(node);
  if (!hooks) hooksOf.set(node, (hooks = { ordinary: new Set(), last: new Set() }));
  const set = hooks[when];
  set.add(hook);
  return () => void set.delete(hook);
}

/** The cotangent of `node` after its hooks. */
export function afterHooks(node: Node, cotangent: Node): Node {
  const hooks = some ? hooksOf.get(node) : undefined;
  if (!hooks) return cotangent;
  for (const hook of [...hooks.ordinary, ...hooks.last]) cotangent = hook(cotangent);
  return cotangent;
}

/** Hooks of `from` see the cotangent of `to` too, which stands for the same value. */
export function shareHooks(from: Node, to: Node): void {
  const hooks = some ? hooksOf.get(from) : undefined;
  if (hooks) hooksOf.set(to, hooks);
}
