import * as T from "../../../src/tensor/index.ts";
import { axis, type Mistakes, x } from "./helpers.ts";

/** Of functions that came later. */
export const MORE: Mistakes = {
  round: [[() => T.round(x, 0.5), "round: decimals must be an integer, got 0.5"]],
  kthvalue: [
    [() => T.kthvalue(x, 4), "kthvalue: k must be an integer from 1 to 3, got 4"],
    [() => T.kthvalue(x, 0), "kthvalue: k must be an integer from 1 to 3, got 0"],
    [() => T.kthvalue(x, 1, 2), axis("kthvalue", 2)],
  ],
};
