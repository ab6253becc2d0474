import { type Operator } from "../bind.ts";
import { NOT_APPLICABLE } from "./absent.ts";
import { COMPLEX, COMPLEX_FORMS } from "./complex.ts";
import { ELEMENTS } from "./elements.ts";
import { FOURIER } from "./fourier.ts";
import { INDEXING } from "./indexing.ts";
import { LAYERS } from "./layers.ts";
import { LINALG } from "./linalg.ts";
import { LOSSES } from "./losses.ts";
import { MAKING } from "./making.ts";
import { MASKED } from "./masked.ts";
import { PRODUCTS } from "./products.ts";
import { REDUCTIONS } from "./reductions.ts";
import { SHAPES } from "./shapes.ts";
import { SPECIAL } from "./special.ts";

const WRITTEN: Readonly<Record<string, Operator>> = {
  ...COMPLEX,
  ...ELEMENTS,
  ...FOURIER,
  ...INDEXING,
  ...LAYERS,
  ...LINALG,
  ...LOSSES,
  ...MAKING,
  ...MASKED,
  ...PRODUCTS,
  ...REDUCTIONS,
  ...SHAPES,
  ...SPECIAL,
};

/** By the names of PyTorch's list: how its operators are written with our functions. */
export const OPERATORS: Readonly<Record<string, Operator>> = Object.fromEntries(
  Object.entries(WRITTEN).map(([name, operator]) => {
    const complex = COMPLEX_FORMS[name];
    return [name, complex ? { ...operator, complex } : operator];
  }),
);

/** An entry's own operator, or that of the entry without its variant. */
export function operatorFor(name: string): Operator | undefined {
  if (Object.hasOwn(OPERATORS, name)) return OPERATORS[name];
  if (name in NOT_APPLICABLE) return undefined;
  return OPERATORS[name.replace(/\[[^\]]*\]$/, "")];
}
