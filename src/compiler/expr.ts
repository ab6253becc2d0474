import { type DType } from "../ir/dtype.ts";
import { type Attrs, type Node } from "../ir/node.ts";
import { type Shape } from "../ir/shape.ts";
import {
  type Affine,
  axisOf,
  compose,
  contiguous,
  type IndexMap,
  reshapeAffine,
} from "./affine.ts";

/**
 * What one element of a value is, as a function of the indices of an iteration space: how nodes that
 * get no memory of their own are written into the kernels that use them.
 */
export type Expr =
  | { readonly kind: "load"; readonly dtype: DType; readonly source: Node; readonly at: Affine }
  | { readonly kind: "index"; readonly dtype: DType; readonly at: Affine }
  | { readonly kind: "literal"; readonly dtype: DType; readonly value: number }
  /** A number of the graph that is an argument of the program. */
  | { readonly kind: "constant"; readonly dtype: DType; readonly index: number }
  | {
      readonly kind: "op";
      readonly dtype: DType;
      readonly name: string;
      readonly args: readonly Expr[];
    }
  /** `value` where every form is in 0 … size - 1, else `fill`; `value` is not looked at there. */
  | {
      readonly kind: "mask";
      readonly dtype: DType;
      readonly bounds: readonly Bound[];
      readonly value: Expr;
      readonly fill: number;
    }
  /** The element of `source` at `at + index · stride`, where index is in 0 … size - 1; else `fill`. */
  | {
      readonly kind: "gather";
      readonly dtype: DType;
      readonly source: Node;
      readonly at: Affine;
      readonly index: Expr;
      readonly stride: number;
      readonly size: number;
      readonly fill: number;
    };

export interface Bound {
  readonly at: Affine;
  readonly size: number;
}

export const loadOf = (source: Node): Expr => ({
  kind: "load",
  dtype: source.dtype,
  source,
  at: contiguous(source.shape),
});

/** `expr` with every affine form replaced; undefined when `change` is for one of them. */
export function mapForms(
  expr: Expr,
  change: (form: Affine) => Affine | undefined,
  memo = new Map<Expr, Expr | undefined>(),
): Expr | undefined {
  if (memo.has(expr)) return memo.get(expr);
  let result: Expr | undefined;
  switch (expr.kind) {
    case "literal":
    case "constant":
      result = expr;
      break;
    case "load":
    case "index": {
      const at = change(expr.at);
      result = at && { ...expr, at };
      break;
    }
    case "op": {
      const args = expr.args.map((x) => mapForms(x, change, memo));
      result = args.every((x) => x !== undefined) ? { ...expr, args } : undefined;
      break;
    }
    case "mask": {
      const bounds = expr.bounds.map((b) => ({ at: change(b.at), size: b.size }));
      const value = mapForms(expr.value, change, memo);
      result =
        value && bounds.every((b): b is Bound => b.at !== undefined)
          ? { ...expr, bounds, value }
          : undefined;
      break;
    }
    case "gather": {
      const at = change(expr.at);
      const index = mapForms(expr.index, change, memo);
      result = at && index && { ...expr, at, index };
      break;
    }
  }
  memo.set(expr, result);
  return result;
}

/** `expr` over a new space of `rank` axes whose indices give the old ones by `map`. */
export const substitute = (expr: Expr, map: IndexMap, rank: number): Expr =>
  mapForms(expr, (form) => compose(form, map, rank))!;

/** How the indices of a view's input follow from those of its output; undefined for a reshape. */
export function indexMapOf(node: Node): IndexMap | undefined {
  const shape = node.inputs[0].shape;
  const rank = node.shape.length;
  const attrs: Attrs = node.attrs;
  switch (node.op.name) {
    case "permute": {
      const axes = attrs.axes as readonly number[];
      return shape.map((_, i) => axisOf(axes.indexOf(i), rank));
    }
    case "expand":
      return shape.map((n, i) => axisOf(i, rank, n === 1 && node.shape[i] !== 1 ? 0 : 1));
    case "slice": {
      const start = attrs.start as readonly number[];
      const step = attrs.step as readonly number[];
      return shape.map((_, i) => axisOf(i, rank, step[i], start[i]));
    }
    case "flip": {
      const axes = attrs.axes as readonly number[];
      return shape.map((n, i) => (axes.includes(i) ? axisOf(i, rank, -1, n - 1) : axisOf(i, rank)));
    }
    case "pad": {
      const lo = attrs.lo as readonly number[];
      return shape.map((_, i) => axisOf(i, rank, 1, -lo[i]));
    }
    default:
      return undefined;
  }
}

/** The element of a view, given that of its input; undefined where a reshape cannot be written so. */
export function viewExpr(node: Node, inner: Expr): Expr | undefined {
  const from = node.inputs[0].shape;
  if (node.op.name === "reshape")
    return mapForms(inner, (form) => reshapeAffine(form, from, node.shape));
  const map = indexMapOf(node)!;
  const rank = node.shape.length;
  const value = substitute(inner, map, rank);
  if (node.op.name !== "pad") return value;
  const lo = node.attrs.lo as readonly number[];
  const hi = node.attrs.hi as readonly number[];
  const bounds = from
    .map((size, i) => ({ at: map[i], size }))
    .filter((_, i) => lo[i] !== 0 || hi[i] !== 0);
  return { kind: "mask", dtype: node.dtype, bounds, value, fill: node.attrs.value as number };
}

/** Calls `visit` once with each expression below and including `expr`. */
export function walk(expr: Expr, visit: (e: Expr) => void, seen = new Set<Expr>()): void {
  if (seen.has(expr)) return;
  seen.add(expr);
  if (expr.kind === "op") for (const x of expr.args) walk(x, visit, seen);
  else if (expr.kind === "mask") walk(expr.value, visit, seen);
  else if (expr.kind === "gather") walk(expr.index, visit, seen);
  visit(expr);
}

/** `expr` with other values read in place of its own. */
export function mapSources(
  expr: Expr,
  change: (source: Node) => Node,
  memo = new Map<Expr, Expr>(),
): Expr {
  const known = memo.get(expr);
  if (known) return known;
  const inner = (e: Expr): Expr => mapSources(e, change, memo);
  let result = expr;
  if (expr.kind === "load") result = { ...expr, source: change(expr.source) };
  else if (expr.kind === "op") result = { ...expr, args: expr.args.map(inner) };
  else if (expr.kind === "mask") result = { ...expr, value: inner(expr.value) };
  else if (expr.kind === "gather")
    result = { ...expr, source: change(expr.source), index: inner(expr.index) };
  memo.set(expr, result);
  return result;
}

/** All affine forms in an expression. */
export function formsOf(exprs: readonly Expr[]): Affine[] {
  const forms: Affine[] = [];
  const seen = new Set<Expr>();
  for (const expr of exprs)
    walk(
      expr,
      (e) => {
        if (e.kind === "load" || e.kind === "index" || e.kind === "gather") forms.push(e.at);
        else if (e.kind === "mask") for (const b of e.bounds) forms.push(b.at);
      },
      seen,
    );
  return forms;
}

/** Values that an expression reads from memory. */
export function sourcesOf(exprs: readonly Expr[]): Set<Node> {
  const sources = new Set<Node>();
  const seen = new Set<Expr>();
  for (const expr of exprs)
    walk(
      expr,
      (e) => {
        if (e.kind === "load" || e.kind === "gather") sources.add(e.source);
      },
      seen,
    );
  return sources;
}

/** Whether an element of `shape` is at its own row-major position: no view in between. */
export function isIdentity(at: Affine, shape: Shape): boolean {
  const own = contiguous(shape);
  return at.offset === 0 && own.coeffs.every((c, i) => shape[i] === 1 || c === at.coeffs[i]);
}
