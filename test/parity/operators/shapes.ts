import * as X from "../../../src/extra/index.ts";
import * as T from "../../../src/tensor/index.ts";
import { numberOf, one, op, type Operator, two } from "../bind.ts";

const reshape = op("input *shape", ({ input, shape }) => T.reshape(input, ...(shape as number[])));
const expand = op("input *sizes", ({ input, sizes }) => T.expand(input, ...(sizes as number[])));
const permute = op("input *dims", ({ input, dims }) => T.permute(input, ...(dims as number[])));
const squeeze = op("input dim", (a) => T.squeeze(a.input, a.dim));
const transpose = op("input dim0 dim1", (a) => T.transpose(a.input, a.dim0, a.dim1));
const unsqueeze = op("input dim", (a) => T.unsqueeze(a.input, a.dim));
const narrow = op("input dim start length", (a) =>
  T.narrow(a.input, a.dim, numberOf(a.start), a.length),
);
const diagonal = op("input offset dim1 dim2", (a) => T.diagonal(a.input, a.offset, a.dim1, a.dim2));
const split = op("input split_size dim", (a) => T.split(a.input, a.splitSize, a.dim));
const splitSizes = op("input split_sizes dim", (a) => T.split(a.input, a.splitSizes, a.dim));
const chunk = op("input chunks dim", (a) => T.chunk(a.input, a.chunks, a.dim));
const unbind = op("input dim", (a) => T.unbind(a.input, a.dim));
const same = one((x: T.Tensor) => x);

/** One tensor or a list of them, of which each is made to have at least so many axes. */
const atLeast = (f: (x: T.Tensor) => T.Tensor): Operator =>
  op("*tensors", ({ tensors }) => (tensors as T.Tensor[]).flat().map(f));
/** Numbers that PyTorch may take as a tensor. */
const list = (x: never): never =>
  ((x as unknown) instanceof T.Tensor
    ? (x as T.Tensor).ndim === 0
      ? (x as T.Tensor).itemSync()
      : Array.from((x as T.Tensor).dataSync(), Number)
    : x) as never;

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
  H: one((x: T.Tensor) => x.T),
  mH: one((x: T.Tensor) => x.mT),
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
  repeat_interleave: op("input repeats dim output_size", (a) =>
    T.repeatInterleave(a.input, a.repeats, a.dim),
  ),
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
  rot90: op("input k dims", (a) => X.rot90(a.input, a.k, a.dims)),
  fliplr: one(X.fliplr),
  flipud: one(X.flipud),
  atleast_1d: atLeast(X.atleast1d),
  atleast_2d: atLeast(X.atleast2d),
  atleast_3d: atLeast(X.atleast3d),
  column_stack: op("tensors", (a) => X.columnStack(a.tensors)),
  dstack: op("tensors", (a) => X.dstack(a.tensors)),
  tensor_split: op("input parts dim", (a) => X.tensorSplit(a.input, list(a.parts), a.dim)),
  hsplit: op("input parts", (a) => X.hsplit(a.input, a.parts)),
  vsplit: op("input parts", (a) => X.vsplit(a.input, a.parts)),
  dsplit: op("input parts", (a) => X.dsplit(a.input, a.parts)),
  diag_embed: op("input offset dim1 dim2", (a) => X.diagEmbed(a.input, a.offset, a.dim1, a.dim2)),
  diagflat: op("input offset", (a) => X.diagflat(a.input, a.offset)),
  block_diag: op("*tensors", (a) => X.blockDiag(...(a.tensors as T.Tensor[]))),
  unfold: op("input dimension size step", (a) =>
    X.unfoldAxis(a.input, a.dimension, a.size, a.step),
  ),
  unfold_copy: op("input dimension size step", (a) =>
    X.unfoldAxis(a.input, a.dimension, a.size, a.step),
  ),
  select_scatter: op("input src dim index", (a) => X.selectScatter(a.input, a.src, a.dim, a.index)),
  slice_scatter: op("input src dim start end step", (a) =>
    X.sliceScatter(a.input, a.src, a.dim, a.start, a.end, a.step),
  ),
  slice: op("input dim start end step", (a) => {
    const whole = new Array<string>(
      ((a.dim as number) + (a.input as T.Tensor).ndim) % (a.input as T.Tensor).ndim,
    ).fill(":");
    return T.at(a.input, ...whole, { start: a.start, stop: a.end, step: a.step });
  }),
  diagonal_scatter: op("input src offset dim1 dim2", (a) =>
    X.diagonalScatter(a.input, a.src, a.offset, a.dim1, a.dim2),
  ),
  as_strided: op("input size stride storage_offset", (a) =>
    X.asStrided(a.input, a.size, a.stride, a.storageOffset),
  ),
  as_strided_copy: op("input size stride storage_offset", (a) =>
    X.asStrided(a.input, a.size, a.stride, a.storageOffset),
  ),
  as_strided_scatter: op(
    "input src size stride storage_offset",
    (a) => X.asStridedScatter(a.input, a.src, a.size, a.stride, a.storageOffset),
    {
      gradients: "PyTorch gives it to the elements that were overwritten, and none to the others",
    },
  ),
  tril_indices: op(
    "row col offset dtype layout device",
    (a) => X.trilIndices(a.row, a.col, a.offset),
    { counts: true },
  ),
  triu_indices: op(
    "row col offset dtype layout device",
    (a) => X.triuIndices(a.row, a.col, a.offset),
    { counts: true },
  ),
  broadcast_shapes: op("*shapes", (a) =>
    X.broadcastShapes(
      ...(a.shapes as (number | number[])[]).map((s) => (typeof s === "number" ? [s] : s)),
    ),
  ),
  sum_to_size: op("input *size", (a) =>
    X.sumToSize(a.input, (a.size as number[][] | number[]).flat()),
  ),
  unravel_index: op(
    "indices shape",
    (a) =>
      X.unravelIndex(
        a.indices,
        (a.shape as unknown) instanceof T.Tensor
          ? list(a.shape)
          : typeof a.shape === "number"
            ? [a.shape]
            : a.shape,
      ),
    { counts: true },
  ),
  "linalg.vander": op("x N", (a) => X.vander(a.x, a.N)),
  clone: same,
  contiguous: same,
  alias_copy: same,
  resolve_conj: same,
  resolve_neg: same,
  conj: same,
  conj_physical: same,
  real: same,
};
