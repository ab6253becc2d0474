import { type Shape } from "../../ir/shape.ts";
import { type Affine, collapseAxes } from "../affine.ts";
import { type Expr, formsOf, mapForms } from "../expr.ts";

/** An iteration space after neighbouring axes that every access walks as one were joined. */
export interface LoopSpace {
  readonly sizes: readonly number[];
  /** Original axes of each loop. */
  readonly groups: readonly (readonly number[])[];
  /** A form over the original axes as one over the loops. */
  form(at: Affine): Affine;
  expr(expr: Expr): Expr;
}

/** The loops needed to visit `shape`: at least one. `stores` are forms of what is written. */
export function loopSpace(
  shape: Shape,
  exprs: readonly Expr[],
  stores: readonly Affine[],
  mayJoin?: (outer: number, inner: number) => boolean,
): LoopSpace {
  const groups = collapseAxes(shape, [...formsOf(exprs), ...stores], mayJoin);
  const forms = new Map<Affine, Affine>();
  const form = (at: Affine): Affine => {
    let found = forms.get(at);
    if (!found) {
      const coeffs = groups.map((group) => at.coeffs[group[group.length - 1]]);
      found = { offset: at.offset, coeffs: groups.length > 0 ? coeffs : [0] };
      forms.set(at, found);
    }
    return found;
  };
  const memo = new Map<Expr, Expr | undefined>();
  return {
    sizes: groups.length > 0 ? groups.map((g) => g.reduce((n, axis) => n * shape[axis], 1)) : [1],
    groups: groups.length > 0 ? groups : [[]],
    form,
    expr: (expr) => mapForms(expr, form, memo)!,
  };
}
