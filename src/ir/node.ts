import { type DType, isFloat } from "./dtype.ts";
import { type NDArray, settled } from "./ndarray.ts";
import { sameShape, type Shape } from "./shape.ts";
import { watch } from "./watch.ts";

/** What a primitive needs to know besides its inputs: plain data, compared by content. */
export type Attrs = Readonly<Record<string, unknown>>;

/** Shape and dtype of a value that is not known yet. */
export interface Spec {
  readonly shape: Shape;
  readonly dtype: DType;
}

/**
 * Everything the framework knows about one primitive, declared in one place.
 *
 * `infer` is called with nodes whose shapes and dtypes have been checked by nobody else: it throws a
 * clear error for those that do not fit. Rules (`vjp`, `jvp`, `batch`) build nodes with the functions
 * of `ops.ts`; a primitive without `vjp` and `jvp` has no derivative (integers, comparisons).
 */
export interface Primitive {
  readonly name: string;
  /** Shape and dtype of the result. Throws when the inputs do not fit. */
  infer(inputs: readonly Node[], attrs: Attrs): Spec;
  /** Elementwise primitives: every input has the shape of the output. */
  readonly elementwise?: boolean;
  /** Views: one input, whose elements are renamed and not computed (pad adds a constant). */
  readonly view?: boolean;
  /**
   * Given the cotangent of the output, the cotangents of the inputs (`undefined`: none flows). `needs`
   * says which are wanted; entries for others may be left undefined.
   */
  vjp?(node: Node, cotangent: Node, needs: readonly boolean[]): (Node | undefined)[];
  /** Given tangents of the inputs (`undefined`: zero), the tangent of the output (`undefined`: zero). */
  jvp?(node: Node, tangents: readonly (Node | undefined)[]): Node | undefined;
  /**
   * The same operation over a new leading axis of `size` entries, which inputs flagged in `batched` have
   * as their axis 0 and the output must have as its axis 0. At least one input is flagged.
   */
  batch(node: Node, inputs: readonly Node[], batched: readonly boolean[], size: number): Node;
  /** The value by the definition, as plainly as possible: what devices are tested against. */
  evaluate(inputs: readonly NDArray[], node: Node): NDArray;
  /** Arithmetic operations, an estimate: what decides whether to compute twice or to store. */
  cost(node: Node): number;
  /** Tuple primitives (`scan`): what each result is; `pick` nodes select one. */
  outputs?(inputs: readonly Node[], attrs: Attrs): readonly Spec[];
  /** Tuple primitives: their rules, which stand in for `vjp`, `jvp`, `batch` and `evaluate`. */
  readonly tuple?: TupleRules;
}

/**
 * Rules of a primitive with several results. One that has a graph inside (`scan`) is given the walk that
 * is under way, to apply it to that graph.
 */
export interface TupleRules {
  /** Given cotangents of the results (`undefined`: zero), the cotangents of the inputs. */
  vjp(
    node: Node,
    cotangents: readonly (Node | undefined)[],
    needs: readonly boolean[],
    walk: VjpWalk,
  ): (Node | undefined)[];
  /** Given tangents of the inputs (`undefined`: zero), the tangents of the results. */
  jvp(node: Node, tangents: readonly (Node | undefined)[], walk: JvpWalk): (Node | undefined)[];
  /** The results, each with the new axis as its axis 0. */
  batch(
    node: Node,
    inputs: readonly Node[],
    batched: readonly boolean[],
    size: number,
    walk: BatchWalk,
  ): Node[];
  evaluate(inputs: readonly NDArray[], node: Node): NDArray[];
  /** Those that are a composition of other primitives: the composition. */
  readonly compose?: (inputs: readonly Node[], attrs: Attrs) => Node[];
}

/** Cotangents of `wrt`, given those of `outputs` (`undefined`: zero). */
export type VjpWalk = (
  outputs: readonly Node[],
  cotangents: readonly (Node | undefined)[],
  wrt: readonly Node[],
) => (Node | undefined)[];

/** Tangents of `outputs`, given those of `wrt` (`undefined`: zero). */
export type JvpWalk = (
  outputs: readonly Node[],
  wrt: readonly Node[],
  tangents: readonly (Node | undefined)[],
) => (Node | undefined)[];

/** A node after batching: with a new leading axis, or untouched when it does not depend on any. */
export interface Batched {
  readonly node: Node;
  readonly batched: boolean;
}

/** `outputs` computed from `to`, which have a leading axis of `size`, in place of `from`. */
export type BatchWalk = (
  outputs: readonly Node[],
  from: readonly Node[],
  to: readonly Node[],
  size: number,
) => Batched[];

const registry: Record<string, Primitive> = Object.create(null) as Record<string, Primitive>;

export function definePrimitive(definition: Primitive): Primitive {
  const { name } = definition;
  if (registry[name]) throw new Error(`primitive ${name} is defined twice`);
  const primitive: Primitive = {
    ...definition,
    evaluate: (inputs, node) => settled(definition.evaluate(inputs, node)),
  };
  return (registry[name] = primitive);
}

/** The primitive of that name. */
export function primitive(name: string): Primitive {
  const found = registry[name];
  if (!found) throw new Error(`no primitive is named ${name}`);
  return found;
}

/** All primitives, in the order in which they were defined. */
export const primitives = (): Primitive[] => Object.values(registry);

let nextId = 0;

/**
 * One value of a graph: a primitive applied to inputs. Immutable but for three caches, which do not
 * change what it denotes: `value` (its elements, once computed), `signature` and `mark`/`order`
 * (scratch fields of graph walks).
 */
export class Node {
  readonly id: number;
  readonly op: Primitive;
  readonly inputs: readonly Node[];
  readonly attrs: Attrs;
  readonly shape: Shape;
  readonly dtype: DType;
  /** Whether a derivative flows through this node (PyTorch's `requires_grad`). */
  readonly requiresGrad: boolean;
  /** The elements, when they are known: a leaf's data or a computed result, owned by the runtime. */
  value: object | undefined = undefined;
  signature = -1;
  mark = 0;
  order = 0;
  /** Next node of the same bucket of the intern table. */
  next: Node | undefined = undefined;

  constructor(
    op: Primitive,
    inputs: readonly Node[],
    attrs: Attrs,
    spec: Spec,
    requiresGrad: boolean,
  ) {
    this.id = nextId++;
    this.op = op;
    this.inputs = inputs;
    this.attrs = attrs;
    this.shape = spec.shape;
    this.dtype = spec.dtype;
    this.requiresGrad = requiresGrad;
    watch.made?.(this);
  }
}

export const NO_ATTRS: Attrs = Object.freeze({});

export function mix(hash: number, x: number): number {
  return Math.imul(hash ^ x, 0x9e3779b1) ^ (hash >>> 15);
}

function hashValue(hash: number, value: unknown): number {
  if (typeof value === "number") return mix(mix(hash, value | 0), (value * 65599.37) | 0);
  if (typeof value === "string") {
    for (let i = 0; i < value.length; i++) hash = mix(hash, value.charCodeAt(i));
    return hash;
  }
  if (typeof value === "boolean") return mix(hash, value ? 1 : 2);
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) hash = hashValue(hash, value[i]);
    return mix(hash, value.length);
  }
  return typeof value === "bigint" ? hashValue(hash, Number(value)) : mix(hash, 3);
}

export function hashAttrs(hash: number, attrs: Attrs): number {
  if (attrs === NO_ATTRS) return hash;
  for (const key in attrs) hash = hashValue(hash, attrs[key]);
  return hash;
}

function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!sameValue(a[i], b[i])) return false;
  return true;
}

/** Whether two attribute records hold the same: numbers by `Object.is`, arrays by content. */
export function sameAttrs(a: Attrs, b: Attrs): boolean {
  if (a === b) return true;
  for (const key in a) if (!sameValue(a[key], b[key])) return false;
  for (const key in b) if (!(key in a)) return false;
  return true;
}

// Equal nodes are one object while the table that knows them lives. It cannot hold its nodes weakly:
// a WeakRef keeps its target alive until the current job ends, so a training loop that never awaits
// would keep every node of every step. It is dropped whenever a program has run, when what was being
// traced is computed, and when it grows large; the compiler merges equal nodes again, so a dropped
// table costs time and never correctness.
// The table is one list of nodes for each of the last bits of their hashes: it is filled and dropped once
// a step, and a Map would grow from nothing every time.
const BUCKETS = 1 << 14;
const buckets = new Array<Node | undefined>(BUCKETS).fill(undefined);
const filled: number[] = [];
let tableSize = 0;
const TABLE_LIMIT = 1 << 17;

/**
 * Forgets all interned nodes, so that what nobody else holds can be collected: no node holds its neighbour
 * in the table either.
 */
export function clearInternTable(): void {
  for (let i = 0; i < filled.length; i++) {
    let node = buckets[filled[i]];
    buckets[filled[i]] = undefined;
    while (node) {
      const { next } = node;
      node.next = undefined;
      node = next;
    }
  }
  filled.length = 0;
  tableSize = 0;
}

let gradEnabled = true;

/** Whether nodes made now let derivatives flow. */
export const isGradEnabled = (): boolean => gradEnabled;

/** Sets grad mode and returns what it was. */
export function setGradEnabled(on: boolean): boolean {
  const before = gradEnabled;
  gradEnabled = on;
  return before;
}

/** Runs `build` in this grad mode, and goes back to the one before. */
export function inGradMode<R>(on: boolean, build: () => R): R {
  const before = setGradEnabled(on);
  try {
    return build();
  } finally {
    setGradEnabled(before);
  }
}

/** The node that applies `op` to `inputs`: an existing one when an equal one is known. */
export function make(op: Primitive, inputs: readonly Node[], attrs: Attrs = NO_ATTRS): Node {
  let wantsGrad = false;
  let hash = hashAttrs(op.name.length * 31 + op.name.charCodeAt(op.name.length >> 1), attrs);
  for (let i = 0; i < inputs.length; i++) {
    hash = mix(hash, inputs[i].id);
    wantsGrad ||= inputs[i].requiresGrad;
  }
  wantsGrad = wantsGrad && gradEnabled && (op.vjp ?? op.tuple) !== undefined;
  const bucket = hash & (BUCKETS - 1);
  outer: for (let node = buckets[bucket]; node; node = node.next) {
    if (node.op !== op || node.inputs.length !== inputs.length) continue;
    for (let i = 0; i < inputs.length; i++) if (node.inputs[i] !== inputs[i]) continue outer;
    if (!sameAttrs(node.attrs, attrs)) continue;
    // Integer results never carry a derivative, whatever their inputs do.
    if (node.requiresGrad !== (wantsGrad && isFloat(node.dtype))) continue;
    return node;
  }
  const spec = op.infer(inputs, attrs);
  const node = new Node(op, inputs, attrs, spec, wantsGrad && isFloat(spec.dtype));
  if (tableSize >= TABLE_LIMIT) clearInternTable();
  node.next = buckets[bucket];
  if (!node.next) filled.push(bucket);
  buckets[bucket] = node;
  tableSize++;
  return node;
}

/** A leaf: a value that the graph does not compute. Never equal to another leaf. */
export function makeLeaf(
  op: Primitive,
  spec: Spec,
  attrs: Attrs = NO_ATTRS,
  requiresGrad = false,
  value?: object,
): Node {
  const node = new Node(op, [], attrs, spec, requiresGrad);
  node.value = value;
  return node;
}

let nextMark = 1;

/** A fresh number for `Node.mark`, so that a walk can tell which nodes it has seen. */
export const freshMark = (): number => nextMark++;

/**
 * All nodes that `outputs` depend on, inputs before users. `isLeaf` stops the walk at a node (which is
 * still listed). Each listed node has its position in `order` until the next walk.
 */
export function topological(outputs: readonly Node[], isLeaf?: (node: Node) => boolean): Node[] {
  const mark = freshMark();
  const order: Node[] = [];
  const stack: Node[] = [];
  const position: number[] = [];
  for (const output of outputs) {
    if (output.mark === mark) continue;
    output.mark = mark;
    stack.push(output);
    position.push(isLeaf?.(output) ? output.inputs.length : 0);
    while (stack.length > 0) {
      const top = stack.length - 1;
      const node = stack[top];
      if (position[top] < node.inputs.length) {
        const input = node.inputs[position[top]++];
        if (input.mark !== mark) {
          input.mark = mark;
          stack.push(input);
          position.push(isLeaf?.(input) ? input.inputs.length : 0);
        }
      } else {
        stack.pop();
        position.pop();
        node.order = order.length;
        order.push(node);
      }
    }
  }
  return order;
}

/** Whether both denote values of the same shape and dtype. */
export const sameSpec = (a: Spec, b: Spec): boolean =>
  a.dtype === b.dtype && sameShape(a.shape, b.shape);
