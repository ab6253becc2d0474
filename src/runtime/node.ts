/**
 * One of Node's own modules, or undefined where there are none (browsers) or where they cannot be had
 * at once (Node before 20.16). No bundler for browsers sees an import.
 */
export function nodeModule(name: string): unknown {
  if (typeof process === "undefined") return undefined;
  return process.getBuiltinModule?.(`node:${name}`);
}

/** As `nodeModule`, for code that only runs where there is Node. Throws where there is none. */
export function requireNode(name: string): unknown {
  const found = nodeModule(name);
  if (found === undefined) throw new Error(`node:${name} is needed: Node 20.16 or later`);
  return found;
}

/** Whether this is Node, or something that passes for it. */
export const isNode = (): boolean =>
  typeof process !== "undefined" && typeof process.versions?.node === "string";

/** Processors that the program may use. */
export function processors(): number {
  const os = nodeModule("os") as { availableParallelism?(): number } | undefined;
  return os?.availableParallelism?.() ?? 1;
}
