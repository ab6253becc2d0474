import * as X from "../../../src/extra/index.ts";
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
  addmv: op("input mat vec beta alpha", (a) => X.addmv(a.input, a.mat, a.vec, a)),
  addr: op("input vec1 vec2 beta alpha", (a) => X.addr(a.input, a.vec1, a.vec2, a)),
  addbmm: op("input batch1 batch2 beta alpha", (a) => X.addbmm(a.input, a.batch1, a.batch2, a)),
  baddbmm: op("input batch1 batch2 beta alpha", (a) => X.baddbmm(a.input, a.batch1, a.batch2, a)),
  vdot: two(X.vdot),
  inner: two(X.inner),
  kron: two(X.kron),
  cross: op("input other dim", (a) => X.cross(a.input, a.other, a.dim)),
  cdist: op("x1 x2 p compute_mode", (a) => X.cdist(a.x1, a.x2, a.p)),
  "nn.functional.pairwise_distance": op("x1 x2 p eps keepdim", (a) =>
    X.pairwiseDistance(a.x1, a.x2, a),
  ),
  "nn.functional.pdist": op("input p", (a) => X.pdist(a.input, a.p)),
  "nn.functional.bilinear": op("input1 input2 weight bias", (a) =>
    X.bilinear(a.input1, a.input2, a.weight, a.bias),
  ),
  einsum: op("operands equation", (a) => X.einsum(a.equation, ...(a.operands as T.Tensor[]))),
  tensordot: op("a b dims", (a) => T.tensordot(a.a, a.b, a.dims)),
};
