import { type Node, topological } from "../ir/node.ts";
import { type Tensor } from "./tensor.ts";

// What a function that is being traced by `compile` touches besides its arguments.

/** A decision that the traced function took, and that must be the same whenever its trace is used. */
export interface Guard {
  readonly read: () => unknown;
  readonly value: unknown;
}

/** Notes of the trace under way. */
export interface TraceNotes {
  readonly guards: Guard[];
  /** Tensors whose `grad` was set. */
  readonly gradOwners: Set<Tensor>;
}

let current: TraceNotes | undefined;

/** @internal Runs `fn` with notes of its own. */
export function takingNotes<R>(notes: TraceNotes, fn: () => R): R {
  const before = current;
  current = notes;
  try {
    return fn();
  } finally {
    current = before;
  }
}

/** @internal The notes of the function that is being traced, if one is. */
export const traceNotes = (): TraceNotes | undefined => current;

/**
 * @internal The value of `read()`, on which what is recorded depends: compiled functions that read it
 * are traced again when it has changed (whether a module is training, say).
 */
export function guarded<T>(read: () => T): T {
  const value = read();
  current?.guards.push({ read, value });
  return value;
}

/** @internal Called before `backward` adds to the gradient of `owner`. */
export function noteGradient(owner: Tensor): void {
  if (!current || current.gradOwners.has(owner)) return;
  if (owner.grad)
    throw new Error(
      "backward: inside a compiled function, gradients from outside cannot be added to. " +
        "Call optimizer.zeroGrad() in the function, before backward()",
    );
  current.gradOwners.add(owner);
}

/** Nodes below `outputs` that were made before the node numbered `start` and have no value. */
export function outsideNodes(outputs: readonly Node[], start: number): Node[] {
  const isOutside = ({ value, id, inputs }: Node): boolean =>
    value === undefined && id < start && inputs.length > 0;
  return topological(outputs, (node) => node.value !== undefined || isOutside(node)).filter(
    isOutside,
  );
}
