import { type Shape } from "../../ir/shape.ts";
import { type Affine } from "../affine.ts";
import { type Expr } from "../expr.ts";
import { type Value } from "../loop/loop.ts";
import { int } from "../loop/builder.ts";
import { type Letter } from "./contraction.ts";
import { unflatten } from "./loops.ts";
import { loopSpace } from "./space.ts";
import { type KernelWriter } from "./writer.ts";

/** The axes of a contraction as one of its parts walks them: those that it walks as one are one. */
export interface Walk {
  form(at: Affine): Affine;
  expr(expr: Expr): Expr;
  /** The loops that belong to a letter, and their sizes. */
  axes(letter: Letter): readonly number[];
  sizes(letter: Letter): readonly Value[];
  /** The size of the innermost loop of a letter, as it is for this call. */
  innermost(letter: Letter): number;
  /** The full index, given flat positions within letters; of those left out it is 0. */
  index(flat: Partial<Record<Letter, Value>>): Value[];
}

/** The walk of what reads `exprs` and writes `stores`. */
export function walkOf(
  w: KernelWriter,
  shape: Shape,
  group: readonly Letter[],
  exprs: readonly Expr[],
  stores: readonly Affine[],
): Walk {
  const space = loopSpace(shape, exprs, stores, (a, c) => group[a] === group[c]);
  // Where all sizes are 1 there is one loop, which belongs to no letter.
  const letters = space.groups.map((axes) => (axes.length > 0 ? group[axes[0]] : ""));
  const sizes = space.sizes.map((n) => w.argument(n));
  const axes = (letter: Letter): number[] =>
    letters.flatMap((l, axis) => (l === letter ? [axis] : []));
  return {
    form: (at) => space.form(at),
    expr: (expr) => space.expr(expr),
    axes,
    sizes: (letter) => axes(letter).map((axis) => sizes[axis]),
    innermost: (letter) => space.sizes[axes(letter).at(-1) ?? -1] ?? 1,
    index(flat) {
      const index = sizes.map((): Value => int(0));
      for (const letter of Object.keys(flat) as Letter[]) {
        const own = axes(letter);
        const values = unflatten(
          w.b,
          flat[letter]!,
          own.map((axis) => sizes[axis]),
        );
        own.forEach((axis, i) => (index[axis] = values[i]));
      }
      return index;
    },
  };
}
