import { compile } from "../compiler/compile.ts";
import { type Target } from "../compiler/loop/loop.ts";
import { type Plan } from "../compiler/plan.ts";
import { type DType } from "../ir/dtype.ts";
import {
  type Attrs,
  hashAttrs,
  make,
  makeLeaf,
  mix,
  type Node,
  type Primitive,
  primitive,
  sameAttrs,
  topological,
} from "../ir/node.ts";
import { type ScanBody } from "../ir/ops.ts";
import { sameShape, type Shape } from "../ir/shape.ts";
import { type Device, type LoadedPlan } from "./device.ts";
import { RecentMap } from "./recent.ts";
import { CellValue, HostScalar, HostValue } from "./values.ts";

/** A leaf that a run must supply memory for. */
export type InputLeaf = Node;

/** A graph as it is right now, ready to be compared with those that were compiled before. */
export interface Captured {
  readonly outputs: readonly Node[];
  /** Inputs before users. */
  readonly order: readonly Node[];
  /**
   * Positions in `order` of the inputs of computed nodes, one node's after the other's, then those of
   * the outputs. The nodes' own `order` fields are overwritten by the next walk.
   */
  readonly edges: readonly number[];
  /** Leaves with elements, in order. */
  readonly inputs: readonly InputLeaf[];
  /** Where the numbers of the program's scalar arguments come from, in order. */
  readonly constants: readonly (number | HostScalar)[];
  readonly hash: number;
}

const ROLE = { computed: 0, input: 1, argument: 2 } as const;

/** What a captured node is to the program: something to compute, memory, or a number. */
function roleOf(node: Node): number {
  if (node.value instanceof HostScalar) return ROLE.argument;
  if (node.value !== undefined || node.op.name === "placeholder") return ROLE.input;
  return node.op.name === "const" && isArgument(node) ? ROLE.argument : ROLE.computed;
}

/**
 * Numbers of the graph are arguments of the program, so that a learning rate or the reciprocal of a
 * batch size may change without a new program. Only those that the structure depends on are not.
 */
function isArgument(node: Node): boolean {
  const value = Number(node.attrs.value);
  return node.dtype !== "bool" && value !== 0 && Math.abs(value) !== 1 && Number.isFinite(value);
}

const isLeaf = (node: Node): boolean => node.value !== undefined;

const opIds = new Map<Primitive, number>();

/** Whether the attributes mean nothing to the value: they tell nodes apart, or hold a rule. */
const onlyForDerivatives = ({ name }: Primitive): boolean =>
  name === "marker" || name === "customVjps";

function signatureOf(node: Node): number {
  if (node.signature >= 0) return node.signature;
  let id = opIds.get(node.op);
  if (id === undefined) opIds.set(node.op, (id = opIds.size + 1));
  let hash = mix(mix(17, id), node.dtype.charCodeAt(0) * 64 + node.dtype.length);
  hash = mix(hash, node.dtype.charCodeAt(1));
  for (let i = 0; i < node.shape.length; i++) hash = mix(hash, node.shape[i] + 1);
  // Bodies are compared by content.
  const attrs = node.attrs.body || onlyForDerivatives(node.op) ? undefined : node.attrs;
  node.signature = (attrs ? hashAttrs(hash, attrs) : hash) & 0x3fffffff;
  return node.signature;
}

/** The graph below `outputs`, down to values that exist. */
export function capture(outputs: readonly Node[]): Captured {
  const order = topological(outputs, isLeaf);
  const inputs: Node[] = [];
  const constants: (number | HostScalar)[] = [];
  const edges: number[] = [];
  let hash = outputs.length;
  for (let i = 0; i < order.length; i++) {
    const node = order[i];
    const role = roleOf(node);
    if (role === ROLE.computed) {
      hash = mix(hash, signatureOf(node));
      for (let k = 0; k < node.inputs.length; k++) {
        const at = node.inputs[k].order;
        hash = mix(hash, i - at);
        edges.push(at);
      }
      continue;
    }
    hash = mix(hash, role);
    for (let k = 0; k < node.shape.length; k++) hash = mix(hash, node.shape[k]);
    if (role === ROLE.input) inputs.push(node);
    else
      constants.push(node.value instanceof HostScalar ? node.value : (node.attrs.value as number));
  }
  for (const { order: at } of outputs) {
    hash = mix(hash, at);
    edges.push(at);
  }
  return { outputs, order, edges, inputs, constants, hash };
}

/** A captured graph without its values, in few objects: a cache holds hundreds. Arrays are by node. */
interface Structure {
  /** See `codeOf`. */
  readonly codes: Int32Array;
  /** What a node is: the primitive that computes it, or a leaf's dtype. */
  readonly kinds: readonly (Primitive | DType)[];
  /** The attributes of what is computed, the shapes of leaves. */
  readonly details: readonly (Attrs | Shape)[];
  readonly edges: Int32Array;
}

/** A compiled graph. */
export interface Program extends Structure {
  readonly loaded: LoadedPlan;
  /** Positions of inner values that were read after a run: they join the outputs of the next. */
  readonly watched: Set<number>;
}

/** How many inputs a computed node has; for leaves, their role, negative. */
function codeOf(node: Node): number {
  const role = roleOf(node);
  return role === ROLE.computed ? node.inputs.length : -role;
}

function structureOf({ order, edges }: Captured): Structure {
  const codes = Int32Array.from(order, codeOf);
  return {
    codes,
    kinds: order.map(({ op, dtype }, i) => (codes[i] < 0 ? dtype : op)),
    details: order.map(({ attrs, shape }, i) => (codes[i] < 0 ? shape : attrs)),
    edges: Int32Array.from(edges),
  };
}

function sameBody(a: ScanBody, b: ScanBody): boolean {
  if (a === b) return true;
  if (a.params.length !== b.params.length || a.outputs.length !== b.outputs.length) return false;
  const pairs = new Map<Node, Node>();
  a.params.forEach((param, i) => pairs.set(param, b.params[i]));
  const theirs = topological(b.outputs);
  const mine = topological(a.outputs);
  if (mine.length !== theirs.length) return false;
  for (let i = 0; i < mine.length; i++) {
    const [x, y] = [mine[i], theirs[i]];
    if (x.op.name === "placeholder") {
      if (pairs.get(x) !== y) return false;
      continue;
    }
    if (x.op !== y.op || x.dtype !== y.dtype || !sameShape(x.shape, y.shape)) return false;
    if (!x.inputs.every((input, k) => pairs.get(input) === y.inputs[k])) return false;
    if (!sameNodeAttrs(x.attrs, y.attrs)) return false;
    pairs.set(x, y);
  }
  return a.outputs.every((output, i) => pairs.get(output) === b.outputs[i]);
}

function sameNodeAttrs(a: Attrs, b: Attrs): boolean {
  if (sameAttrs(a, b)) return true;
  if (!a.body || !b.body) return false;
  const { body: mine, ...restA } = a;
  const { body: theirs, ...restB } = b;
  return sameAttrs(restA, restB) && sameBody(mine as ScanBody, theirs as ScanBody);
}

function matches(program: Structure, captured: Captured): boolean {
  const { codes, kinds, details, edges } = program;
  const { order } = captured;
  // Edges that no node has as inputs are those of the outputs.
  if (codes.length !== order.length || edges.length !== captured.edges.length) return false;
  for (let i = 0; i < edges.length; i++) if (edges[i] !== captured.edges[i]) return false;
  for (let i = 0; i < codes.length; i++) {
    const { op, dtype, shape, attrs } = order[i];
    const code = codes[i];
    if (code !== codeOf(order[i]) || kinds[i] !== (code < 0 ? dtype : op)) return false;
    // Shape and dtype of what is computed follow from the rest.
    if (code < 0) {
      if (!sameShape(details[i] as Shape, shape)) return false;
    } else if (!onlyForDerivatives(op) && !sameNodeAttrs(details[i] as Attrs, attrs)) return false;
  }
  return true;
}

/**
 * The captured graph over placeholders, compiled for a device. `replaced`: for outputs, by position, which
 * of the captured inputs' memory they are written to.
 */
export function buildProgram(
  captured: Captured,
  device: Device,
  replaced?: readonly (readonly number[])[],
): Program {
  const nodes: Node[] = [];
  const inputs: Node[] = [];
  let constants = 0;
  let edge = 0;
  for (const node of captured.order) {
    const role = roleOf(node);
    if (role === ROLE.computed) {
      const own = captured.edges.slice(edge, (edge += node.inputs.length)).map((at) => nodes[at]);
      nodes.push(make(node.op, own, node.attrs));
      continue;
    }
    const isInput = role === ROLE.input;
    const own = isInput ? undefined : { constant: constants++ };
    const leaf = makeLeaf(primitive("placeholder"), node, own);
    nodes.push(leaf);
    if (isInput) inputs.push(leaf);
  }
  const graph = {
    outputs: captured.edges.slice(edge).map((i) => nodes[i]),
    inputs,
    constants,
    replaced: replaced?.map((list) => list.map((i) => inputs[i])),
  };
  // The walks of the compiler use the same scratch fields as the capture.
  const structure = structureOf(captured);
  let cost = 0;
  for (const node of captured.order) if (!isLeaf(node)) cost += node.op.cost(node);
  // Devices keep this function. No function here may use `captured`: they would keep the first run's values.
  const lower = (target: Target): Plan => compile(graph, target);
  return { ...structure, loaded: device.load({ cost, lower }), watched: new Set() };
}

const caches = new WeakMap<Device, RecentMap<number, Program[]>>();
const CACHE_LIMIT = 512;

/** The program that computes a captured graph: a known one of the same structure, or a new one. */
export function programFor(captured: Captured, device: Device): Program {
  let cache = caches.get(device);
  if (!cache) caches.set(device, (cache = new RecentMap()));
  const found = cache.get(captured.hash)?.find((program) => matches(program, captured));
  if (found) return found;
  const program = buildProgram(captured, device);
  if (cache.size >= CACHE_LIMIT) {
    const [hash, programs] = cache.oldest()!;
    cache.delete(hash);
    for (const old of programs) old.loaded.release();
  }
  cache.set(captured.hash, [...(cache.get(captured.hash) ?? []), program]);
  return program;
}

/** Whether a node's elements exist or can be given. */
export const hasElements = (node: Node): boolean =>
  node.value instanceof HostValue || node.value instanceof CellValue;
