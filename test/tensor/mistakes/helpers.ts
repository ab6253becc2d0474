import { type Tensor, zeros } from "../../../src/tensor/index.ts";

// What the tables of mistakes are written with.

/** By the name of the function: calls that cannot be right, and what their errors say. */
export type Mistakes = Readonly<Record<string, readonly (readonly [() => unknown, string])[]>>;

/** What the error of `call` says. */
export function messageOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return (error as Error).message;
  }
  return "nothing was thrown";
}

export const f = (...shape: number[]): Tensor => zeros(shape);
export const d = (...shape: number[]): Tensor => zeros(shape, { dtype: "f64" });
export const i = (...shape: number[]): Tensor => zeros(shape, { dtype: "i32" });
export const b = (...shape: number[]): Tensor => zeros(shape, { dtype: "bool" });
export const x = f(2, 3);
/** What no function takes. */
export const no = "x" as never;

/** The error of shapes [2, 3] and [2]. */
export const apart = (what: string): string =>
  `${what}: shapes [2, 3] and [2] do not broadcast (axis -1: 3 against 2; sizes must be equal or 1)`;
/** The error of an axis that a matrix does not have. */
export const axis = (what: string, given: number): string =>
  `${what}: axis must be an integer in [-2, 1], got ${given}`;
