import { type Operator } from "../bind.ts";
import { ELEMENTS } from "./elements.ts";
import { INDEXING } from "./indexing.ts";
import { LAYERS } from "./layers.ts";
import { PRODUCTS } from "./products.ts";
import { REDUCTIONS } from "./reductions.ts";
import { SHAPES } from "./shapes.ts";

/** By the names of PyTorch's list: how its operators are written with our functions. */
export const OPERATORS: Readonly<Record<string, Operator>> = {
  ...ELEMENTS,
  ...INDEXING,
  ...LAYERS,
  ...PRODUCTS,
  ...REDUCTIONS,
  ...SHAPES,
};

/** An entry's own operator, or that of the entry without its variant. */
export const operatorFor = (name: string): Operator | undefined =>
  OPERATORS[name] ?? OPERATORS[name.replace(/\[[^\]]*\]$/, "")];
