/**
 * One of Node's own modules, or undefined where there are none (browsers) or where they cannot be had
 * at once (Node before 20.16). No bundler for browsers sees an import.
 */
export function nodeModule<M>(name: string): M | undefined {
  if (typeof process === "undefined") return undefined;
  return process.getBuiltinModule?.(`node:${name}`) as M | undefined;
}

/** As `nodeModule`, for code that only runs where there is Node. Throws where there is none. */
export function requireNode<M>(name: string): M {
  const found = nodeModule<M>(name);
  if (found === undefined) throw new Error(`node:${name} is needed: Node 20.16 or later`);
  return found;
}
