import * as T from "../../../src/tensor/index.ts";
import { apart, axis, b, d, f, i, type Mistakes, no, x } from "./helpers.ts";

/** Of shapes, positions and joining. */
export const SHAPES: Mistakes = {
  reshape: [
    [() => T.reshape(x, 4), "reshape: 6 elements do not fit shape [4]"],
    [() => T.reshape(x, -1, -1), "reshape: only one size can be -1, got [-1, -1]"],
    [() => T.reshape(x, -1, 4), "reshape: 6 elements do not fit shape [-1, 4]"],
    [() => T.reshape(x, 2.5), "reshape: sizes must be integers >= 0, got [2.5]"],
    [() => T.reshape(f(0), -1, 0), "reshape: beside a size of 0, -1 could be anything: [-1, 0]"],
  ],
  view: [[() => T.view(x, 4), "view: 6 elements do not fit shape [4]"]],
  flatten: [
    [() => T.flatten(x, 1, 0), "flatten: startDim 1 comes after endDim 0"],
    [() => T.flatten(x, 2), axis("flatten", 2)],
  ],
  unflatten: [
    [() => T.unflatten(x, 1, [2, 2]), "unflatten: 3 elements do not fit shape [2, 2]"],
    [() => T.unflatten(x, 2, [1]), axis("unflatten", 2)],
  ],
  squeeze: [
    [() => T.squeeze(x, 2), axis("squeeze", 2)],
    [() => T.squeeze(x, [0, 0]), "squeeze: an axis is named twice in [0, 0]"],
  ],
  unsqueeze: [[() => T.unsqueeze(x, 4), "unsqueeze: axis must be an integer in [-3, 2], got 4"]],
  transpose: [[() => T.transpose(x, 0, 2), axis("transpose", 2)]],
  swapaxes: [[() => T.swapaxes(x, 0, 2), axis("swapaxes", 2)]],
  t: [[() => T.t(f(1, 2, 3)), "t: expected at most 2 axes, got shape [1, 2, 3]"]],
  permute: [
    [() => T.permute(x, 0), "permute: expected 2 axes for shape [2, 3], got [0]"],
    [() => T.permute(x, 0, 0), "permute: an axis is named twice in [0, 0]"],
    [() => T.permute(x, 0, 2), axis("permute", 2)],
  ],
  movedim: [
    [() => T.movedim(x, 0, 2), axis("movedim", 2)],
    [() => T.movedim(x, [0, 1], 0), "movedim: 2 axes cannot move to 1 positions"],
  ],
  expand: [
    [
      () => T.expand(x, 2, 4),
      "expand: [2, 3] does not expand to [2, 4]; only axes of size 1 repeat",
    ],
    [() => T.expand(x, 3), "expand: [2, 3] does not expand to [3]; only axes of size 1 repeat"],
    [() => T.expand(x, -1, 2, 3), "expand: sizes must be integers >= 0, got [-1, 2, 3]"],
  ],
  expandAs: [
    [
      () => T.expandAs(x, f(3)),
      "expandAs: [2, 3] does not expand to [3]; only axes of size 1 repeat",
    ],
    [() => T.expandAs(x, no), 'expandAs: expected a tensor, got "x"'],
  ],
  broadcastTo: [
    [
      () => T.broadcastTo(x, [2, 4]),
      "broadcastTo: [2, 3] does not expand to [2, 4]; only axes of size 1 repeat",
    ],
  ],
  repeat: [
    [() => T.repeat(x, 2), "repeat: expected at least 2 counts for shape [2, 3], got 1"],
    [() => T.repeat(x, 1, -1), "repeat: sizes must be integers >= 0, got [1, -1]"],
  ],
  tile: [[() => T.tile(x, -1), "tile: sizes must be integers >= 0, got [1, -1]"]],
  repeatInterleave: [
    [() => T.repeatInterleave(x, -1), "repeatInterleave: sizes must be integers >= 0, got [-1]"],
    [() => T.repeatInterleave(x, 2, 2), axis("repeatInterleave", 2)],
  ],
  narrow: [
    [() => T.narrow(x, 0, 1, 2), "narrow: 2 entries from 1 are outside axis 0 of size 2"],
    [() => T.narrow(x, 2, 0, 1), axis("narrow", 2)],
    [() => T.narrow(x, 0, 0.5, 1), "narrow: start and length must be integers, got 0.5 and 1"],
  ],
  select: [
    [() => T.select(x, 0, 2), "select: index 2 is outside axis 0 of size 2"],
    [() => T.select(x, 2, 0), axis("select", 2)],
  ],
  split: [
    [() => T.split(x, 0), "split: the size of a part must be a positive integer, got 0"],
    [() => T.split(x, [1, 2]), "split: sizes [1, 2] add up to 3, but axis 0 has 2"],
    [() => T.split(x, 1, 2), axis("split", 2)],
  ],
  chunk: [
    [() => T.chunk(x, 0), "chunk: the number of parts must be a positive integer, got 0"],
    [() => T.chunk(x, 1, 2), axis("chunk", 2)],
  ],
  unbind: [
    [() => T.unbind(x, 2), axis("unbind", 2)],
    [() => T.unbind(f()), "unbind: a scalar has no axis"],
  ],
  flip: [
    [() => T.flip(x, 2), axis("flip", 2)],
    [() => T.flip(x, [0, 0]), "flip: an axis is named twice in [0, 0]"],
  ],
  roll: [
    [() => T.roll(x, 1, 2), axis("roll", 2)],
    [() => T.roll(x, [1, 2], 0), "roll: 2 shifts do not match 1 axes"],
    [() => T.roll(x, 0.5), "roll: shifts must be an integer, got 0.5"],
  ],
  tril: [
    [() => T.tril(f(2)), "tril: expected at least 2 axes, got shape [2]"],
    [() => T.tril(x, 0.5), "tril: the diagonal must be an integer, got 0.5"],
  ],
  triu: [[() => T.triu(f(2)), "triu: expected at least 2 axes, got shape [2]"]],
  diagonal: [
    [() => T.diagonal(f(2)), "diagonal: expected at least 2 axes, got shape [2]"],
    [() => T.diagonal(x, 0, 0, 0), "diagonal: an axis is named twice in [0, 0]"],
  ],
  diag: [[() => T.diag(f()), "diag: expected a vector or a matrix, got shape []"]],
  trace: [[() => T.trace(f(2)), "trace: expected a matrix, got shape [2]"]],
  pad: [
    [() => T.pad(x, [1]), "pad: expected pairs of integers for at most 2 axes, got [1]"],
    [
      () => T.pad(x, [1, 1, 1, 1, 1, 1]),
      "pad: expected pairs of integers for at most 2 axes, got [1, 1, 1, 1, 1, 1]",
    ],
    [() => T.pad(x, [-2, -2]), "pad: [-2, -2] leaves nothing of axis 1 of shape [2, 3]"],
    [
      () => T.pad(x, [3, 0], { mode: "reflect" }),
      'pad: mode "reflect" can add at most 2 entries on a side of axis 1 of size 3',
    ],
    [
      () => T.pad(x, [1, 1], { mode: no }),
      'pad: mode must be "constant" or "reflect" or "replicate" or "circular", got "x"',
    ],
  ],
  at: [
    [() => T.at(x, 2), "at: index 2 is outside axis 0 of size 2"],
    [() => T.at(x, 0, 0, 0), "at: 3 indices for a tensor of 2 axes, shape [2, 3]"],
    [() => T.at(x, no), 'at: expected a slice such as "1:3" or "...", got "x"'],
    [() => T.at(x, 0.5), "at: positions must be integers, got 0.5"],
    [() => T.at(x, [0, 2]), "at: index 2 is outside axis 0 of size 2"],
    [() => T.at(x, b(3)), "at: a mask [3] does not fit axes of sizes [2] from axis 0 on"],
    [() => T.at(x, f(2)), "at: positions must be an integer tensor, got a tensor f32[2]"],
    [() => T.at(x, "...", "..."), 'at: "..." may stand once only'],
    [
      () => T.at(x, [0, 1], [0, 1, 2]),
      "at: shapes [2] and [3] do not broadcast (axis -1: 2 against 3; sizes must be equal or 1)",
    ],
    [() => T.at(x, "::0"), "at: the step of a slice must not be 0"],
  ],
  indexPut: [
    [() => T.indexPut(x, [2], 1), "indexPut: index 2 is outside axis 0 of size 2"],
    [() => T.indexPut(x, [0], f(2)), "indexPut: values of shape [2] do not fit [3]"],
  ],
  indexSelect: [
    [() => T.indexSelect(x, 2, i(1)), axis("indexSelect", 2)],
    [
      () => T.indexSelect(x, 0, f(1)),
      "indexSelect: positions must be an integer tensor, got a tensor f32[1]",
    ],
    [() => T.indexSelect(x, 0, i(1, 1)), "indexSelect: expected a vector of positions, got [1, 1]"],
  ],
  gather: [
    [() => T.gather(x, 2, i(2, 3)), axis("gather", 2)],
    [
      () => T.gather(x, 0, f(2, 3)),
      "gather: positions must be an integer tensor, got a tensor f32[2, 3]",
    ],
    [
      () => T.gather(x, 1, i(3, 3)),
      "gather: the index [3, 3] must have as many axes as the tensor [2, 3], none larger but axis 1",
    ],
    [
      () => T.gather(x, 0, i(2)),
      "gather: the index [2] must have as many axes as the tensor [2, 3], none larger but axis 0",
    ],
  ],
  takeAlongDim: [
    [
      () => T.takeAlongDim(x, i(2), 0),
      "takeAlongDim: the index [2] must have as many axes as the tensor [2, 3]",
    ],
    [
      () => T.takeAlongDim(x, f(2, 3), 0),
      "takeAlongDim: positions must be an integer tensor, got a tensor f32[2, 3]",
    ],
    [
      () => T.takeAlongDim(x, i(3, 2), 1),
      "takeAlongDim: shapes [2, 1] and [3, 1] do not broadcast (axis -2: 2 against 3; sizes must be equal or 1)",
    ],
  ],
  take: [[() => T.take(x, f(1)), "take: positions must be an integer tensor, got a tensor f32[1]"]],
  scatter: [
    [() => T.scatter(x, 2, i(2, 3), 1), axis("scatter", 2)],
    [
      () => T.scatter(x, 0, i(2), 1),
      "scatter: the index [2] must have as many axes as the tensor [2, 3], none larger but axis 0",
    ],
    [() => T.scatter(x, 0, i(2, 3), d(2, 3)), "scatter: expected values of dtype f32, got f64"],
    [
      () => T.scatter(x, 0, i(2, 3), f(1, 3)),
      "scatter: the index [2, 3] needs values of at least its shape, got [1, 3]",
    ],
    [
      () => T.scatter(x, 0, f(2, 3), 1),
      "scatter: positions must be an integer tensor, got a tensor f32[2, 3]",
    ],
    [() => T.scatter(x, 0, i(2, 3), no), 'scatter: expected a tensor or a number, got "x"'],
  ],
  scatterAdd: [
    [
      () => T.scatterAdd(x, 0, i(2, 3), f(1, 3)),
      "scatterAdd: the index [2, 3] needs values of at least its shape, got [1, 3]",
    ],
  ],
  scatterReduce: [
    [
      () => T.scatterReduce(x, 0, i(2, 3), x, "mean" as never),
      'scatterReduce: reduce must be "sum" or "amax" or "amin", got "mean"',
    ],
  ],
  indexAdd: [
    [() => T.indexAdd(x, 0, i(1), f(2, 3)), "indexAdd: expected values f32[1, 3], got f32[2, 3]"],
    [() => T.indexAdd(x, 0, i(1), d(1, 3)), "indexAdd: expected values f32[1, 3], got f64[1, 3]"],
    [() => T.indexAdd(x, 2, i(1), x), axis("indexAdd", 2)],
  ],
  indexCopy: [
    [() => T.indexCopy(x, 0, i(1), f(2, 3)), "indexCopy: expected values f32[1, 3], got f32[2, 3]"],
  ],
  embedding: [
    [() => T.embedding(i(2), f(3)), "embedding: expected a table (V, D), got a tensor f32[3]"],
    [
      () => T.embedding(f(2), x),
      "embedding: positions must be an integer tensor, got a tensor f32[2]",
    ],
    [
      () => T.embedding(i(2), x, { paddingIdx: 2 }),
      "embedding: paddingIdx 2 is outside a table of 2 rows",
    ],
  ],
  oneHot: [
    [() => T.oneHot(f(2)), "oneHot: positions must be an integer tensor, got a tensor f32[2]"],
    [() => T.oneHot(i(2), 0), "oneHot: the number of classes must be positive, got 0"],
  ],
  maskedSelect: [
    [
      () => T.maskedSelect(x, i(2, 3)),
      "maskedSelect: expected a bool mask, got a tensor i32[2, 3]",
    ],
    [() => T.maskedSelect(x, b(2)), apart("maskedSelect")],
  ],
  sort: [[() => T.sort(x, 2), axis("sort", 2)]],
  argsort: [[() => T.argsort(x, 2), axis("argsort", 2)]],
  topk: [
    [() => T.topk(x, 4), "topk: k must be an integer from 0 to 3, got 4"],
    [() => T.topk(x, 1, 2), axis("topk", 2)],
  ],
  cumsum: [[() => T.cumsum(x, 2), axis("cumsum", 2)]],
  diff: [
    [() => T.diff(x, 1, 2), axis("diff", 2)],
    [() => T.diff(f()), "diff: expected at least 1 axis, got a scalar"],
    [() => T.diff(x, -1), "diff: n must be an integer >= 0, got -1"],
  ],
  cat: [
    [() => T.cat([]), "cat: expected an array of one or more tensors, got an array"],
    [() => T.cat([x, f(3, 2)]), "cat: shapes may differ along axis 0 only, got [2, 3] and [3, 2]"],
    [() => T.cat([x], 2), axis("cat", 2)],
    [() => T.cat([f(), f()]), "cat: scalars have no axis; use stack"],
    [() => T.cat([x, no]), 'cat: expected an array of tensors, got "x" in it'],
    [() => T.cat([x, f(3)]), "cat: shapes may differ along axis 0 only, got [2, 3] and [3]"],
  ],
  stack: [
    [() => T.stack([x, f(3, 2)]), "stack: expected equal shapes, got [2, 3] and [3, 2]"],
    [() => T.stack([]), "stack: expected an array of one or more tensors, got an array"],
    [() => T.stack([x], 4), "stack: axis must be an integer in [-3, 2], got 4"],
  ],
  vstack: [
    [
      () => T.vstack([x, f(2)]),
      "vstack: shapes may differ along axis 0 only, got [2, 3] and [1, 2]",
    ],
  ],
  hstack: [
    [
      () => T.hstack([x, f(3, 3)]),
      "hstack: shapes may differ along axis 1 only, got [2, 3] and [3, 3]",
    ],
  ],
  where: [
    [() => T.where(i(2), x, x), "where: the condition must be a bool tensor, got a tensor i32[2]"],
    [
      () => T.where(b(2), x, x),
      "where: shapes [2] and [2, 3] do not broadcast (axis -1: 2 against 3; sizes must be equal or 1)",
    ],
    [() => T.where(b(2, 3), x, no), 'where: expected a tensor or a number, got "x"'],
    [() => T.where(b(2, 3), x, f(2)), apart("where")],
  ],
  broadcastTensors: [[() => T.broadcastTensors(x, f(2)), apart("broadcastTensors")]],
  meshgrid: [
    [() => T.meshgrid([x]), "meshgrid: expected vectors, got shape [2, 3]"],
    [
      () => T.meshgrid([f(2)], { indexing: no }),
      'meshgrid: indexing must be "ij" or "xy", got "x"',
    ],
  ],
};
