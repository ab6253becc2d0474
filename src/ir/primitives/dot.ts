import { coerce, newArray } from "../dtype.ts";
import { type Attrs, definePrimitive, type Node } from "../node.ts";
import { add, dot, type DotAttrs, permute } from "../ops.ts";
import { type Shape, showShape, sizeOf, stridesOf } from "../shape.ts";
import {
  checkAxes,
  checkCount,
  checkDType,
  checkSameDType,
  inverse,
  isExact,
  NUMBERS,
  positions,
  range,
  shift,
} from "./common.ts";

const dotAttrs = (attrs: Attrs): DotAttrs => attrs as unknown as DotAttrs;

/** Axes of a value of rank `rank` that are neither paired nor summed. */
const freeAxes = (rank: number, batch: readonly number[], contract: readonly number[]): number[] =>
  range(rank).filter((axis) => !batch.includes(axis) && !contract.includes(axis));

const pickAll = <T>(list: readonly T[], at: readonly number[]): T[] => at.map((i) => list[i]);

/** The cotangent of the left (or, with `right`, the right) factor. */
function factorCotangent(node: Node, g: Node, right: boolean): Node {
  const [a, b] = node.inputs;
  const attrs = dotAttrs(node.attrs);
  const [x, xBatch, xContract] = right
    ? ([b, attrs.rhsBatch, attrs.rhsContract] as const)
    : ([a, attrs.lhsBatch, attrs.lhsContract] as const);
  const [y, yBatch, yContract] = right
    ? ([a, attrs.lhsBatch, attrs.lhsContract] as const)
    : ([b, attrs.rhsBatch, attrs.rhsContract] as const);
  const xFree = freeAxes(x.shape.length, xBatch, xContract);
  const yFree = freeAxes(y.shape.length, yBatch, yContract);
  // g's axes are batch, free of a, free of b: those of y are summed away.
  const yInG = range(yFree.length).map((i) => xBatch.length + i + (right ? 0 : xFree.length));
  const product = dot(g, y, {
    lhsBatch: range(xBatch.length),
    rhsBatch: yBatch,
    lhsContract: yInG,
    rhsContract: yFree,
  });
  // What is left of y are its summed axes in ascending order; each belongs to an axis of x.
  const order = range(yContract.length).sort((i, j) => yContract[i] - yContract[j]);
  const axes = [...xBatch, ...xFree, ...pickAll(xContract, order)];
  return permute(product, inverse(axes));
}

definePrimitive({
  name: "dot",
  infer(inputs, attrs) {
    checkCount("dot", inputs, 2);
    const [a, b] = inputs;
    checkSameDType("dot", a, b);
    checkDType("dot", a, NUMBERS);
    const { lhsBatch, rhsBatch, lhsContract, rhsContract } = dotAttrs(attrs);
    checkAxes("dot", [...lhsBatch, ...lhsContract], a.shape.length);
    checkAxes("dot", [...rhsBatch, ...rhsContract], b.shape.length);
    const match = (what: string, left: readonly number[], right: readonly number[]): void => {
      if (left.length !== right.length)
        throw new Error(
          `dot: ${what} axes do not pair up, [${left.join(", ")}] × [${right.join(", ")}]`,
        );
      for (let i = 0; i < left.length; i++)
        if (a.shape[left[i]] !== b.shape[right[i]])
          throw new Error(
            `dot: ${what} sizes differ, ${showShape(a.shape)} × ${showShape(b.shape)} ` +
              `(${a.shape[left[i]]} ≠ ${b.shape[right[i]]})`,
          );
    };
    match("batch", lhsBatch, rhsBatch);
    match("inner", lhsContract, rhsContract);
    const shape = [
      ...pickAll(a.shape, lhsBatch),
      ...pickAll(a.shape, freeAxes(a.shape.length, lhsBatch, lhsContract)),
      ...pickAll(b.shape, freeAxes(b.shape.length, rhsBatch, rhsContract)),
    ];
    return { shape, dtype: a.dtype };
  },
  vjp: (node, g, needs) => [
    needs[0] ? factorCotangent(node, g, false) : undefined,
    needs[1] ? factorCotangent(node, g, true) : undefined,
  ],
  jvp(node, [ta, tb]) {
    const [a, b] = node.inputs;
    const attrs = dotAttrs(node.attrs);
    const da = ta && dot(ta, b, attrs);
    const db = tb && dot(a, tb, attrs);
    return da && db ? add(da, db) : (da ?? db);
  },
  batch(node, [a, b], [aBatched, bBatched]) {
    const { lhsBatch, rhsBatch, lhsContract, rhsContract } = dotAttrs(node.attrs);
    if (aBatched && bBatched)
      return dot(a, b, {
        lhsBatch: [0, ...shift(lhsBatch)],
        rhsBatch: [0, ...shift(rhsBatch)],
        lhsContract: shift(lhsContract),
        rhsContract: shift(rhsContract),
      });
    // With one batched factor the new axis is one more free axis, to be brought to the front. As
    // the left factor's first free axis it comes after the paired axes, as the right one's after
    // those of the left factor too.
    const product = aBatched
      ? dot(a, b, {
          lhsBatch: shift(lhsBatch),
          rhsBatch,
          lhsContract: shift(lhsContract),
          rhsContract,
        })
      : dot(a, b, {
          lhsBatch,
          rhsBatch: shift(rhsBatch),
          lhsContract,
          rhsContract: shift(rhsContract),
        });
    const from = aBatched ? lhsBatch.length : a.shape.length - lhsContract.length;
    return permute(product, [from, ...range(product.shape.length).filter((i) => i !== from)]);
  },
  evaluate([a, b], { shape, dtype, attrs }) {
    const { lhsBatch, rhsBatch, lhsContract, rhsContract } = dotAttrs(attrs);
    const parts = (
      x: Shape,
      batch: readonly number[],
      contract: readonly number[],
    ): [batch: Int32Array, free: Int32Array, contract: Int32Array] => {
      const strides = stridesOf(x);
      const of = (axes: readonly number[]): Int32Array =>
        positions(pickAll(x, axes), pickAll(strides, axes));
      return [of(batch), of(freeAxes(x.length, batch, contract)), of(contract)];
    };
    const [aBatch, aFree, aInner] = parts(a.shape, lhsBatch, lhsContract);
    const [bBatch, bFree, bInner] = parts(b.shape, rhsBatch, rhsContract);
    const data = newArray(dtype, sizeOf(shape));
    const exact = isExact(dtype);
    const zero = coerce(dtype, 0);
    let at = 0;
    for (let p = 0; p < aBatch.length; p++)
      for (let i = 0; i < aFree.length; i++)
        for (let j = 0; j < bFree.length; j++) {
          const left = aBatch[p] + aFree[i];
          const right = bBatch[p] + bFree[j];
          let sum = zero;
          if (exact)
            for (let k = 0; k < aInner.length; k++)
              sum += a.data[left + aInner[k]] * b.data[right + bInner[k]];
          else
            for (let k = 0; k < aInner.length; k++)
              sum = (sum + Math.imul(a.data[left + aInner[k]], b.data[right + bInner[k]])) | 0;
          data[at++] = sum;
        }
    return { shape, dtype, data };
  },
  cost(node) {
    const [a] = node.inputs;
    const { lhsContract } = dotAttrs(node.attrs);
    return 2 * sizeOf(node.shape) * sizeOf(pickAll(a.shape, lhsContract));
  },
});
