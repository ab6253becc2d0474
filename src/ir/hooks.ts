import { type Node } from "./node.ts";
import { watch } from "./watch.ts";

/** Sees the whole cotangent of a node when it is known, and gives what goes on in its place. */
export type CotangentHook = (cotangent: Node) => Node;

interface Hooks {
  readonly ordinary: Set<CotangentHook>;
  /** Those that see what the others made of it. */
  readonly last: Set<CotangentHook>;
}

// Beside the nodes, so that a node without hooks is no larger for them. A node that stands for several
// others has the hooks of all of them.
const hooksOf = new WeakMap<Node, Hooks[]>();
let some = false;

function listOf(node: Node): Hooks[] {
  let list = hooksOf.get(node);
  if (!list) hooksOf.set(node, (list = []));
  return list;
}

/** Calls `hook` whenever the cotangent of `node` is found. Returns what removes it again. */
export function onCotangent(
  node: Node,
  hook: CotangentHook,
  when: keyof Hooks = "ordinary",
): () => void {
  some = true;
  const list = listOf(node);
  if (list.length === 0) list.push({ ordinary: new Set(), last: new Set() });
  const set = list[0][when];
  set.add(hook);
  return () => void set.delete(hook);
}

/** The cotangent of `node` after its hooks. */
export function afterHooks(node: Node, cotangent: Node): Node {
  const list = some ? hooksOf.get(node) : undefined;
  if (!list) return cotangent;
  const of = (when: keyof Hooks): CotangentHook[] => list.flatMap((hooks) => [...hooks[when]]);
  for (const hook of [...of("ordinary"), ...of("last")]) cotangent = hook(cotangent);
  return cotangent;
}

/** `to`, which stands for the same value as `from` in another graph: hooks of `from` see its cotangent too. */
export function inPlaceOf(from: Node, to: Node): Node {
  if (from === to) return to;
  watch.replaced?.(from, to);
  const list = some ? hooksOf.get(from) : undefined;
  if (!list) return to;
  const own = listOf(to);
  for (const hooks of list) if (!own.includes(hooks)) own.push(hooks);
  return to;
}
