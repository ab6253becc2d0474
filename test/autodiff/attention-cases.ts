import { fill, type NDArray } from "../../src/ir/ndarray.ts";
import { type Node } from "../../src/ir/node.ts";
import * as ops from "../../src/ir/ops.ts";
import { type Shape } from "../../src/ir/shape.ts";
import { type Rng, uniform } from "../ir/util.ts";
import { type Add } from "./cases.ts";

interface Geometry {
  readonly label: string;
  readonly lead: Shape;
  readonly sizes: readonly [m: number, n: number, e: number, d: number];
  readonly causal?: number;
  /** Rows of the mask, broadcast or not, and how many keys at the end of the first row it hides. */
  readonly mask?: { readonly rows: number; readonly hidden: number };
}

const GEOMETRIES: readonly Geometry[] = [
  { label: "one head", lead: [], sizes: [3, 4, 2, 3] },
  { label: "several heads", lead: [2, 2], sizes: [3, 2, 3, 2] },
  { label: "causal", lead: [2], sizes: [4, 4, 2, 2], causal: 4 },
  { label: "causal, fewer keys", lead: [], sizes: [5, 3, 2, 1], causal: 5 },
  { label: "causal, two heads of queries", lead: [2], sizes: [6, 3, 2, 2], causal: 3 },
  { label: "with a mask", lead: [2], sizes: [2, 3, 2, 2], mask: { rows: 2, hidden: 1 } },
  {
    label: "with a mask for all rows",
    lead: [2],
    sizes: [3, 3, 2, 1],
    mask: { rows: 1, hidden: 2 },
  },
  {
    label: "with a row that sees nothing",
    lead: [],
    sizes: [2, 3, 2, 2],
    mask: { rows: 2, hidden: 3 },
  },
  { label: "without rows", lead: [2], sizes: [0, 3, 2, 2] },
  { label: "without heads", lead: [0], sizes: [2, 3, 2, 2], causal: 2 },
];

/** A mask over no input: numbers, of which the last `hidden` of the first row are -Infinity. */
function maskOf({ lead, sizes: [m, n], mask }: Geometry): Node[] {
  if (!mask) return [];
  const numbers = ops.cast(ops.iota([mask.rows, n], 1), "f64");
  const row = ops.iota([mask.rows, n], 0);
  const column = ops.iota([mask.rows, n], 1);
  const all = (value: number): Node => ops.full([mask.rows, n], value, "i32");
  const hidden = ops.and(ops.eq(row, all(0)), ops.ge(column, all(n - mask.hidden)));
  const values = ops.select(hidden, ops.fullLike(numbers, -Infinity), numbers);
  return [ops.broadcastTo(values, [...lead, m, n])];
}

/** Cases of attention and of its gradient. */
export function attentionCases(add: Add): void {
  for (const geometry of GEOMETRIES) {
    const { label, lead, sizes, causal = 0 } = geometry;
    const [m, n, e, d] = sizes;
    const attrs = { scale: 0.7, causal };
    const three = (rng: Rng): NDArray[] =>
      [
        [m, e],
        [n, e],
        [n, d],
      ].map((shape) => uniform(rng, [...lead, ...shape], "f64", -1, 1));
    // The logarithm of a row that sees nothing is infinite.
    const finite = geometry.mask?.hidden !== n;
    add("attention", label, three, (inputs) => {
      const [result, logs] = ops.attention([...inputs, ...maskOf(geometry)], attrs);
      return finite ? [result, logs] : result;
    });
    // Logarithms that are large enough for weights that add up to less than one.
    const logs = (): NDArray => fill([...lead, m], "f64", (i) => 2 + (i % 3) / 4);
    add(
      "attentionVjp",
      label,
      (rng) => [
        ...three(rng),
        uniform(rng, [...lead, m, d], "f64", -1, 1),
        logs(),
        uniform(rng, [...lead, m], "f64", -1, 1),
      ],
      (inputs) => ops.attentionVjp([...inputs, ...maskOf(geometry)], attrs),
    );
  }
  // Only a gradient of the gradient asks for more than the first derivative of the mask.
  add(
    "attention",
    "differentiated by its mask",
    (rng) =>
      [
        [3, 2],
        [4, 2],
        [4, 2],
        [3, 4],
      ].map((shape) => uniform(rng, shape, "f64", -1, 1)),
    (inputs) => ops.attention(inputs, { scale: 1.3, causal: 0 }),
  );
}
