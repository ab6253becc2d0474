import { type Node } from "../../ir/node.ts";
import { placeholder, type ScanBody } from "../../ir/ops.ts";
import { sizeOf } from "../../ir/shape.ts";
import { loadOf } from "../expr.ts";
import { type Target } from "../loop/loop.ts";
import { type Region } from "../region.ts";
import { simplify } from "../simplify.ts";
import { widen } from "../widen.ts";
import { packedBefore } from "./constant-sides.ts";
import { lowerGraph, lowerRegion } from "./index.ts";
import { lowerMap } from "./map.ts";
import { inMemory } from "./single/lines.ts";
import { type LoweredKernel } from "./writer.ts";

/** Where the elements of a node of a loop's body lie: in another node's memory, moving each turn. */
export interface Binding {
  readonly node: Node;
  /** Elements to skip in the first turn. */
  readonly offset: number;
  /** Elements by which the place moves at each turn. */
  readonly advance: number;
}

/** Steps repeated `count` times; nodes of the body named in `bindings` have no memory of their own. */
export interface LoweredLoop {
  readonly kind: "loop";
  readonly count: number;
  readonly body: readonly LoweredStep[];
  readonly bindings: ReadonlyMap<Node, Binding>;
}

export type LoweredStep = LoweredKernel | LoweredLoop;

/** Copies all elements of one node into another's memory. */
export function lowerCopy(from: Node, to: Node, target: Target): LoweredKernel {
  const flat = [sizeOf(to.shape)];
  const body = { ...loadOf(from), at: { offset: 0, coeffs: [1] } };
  return lowerMap(
    {
      id: -1,
      kind: "map",
      space: flat,
      axes: [],
      roots: [{ node: to, domain: "space", body, stored: true }],
      operands: [],
    },
    target,
  );
}

/**
 * A scan: the carries lie in memory that each turn reads, and writes when all of its kernels are done;
 * slices of the sequences are places that move.
 */
export function lowerScan(region: Region, target: Target): LoweredStep[] {
  const node = region.core!;
  const body = node.attrs.body as ScanBody;
  const length = node.attrs.length as number;
  const reverse = node.attrs.reverse as boolean;
  const carries = node.attrs.carries as number;
  const xs = node.attrs.xs as number;
  const operands = region.operands.map((x) => inMemory(x).source);
  const ys = body.outputs.length - carries;
  const stored = new Map<number, Node>();
  for (const root of region.roots)
    if (root.stored) stored.set(root.node.attrs.index as number, root.node);

  const outputs = simplify(widen(body.outputs));
  const bindings = new Map<Node, Binding>();
  const slice = (whole: Node, shape: readonly number[]): Binding => {
    const elements = sizeOf(shape);
    return {
      node: whole,
      offset: reverse ? (length - 1) * elements : 0,
      advance: reverse ? -elements : elements,
    };
  };
  const current = Array.from(
    { length: carries },
    (_, i) => stored.get(i) ?? placeholder(body.params[i].shape, body.params[i].dtype),
  );
  const still = (other: Node): Binding => ({ node: other, offset: 0, advance: 0 });
  body.params.forEach((param, i) => {
    if (i < carries) bindings.set(param, still(current[i]));
    else if (i < carries + xs) bindings.set(param, slice(operands[i], param.shape));
    else bindings.set(param, still(operands[i]));
  });
  const turn: LoweredStep[] = [];
  for (let i = 0; i < carries; i++) {
    const history = stored.get(carries + ys + i);
    if (!history) continue;
    const place = placeholder(body.params[i].shape, body.params[i].dtype);
    bindings.set(place, slice(history, place.shape));
    turn.push(lowerCopy(body.params[i], place, target));
  }
  for (let i = 0; i < ys; i++) {
    const whole = stored.get(carries + i);
    if (whole) bindings.set(outputs[carries + i], slice(whole, outputs[carries + i].shape));
  }
  const wanted = outputs.filter((_, i) => i < carries || stored.has(i));
  const constants = new Map(
    body.params.flatMap((param, i) => (i < carries + xs ? [] : [[param, operands[i]] as const])),
  );
  const before: LoweredStep[] = [];
  const lower = (inner: Region): LoweredStep[] => {
    const packed = length > 1 ? packedBefore(inner, target, constants) : undefined;
    if (!packed) return lowerRegion(inner, target);
    before.push(packed.before);
    return [packed.inLoop];
  };
  turn.push(...lowerGraph(wanted, target, undefined, lower).steps);
  for (let i = 0; i < carries; i++) turn.push(lowerCopy(outputs[i], body.params[i], target));
  return [
    ...current.map((to, i) => lowerCopy(operands[i], to, target)),
    ...before,
    { kind: "loop", count: length, body: turn, bindings },
  ];
}
