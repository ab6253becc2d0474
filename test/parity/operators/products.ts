import * as T from "../../../src/tensor/index.ts";
import { op, type Operator, two } from "../bind.ts";

/** Products of vectors and matrices. */
export const PRODUCTS: Record<string, Operator> = {
  matmul: two(T.matmul),
  __rmatmul__: op("input other", (a) => T.matmul(a.other, a.input)),
  mm: op("input mat2", (a) => T.mm(a.input, a.mat2)),
  bmm: op("input mat2", (a) => T.bmm(a.input, a.mat2)),
  mv: op("input vec", (a) => T.mv(a.input, a.vec)),
  dot: two(T.dot),
  outer: op("input vec2", (a) => T.outer(a.input, a.vec2)),
  addmm: op("input mat1 mat2 beta alpha", (a) => T.addmm(a.input, a.mat1, a.mat2, a)),
  tensordot: op("a b dims", (a) => T.tensordot(a.a, a.b, a.dims)),
};
