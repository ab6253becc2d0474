import { isFloat, isNarrow, itemBytes } from "../ir/dtype.ts";
import { type Node, topological } from "../ir/node.ts";
import { sameShape, type Shape, sizeOf } from "../ir/shape.ts";
import { type Affine, reshapeAffine } from "./affine.ts";
import {
  type Expr,
  isIdentity,
  loadOf,
  mapForms,
  mapSources,
  sourcesOf,
  viewExpr,
  walk,
} from "./expr.ts";
import { type Target } from "./loop/loop.ts";
import {
  isBarrier,
  keptShape,
  type Region,
  type Root,
  sourcesOfRegion,
  valuesReadBy,
} from "./region.ts";
import { schedule } from "./schedule.ts";

const REDUCTIONS = new Set(["reduceSum", "reduceProd", "reduceMax", "reduceMin"]);
const CONTRACTIONS = new Set(["dot", "conv"]);
const COSTLY = new Set(
  "div sqrt exp expm1 log log1p sin cos tan asin acos atan sinh cosh tanh erf pow atan2 rem".split(
    " ",
  ),
);

/** Operations that are always done again. */
const FEW = 2;
/** Operations that are done in the time in which a value is written to memory and read again. */
const ROUND_TRIP = 24;
/** Bytes of an array that caches no longer hold when it is read again. */
const LARGE = 1 << 20;

/**
 * Whether an expression over `shape` had better be computed again than stored, by so much work at most if it
 * is a function of one value alone. What `isFresh` names need not be in memory if the expression is.
 */
function isCheap(
  expr: Expr,
  shape: Shape,
  most: number,
  isFresh: (source: Node) => boolean,
): boolean {
  let operations = 0;
  let loads = 0;
  let rows = 0;
  /** How many elements are read in all: a row that repeats, as a bias does, is in the cache. */
  const read = (at: Affine): number =>
    shape.reduce((n, size, axis) => (at.coeffs[axis] === 0 ? n : n * size), 1);
  let fresh = false;
  walk(expr, (e) => {
    if (e.kind === "op") operations += COSTLY.has(e.name) ? 8 : 1;
    else if (e.kind === "load") {
      if (read(e.at) * 16 > sizeOf(shape)) loads++;
      else rows++;
      fresh ||= isFresh(e.source);
    } else if (e.kind === "gather" || e.kind === "mask") operations += 4;
  });
  return operations <= (rows > 0 ? FEW : most) && loads + (fresh ? rows : 0) <= 1;
}

/** Who uses a node's elements, apart from views of it, which pass on their own uses. */
interface Uses {
  readonly count: number;
  /** Whether all of them are elementwise: others may read an element several times. */
  readonly elementwise: boolean;
}

function usesOf(order: readonly Node[], outputs: readonly Node[]): Map<Node, Uses> {
  const uses = new Map<Node, Uses>();
  const add = (node: Node, { count, elementwise }: Uses): void => {
    const before = uses.get(node) ?? { count: 0, elementwise: true };
    uses.set(node, {
      count: before.count + count,
      elementwise: before.elementwise && elementwise,
    });
  };
  for (const output of outputs) add(output, { count: 1, elementwise: false });
  for (let i = order.length - 1; i >= 0; i--) {
    const node = order[i];
    const own: Uses = { count: 1, elementwise: node.op.elementwise ?? false };
    const passed = node.op.view ? (uses.get(node) ?? { count: 0, elementwise: true }) : own;
    // A barrier only waits for what is behind its first input.
    const read = node.op.name === "barrier" ? node.inputs.slice(0, 1) : node.inputs;
    for (const x of new Set(read)) add(x, passed);
  }
  return uses;
}

/**
 * Groups the nodes below `outputs` into regions, in an order in which they can run. Elementwise values
 * and views that nobody stores disappear into the expressions of their users.
 */
export function fuse(outputs: readonly Node[], { vectorBytes }: Target): Region[] {
  const order = topological(outputs);
  const uses = usesOf(order, outputs);
  /** Work that is better done again by each user of a node than kept. */
  const bearable = (node: Node): number => {
    const large = sizeOf(node.shape) * itemBytes(node.dtype) >= LARGE;
    return large && vectorBytes >= 32 && uses.get(node)!.elementwise ? ROUND_TRIP : FEW;
  };
  const outputSet = new Set(outputs);
  // What is behind a barrier is read from memory, so it lies there from the start.
  const inMemory = new Set(outputs);
  for (const { op, inputs } of order) if (op.name === "barrier") inMemory.add(inputs[0]);
  const exprs = new Map<Node, Expr>();
  const regions: Region[] = [];
  const regionOf = new Map<Node, Region>();
  const grouper = { regions, regionOf };
  const isFresh = (source: Node): boolean =>
    source.op.name !== "barrier" && regionOf.get(source)?.core === source;

  const store = (node: Node): Expr => {
    // A value that was to be written into its users, but one of them needs it in memory.
    const load = loadOf(node);
    if (!regionOf.has(node)) addMap(grouper, node, exprs.get(node)!);
    if (!isLeaf(node)) exprs.set(node, load);
    return load;
  };

  for (const node of order) {
    const name = node.op.name;
    const inputs = node.inputs.map((x) => exprs.get(x)!);
    let body: Expr | undefined;
    if (isLeaf(node)) {
      exprs.set(node, leafExpr(node));
      continue;
    }
    if (node.op.view) {
      body = viewExpr(node, inputs[0]) ?? viewExpr(node, store(node.inputs[0]))!;
    } else if (name === "marker" || (name === "barrier" && outputSet.has(node))) {
      body = inputs[0];
    } else if (node.op.elementwise) {
      body = { kind: "op", dtype: node.dtype, name, args: inputs };
    } else if (name === "gather") {
      body = gatherExpr(node, inputs, store);
    }
    if (body) {
      const several = (uses.get(node)?.count ?? 0) > 1 && !node.op.view;
      const shared = several && !isCheap(body, node.shape, bearable(node), isFresh);
      if (shared && name === "cast" && isNarrow(node.inputs[0].dtype) && !inMemory.has(node)) {
        // What is narrow lies in memory as it is, and each user widens it for itself.
        exprs.set(node, { kind: "op", dtype: node.dtype, name, args: [store(node.inputs[0])] });
      } else if (inMemory.has(node) || shared) {
        addMap(grouper, node, body);
        exprs.set(node, loadOf(node));
      } else {
        exprs.set(node, body);
      }
    } else if (REDUCTIONS.has(name)) {
      addReduce(grouper, node, inputs[0]);
      exprs.set(node, loadOf(node));
    } else if (name === "pick") {
      regionOf.set(node, regionOf.get(node.inputs[0])!);
      regionOf.get(node)!.roots.push(plainRoot(node));
      exprs.set(node, loadOf(node));
    } else {
      const contracts = CONTRACTIONS.has(name);
      // Most others walk their operands in an order of their own, or read elements often, so they lie in
      // memory; the turns of a scan take theirs slice by slice, so they lie there without gaps.
      const whole = name === "scan";
      let operands: readonly Expr[] = inputs;
      if (name === "barrier")
        operands = [asLoad(node.inputs[0], inputs[0], store, true), ...inputs.slice(1)];
      else if (name !== "dot" && name !== "random")
        operands = node.inputs.map((x, i) => asLoad(x, inputs[i], store, whole));
      const region: Region = {
        id: regions.length,
        kind: contracts ? "contract" : "single",
        space: node.shape,
        axes: [],
        roots: node.op.outputs ? [] : [plainRoot(node)],
        core: node,
        operands,
      };
      regions.push(region);
      regionOf.set(node, region);
      exprs.set(node, loadOf(node));
    }
  }
  markStored(regions, regionOf, outputSet);
  return withoutBarriers(schedule(regions, regionOf, outputSet));
}

export const isLeaf = (node: Node): boolean =>
  node.op.name === "placeholder" || node.op.name === "const" || node.op.name === "iota";

function leafExpr(node: Node): Expr {
  const { dtype, shape } = node;
  if (node.op.name === "const")
    return { kind: "literal", dtype, value: node.attrs.value as number };
  if (node.op.name === "iota") {
    const axis = node.attrs.axis as number;
    const at = { offset: 0, coeffs: shape.map((_, i) => (i === axis ? 1 : 0)) };
    return { kind: "index", dtype, at };
  }
  const constant = node.attrs.constant as number | undefined;
  return constant === undefined ? loadOf(node) : { kind: "constant", dtype, index: constant };
}

/** A value read straight from memory, through any view of it. */
const asLoad = (node: Node, expr: Expr, store: (node: Node) => Expr, whole = false): Expr =>
  expr.kind === "load" && !(whole && !isWhole(expr, node)) ? expr : store(node);

const isWhole = (expr: Expr, node: Node): boolean =>
  expr.kind === "load" &&
  isIdentity(expr.at, node.shape) &&
  sizeOf(expr.source.shape) === sizeOf(node.shape);

function gatherExpr(node: Node, inputs: readonly Expr[], store: (node: Node) => Expr): Expr {
  const axis = node.attrs.axis as number;
  const source = asLoad(node.inputs[0], inputs[0], store);
  if (source.kind !== "load") throw new Error("gather: source is not in memory");
  const coeffs = source.at.coeffs.map((c, i) => (i === axis ? 0 : c));
  return {
    kind: "gather",
    dtype: node.dtype,
    source: source.source,
    at: { offset: source.at.offset, coeffs },
    index: inputs[1],
    stride: source.at.coeffs[axis],
    size: node.inputs[0].shape[axis],
    fill: isFloat(node.dtype) ? NaN : 0,
  };
}

const plainRoot = (node: Node): Root => ({
  node,
  domain: "space",
  body: loadOf(node),
  stored: true,
});

interface Grouper {
  readonly regions: Region[];
  readonly regionOf: Map<Node, Region>;
}

/** Whether region `from` needs something that region `target` makes. */
function dependsOn(grouper: Grouper, from: Region, target: Region): boolean {
  const seen = new Set<Region>([from]);
  const stack = [from];
  while (stack.length > 0) {
    const region = stack.pop()!;
    if (region === target) return true;
    for (const source of sourcesOfRegion(region)) {
      const next = grouper.regionOf.get(source);
      if (next && !seen.has(next)) {
        seen.add(next);
        stack.push(next);
      }
    }
  }
  return false;
}

/** The regions that `body` reads from, latest first. */
function producers(grouper: Grouper, body: Expr): Region[] {
  const found = new Set<Region>();
  for (const source of sourcesOf([body])) {
    const region = grouper.regionOf.get(source);
    if (region) found.add(region);
  }
  return [...found].sort((a, b) => b.id - a.id);
}

/** Whether a computation that reads `all` may become part of `region` without a cycle. */
const mayJoin = (grouper: Grouper, region: Region, all: readonly Region[]): boolean =>
  all.every((other) => other === region || !dependsOn(grouper, other, region));

/** The element that each root of `region` has at a point of `space`, when `body` reads it just there. */
function readsInPlace(region: Region, body: Expr, shape: Shape): boolean {
  const roots = new Map(region.roots.map((r) => [r.node, r]));
  let inPlace = true;
  walk(body, (e) => {
    if (e.kind === "gather" && roots.has(e.source)) inPlace = false;
    if (e.kind !== "load") return;
    const root = roots.get(e.source);
    if (!root) return;
    if (root.domain === "space" || shape !== region.space) {
      inPlace &&= isIdentity(e.at, shape);
      inPlace &&= (root.domain === "space") === (shape === region.space);
      return;
    }
    const kept = region.space.map((_, axis) => axis).filter((a) => !region.axes.includes(a));
    inPlace &&= region.axes.every((axis) => e.at.coeffs[axis] === 0);
    inPlace &&= isIdentity(
      { offset: e.at.offset, coeffs: kept.map((axis) => e.at.coeffs[axis]) },
      kept.map((axis) => region.space[axis]),
    );
  });
  return inPlace;
}

const reshaped = (body: Expr, from: Shape, to: Shape): Expr | undefined =>
  sameShape(from, to)
    ? body
    : sizeOf(from) === sizeOf(to)
      ? mapForms(body, (form) => reshapeAffine(form, from, to))
      : undefined;

/** Adds an elementwise value: to the region of one of its inputs if it can, else as its own. */
function addMap(grouper: Grouper, node: Node, body: Expr): void {
  const all = producers(grouper, body);
  for (const region of all) {
    if (region.kind === "single" || !mayJoin(grouper, region, all)) continue;
    // A single row would leave the other threads idle.
    const oneRow = region.kind === "rows" && sizeOf(keptShape(region)) === 1;
    const overSpace = oneRow ? undefined : reshaped(body, node.shape, region.space);
    if (overSpace && readsInPlace(region, overSpace, region.space)) {
      region.roots.push({ node, domain: "space", body: overSpace, stored: false });
      grouper.regionOf.set(node, region);
      return;
    }
    if (region.kind !== "rows") continue;
    const kept = keptShape(region);
    const overKept = reshaped(body, node.shape, kept);
    if (overKept && readsInPlace(region, overKept, kept)) {
      region.roots.push({ node, domain: "kept", body: overKept, stored: false });
      grouper.regionOf.set(node, region);
      return;
    }
  }
  const root: Root = { node, domain: "space", body, stored: false };
  addRegion(grouper, "map", node.shape, [], root);
}

function addRegion(
  grouper: Grouper,
  kind: Region["kind"],
  space: Shape,
  axes: readonly number[],
  root: Root,
): void {
  const id = grouper.regions.length;
  const region: Region = { id, kind, space, axes, roots: [root], operands: [] };
  grouper.regions.push(region);
  grouper.regionOf.set(root.node, region);
}

function addReduce(grouper: Grouper, node: Node, body: Expr): void {
  const space = node.inputs[0].shape;
  const axes = node.attrs.axes as readonly number[];
  const root: Root = { node, domain: "kept", body, reduce: node.op.name, stored: false };
  // Rows that lie together in memory are worth walking twice; scattered ones are not.
  const together = axes.every((axis, i) => axis === space.length - axes.length + i);
  const all = producers(grouper, body);
  if (together && sizeOf(node.shape) > 1)
    for (const region of all) {
      const fits =
        region.kind === "map" || (region.kind === "rows" && axes.join() === region.axes.join());
      if (!fits || !sameShape(region.space, space) || !mayJoin(grouper, region, all)) continue;
      if (!readsInPlace({ ...region, axes }, body, region.space)) continue;
      region.kind = "rows";
      region.axes = axes;
      region.roots.push(root);
      grouper.regionOf.set(node, region);
      return;
    }
  addRegion(grouper, "rows", space, axes, root);
}

function markStored(
  regions: readonly Region[],
  regionOf: ReadonlyMap<Node, Region>,
  outputs: ReadonlySet<Node>,
): void {
  const needed = new Set<Node>(outputs);
  for (const region of regions) for (const s of valuesReadBy(region)) needed.add(s);
  for (const region of regions)
    for (const root of region.roots)
      root.stored = needed.has(root.node) && regionOf.get(root.node) === region;
}

/** The regions that compute something; they read what is behind a barrier directly. */
function withoutBarriers(regions: readonly Region[]): Region[] {
  const behind = new Map<Node, Node>();
  const direct = (node: Node): Node => behind.get(node) ?? node;
  const computing = regions.filter((region) => {
    const [source] = region.operands;
    if (!isBarrier(region) || source.kind !== "load") return true;
    behind.set(region.core!, direct(source.source));
    return false;
  });
  if (behind.size === 0) return computing;
  return computing.map((region) => {
    const memo = new Map<Expr, Expr>();
    const redirect = (expr: Expr): Expr => mapSources(expr, direct, memo);
    return {
      ...region,
      operands: region.operands.map(redirect),
      roots: region.roots.map((root) => ({ ...root, body: redirect(root.body) })),
    };
  });
}
