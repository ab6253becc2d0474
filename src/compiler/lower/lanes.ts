import { type DType, isFloat, isNarrow, itemBytes, wideOf } from "../../ir/dtype.ts";
import { type Expr, walk } from "../expr.ts";
import { type Target } from "../loop/loop.ts";

/**
 * How many neighbours along `axis` one instruction can work on: the target's vector width where all
 * values are of one width, else 1.
 */
export function lanesFor(target: Target, exprs: readonly Expr[], axis: number): number {
  if (target.vectorBytes === 0) return 1;
  let widest = 0;
  let narrowest = Infinity;
  let possible = true;
  const seen = new Set<Expr>();
  const varies = variesAlong(axis);
  const note = (dtype: DType): void => {
    // Bytes and booleans widen to the width of their neighbours; what else is narrow is worked on as words.
    if (itemBytes(dtype) === 1 && !isNarrow(dtype)) return;
    dtype = wideOf(dtype);
    widest = Math.max(widest, itemBytes(dtype));
    narrowest = Math.min(narrowest, itemBytes(dtype));
  };
  for (const expr of exprs) {
    // A value that is the same everywhere is still stored lane by lane.
    note(expr.dtype);
    walk(
      expr,
      (e) => {
        if (!varies(e)) return;
        note(e.dtype);
        if (e.kind === "mask")
          possible &&= e.bounds.every(({ at }) => {
            const step = at.coeffs[axis];
            return step === 0 || (step === 1 && target.partial);
          });
        if (e.kind === "gather")
          possible &&= !varies(e.index) && (e.at.coeffs[axis] === 0 || e.at.coeffs[axis] === 1);
        if (e.kind === "op" && e.dtype === "u8") possible = false;
        if (e.kind === "op" && !isFloat(e.dtype)) possible &&= !SCALAR_INTEGER_OPS.has(e.name);
        if (e.kind === "op" && e.name === "rem") possible = false;
      },
      seen,
    );
  }
  if (!possible) return 1;
  if (widest === 0) return target.vectorBytes / 4;
  return widest === narrowest ? target.vectorBytes / widest : 1;
}

const SCALAR_INTEGER_OPS = new Set(["div", "rem", "pow"]);

/** Whether an expression has different values along `axis`. */
export function variesAlong(axis: number): (expr: Expr) => boolean {
  const memo = new Map<Expr, boolean>();
  const varies = (e: Expr): boolean => {
    let result = memo.get(e);
    if (result === undefined) {
      switch (e.kind) {
        case "literal":
        case "constant":
          result = false;
          break;
        case "load":
        case "index":
          result = e.at.coeffs[axis] !== 0;
          break;
        case "op":
          result = e.args.some(varies);
          break;
        case "mask":
          result = varies(e.value) || e.bounds.some((b) => b.at.coeffs[axis] !== 0);
          break;
        case "gather":
          result = e.at.coeffs[axis] !== 0 || varies(e.index);
          break;
      }
      memo.set(e, result);
    }
    return result;
  };
  return varies;
}

/** Elements of a contraction's dtype that one instruction works on. */
export const vectorLanes = ({ vectorBytes }: Target, dtype: DType): number =>
  vectorBytes > 0 && itemBytes(dtype) >= 4 && dtype !== "bool" ? vectorBytes / itemBytes(dtype) : 1;
