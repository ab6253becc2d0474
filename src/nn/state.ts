import { type DType, isInteger } from "../ir/dtype.ts";
import { sameShape, showShape } from "../ir/shape.ts";
import { type CellTensor, flushCells, Tensor } from "../tensor/tensor.ts";
import { isLazy } from "./uninitialized.ts";

/** Parameters and buffers by name. */
export type StateDict = Record<string, CellTensor>;

/** Options of `loadStateDict`. */
export interface LoadOptions {
  /** Whether both sides must have the same names. Default true. */
  readonly strict?: boolean;
}

/** Names that only one side had. */
export interface LoadResult {
  /** Names of the module that the state lacks. */
  readonly missingKeys: readonly string[];
  /** Names of the state that the module lacks. */
  readonly unexpectedKeys: readonly string[];
}

const spec = (t: Tensor): string =>
  isLazy(t) ? `an uninitialized ${t.dtype}` : `${t.dtype}${showShape(t.shape)}`;

/** Integers may be of another width: PyTorch's files have i64 where layers here have i32. */
const alike = (a: DType, b: DType): boolean => a === b || (isInteger(a) && isInteger(b));

/** Whether `cell` can take over `value`: one without a shape takes that of the value. */
const fits = (value: Tensor, cell: CellTensor): boolean =>
  alike(value.dtype, cell.dtype) &&
  (isLazy(cell) || (!isLazy(value) && sameShape(value.shape, cell.shape)));

/** Writes the tensors of `state` into `cells`, after everything has been checked. */
export function loadInto(
  what: string,
  cells: Readonly<StateDict>,
  state: Readonly<Record<string, Tensor>>,
  { strict = true }: LoadOptions,
): LoadResult {
  const missingKeys = Object.keys(cells).filter((key) => !Object.hasOwn(state, key));
  const unexpectedKeys = Object.keys(state).filter((key) => !Object.hasOwn(cells, key));
  const common = Object.keys(cells).filter((key) => Object.hasOwn(state, key));
  const problems: string[] = [];
  if (strict && missingKeys.length > 0) problems.push(`missing: ${missingKeys.join(", ")}`);
  if (strict && unexpectedKeys.length > 0)
    problems.push(`unexpected: ${unexpectedKeys.join(", ")}`);
  for (const key of common) {
    const value: unknown = state[key];
    if (!(value instanceof Tensor))
      problems.push(`${key}: expected a tensor, got a ${typeof value}`);
    else if (!fits(value, cells[key]))
      problems.push(`${key}: expected ${spec(cells[key])}, got ${spec(value)}`);
  }
  if (problems.length > 0)
    throw new Error(`loadStateDict: the state does not fit ${what}:\n  ${problems.join("\n  ")}`);
  const taken = common.filter((key) => !isLazy(state[key]));
  for (const key of taken) {
    const cell = cells[key];
    if (isLazy(cell)) cell.materialize(state[key].shape);
    cell.rebind(state[key].to(cell.dtype));
  }
  // At once, so that later changes of where the values came from do not show.
  flushCells(new Set(taken.map((key) => cells[key])));
  return { missingKeys, unexpectedKeys };
}
