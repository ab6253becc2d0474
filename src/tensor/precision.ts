import { running } from "./modes.ts";

// Functions whose result depends on the precision of their operands ask here for them before they look at
// them. What they get is decided by a scope of mixed precision (`autocast` of nabla/amp), where one is open.

/**
 * @internal What a function is to the precision of its operands: one of products, which may be `low`; one that
 * needs the range or the digits of f32 (`single`); or one whose operands must have one dtype (`widest`).
 */
export type Want = "low" | "single" | "widest";

/** @internal What a scope makes of operands: tensors, lists and options with tensors, and whatever else. */
export interface Precision {
  /** Equal for scopes that make the same of everything. */
  readonly name: string;
  readonly operands: (want: Want, given: readonly unknown[]) => readonly unknown[];
}

let current: Precision | undefined;

/** @internal The scope that is open. */
export const precision = (): Precision | undefined => current;

/** @internal Runs functions in a scope, or (`undefined`) in none. */
export const inPrecision = running((next: Precision | undefined) => {
  const before = current;
  current = next;
  return before;
});

/** @internal Runs a function outside of scopes: what it computes is part of something that has its dtypes. */
export const asWritten = <R>(fn: () => R): R => (current ? inPrecision(undefined, fn) : fn());

/** @internal The operands of a function in the precision that the scope wants for it. */
export const atPrecision = <A extends readonly unknown[]>(want: Want, ...given: A): A =>
  current ? (current.operands(want, given) as A) : given;
