import * as T from "../../../src/tensor/index.ts";
import { one, op, type Operator, two } from "../bind.ts";

const reshape = op("input *shape", ({ input, shape }) => T.reshape(input, ...(shape as number[])));
const expand = op("input *sizes", ({ input, sizes }) => T.expand(input, ...(sizes as number[])));
const permute = op("input *dims", ({ input, dims }) => T.permute(input, ...(dims as number[])));
const squeeze = op("input dim", (a) => T.squeeze(a.input, a.dim));
const transpose = op("input dim0 dim1", (a) => T.transpose(a.input, a.dim0, a.dim1));
const unsqueeze = op("input dim", (a) => T.unsqueeze(a.input, a.dim));
const narrow = op("input dim start length", (a) =>
  T.narrow(
    a.input,
    a.dim,
    (a.start as unknown) instanceof T.Tensor ? (a.start as T.Tensor).itemSync() : a.start,
    a.length,
  ),
);
const diagonal = op("input offset dim1 dim2", (a) => T.diagonal(a.input, a.offset, a.dim1, a.dim2));
const split = op("input split_size dim", (a) => T.split(a.input, a.splitSize, a.dim));
const splitSizes = op("input split_sizes dim", (a) => T.split(a.input, a.splitSizes, a.dim));
const chunk = op("input chunks dim", (a) => T.chunk(a.input, a.chunks, a.dim));
const unbind = op("input dim", (a) => T.unbind(a.input, a.dim));
const same = one((x: T.Tensor) => x);

/** Shapes, views, joining and splitting. */
export const SHAPES: Record<string, Operator> = {
  reshape,
  view: reshape,
  view_copy: reshape,
  reshape_as: op("input other", (a) => T.reshape(a.input, (a.other as T.Tensor).shape)),
  view_as: op("input other", (a) => T.reshape(a.input, (a.other as T.Tensor).shape)),
  flatten: op("input start_dim end_dim", (a) => T.flatten(a.input, a.startDim, a.endDim)),
  ravel: one(T.flatten),
  unflatten: op("input dim sizes", (a) => T.unflatten(a.input, a.dim, a.sizes)),
  squeeze,
  squeeze_copy: squeeze,
  unsqueeze,
  unsqueeze_copy: unsqueeze,
  transpose,
  transpose_copy: transpose,
  t: one(T.t),
  t_copy: one(T.t),
  T: one((x: T.Tensor) => x.T),
  mT: one((x: T.Tensor) => x.mT),
  permute,
  permute_copy: permute,
  movedim: op("input source destination", (a) => T.movedim(a.input, a.source, a.destination)),
  expand,
  expand_copy: expand,
  expand_as: two(T.expandAs),
  broadcast_to: op("input shape", (a) => T.broadcastTo(a.input, a.shape)),
  broadcast_tensors: op("*tensors", (a) => T.broadcastTensors(...(a.tensors as T.Tensor[]))),
  repeat: op("input *counts", ({ input, counts }) => T.repeat(input, ...(counts as number[]))),
  tile: op("input *counts", ({ input, counts }) => T.tile(input, ...(counts as number[]))),
  repeat_interleave: op("input repeats dim", (a) => T.repeatInterleave(a.input, a.repeats, a.dim)),
  narrow,
  narrow_copy: narrow,
  select: op("input dim index", (a) => T.select(a.input, a.dim, a.index)),
  split,
  "split[list_args]": splitSizes,
  unsafe_split: split,
  split_with_sizes: splitSizes,
  split_with_sizes_copy: splitSizes,
  chunk,
  unsafe_chunk: chunk,
  unbind,
  unbind_copy: unbind,
  flip: op("input dims", (a) => T.flip(a.input, a.dims)),
  roll: op("input shifts dims", (a) => T.roll(a.input, a.shifts, a.dims)),
  diagonal,
  diagonal_copy: diagonal,
  "linalg.diagonal": op("input offset dim1 dim2", ({ input, offset, dim1 = -2, dim2 = -1 }) =>
    T.diagonal(input, offset, dim1, dim2),
  ),
  diag: op("input diagonal", (a) => T.diag(a.input, a.diagonal)),
  trace: one(T.trace),
  tril: op("input diagonal", (a) => T.tril(a.input, a.diagonal)),
  triu: op("input diagonal", (a) => T.triu(a.input, a.diagonal)),
  cat: op("tensors dim", (a) => T.cat(a.tensors, a.dim)),
  stack: op("tensors dim", (a) => T.stack(a.tensors, a.dim)),
  vstack: op("tensors", (a) => T.vstack(a.tensors)),
  hstack: op("tensors", (a) => T.hstack(a.tensors)),
  "meshgrid[variadic_tensors]": op("*tensors indexing", ({ tensors, indexing }) =>
    T.meshgrid(tensors, { indexing }),
  ),
  "meshgrid[list_of_tensors]": op("tensors indexing", ({ tensors, indexing }) =>
    T.meshgrid(tensors, { indexing }),
  ),
  clone: same,
  contiguous: same,
  alias_copy: same,
  resolve_conj: same,
  resolve_neg: same,
  conj: same,
  conj_physical: same,
  real: same,
};
