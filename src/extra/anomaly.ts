import { isFloat, type TypedArray } from "../ir/dtype.ts";
import { constantOf } from "../ir/ops.ts";
import { type Node } from "../ir/node.ts";
import { showSpec } from "../ir/primitives/common.ts";
import { watch } from "../ir/watch.ts";
import { evaluate, setInspector } from "../runtime/engine.ts";
import { type Tensor } from "../tensor/index.ts";
import { everyGradient } from "../tensor/hooks.ts";
import { leavesOf } from "../tensor/tree.ts";
import { callerOf, type Caller } from "./caller.ts";

/** Where a node comes from: who asked for it, and which node's derivative it is part of. */
interface Origin {
  readonly caller: Caller;
  readonly derivativeOf: Node | undefined;
}

let on = false;
let origins = new WeakMap<Node, Origin>();

/**
 * Looks from now on (`false`: no longer) for the operation that first makes a NaN or an infinity. Nodes of
 * the graph note the line that made them, and every value is computed and looked at by itself, so all takes
 * several times as long and much more memory. What `compile` has recorded runs as the plain function
 * meanwhile. When a value that is read or an update of a parameter is not finite, the error names the
 * operation that it comes from.
 *
 * The update of a parameter that is not finite is dropped. Infinities that were given, as those of a mask or of padding, are none that an operation made.
 *
 * @throws Error when values are computed: names the function, its shape and the line that called it, and
 * for a gradient the function and the line of the forward pass to which it belongs.
 *
 * @example
 * setDetectAnomaly(true);
 * const finite = tensor([1, 2]).log().sum();
 * await finite.item(); // 0.6931
 * setDetectAnomaly(false);
 */
export function setDetectAnomaly(mode: boolean): void {
  if (typeof mode !== "boolean")
    throw new TypeError(`setDetectAnomaly: expected true or false, got ${String(mode)}`);
  if (mode === on) return;
  on = mode;
  if (on) origins = new WeakMap();
  watch.differentiated = undefined;
  watch.made = on ? noteOrigin : undefined;
  watch.replaced = on ? keepOrigin : undefined;
  setInspector(on ? { wanted: isLookedAt, check } : undefined);
}

/**
 * Runs `fn`, which may be asynchronous, as under `setDetectAnomaly(true)`. Before it ends, the tensors that
 * `fn` returned and the gradients that `backward()` set in it are computed.
 *
 * @throws Error that names the operation that first made a NaN or an infinity, and the line that called it.
 *
 * @example
 * const w = tensor([1, 4]).requiresGrad_();
 * const loss = detectAnomaly(() => {
 *   const sum = w.sqrt().sum();
 *   sum.backward();
 *   return sum;
 * });
 * loss; // 3
 */
export function detectAnomaly<R>(fn: () => R): R {
  if (typeof fn !== "function")
    throw new TypeError(`detectAnomaly: expected a function, got a ${typeof fn}`);
  const before = on;
  const owners = new Set<Tensor>();
  const note = (owner: Tensor): void => void owners.add(owner);
  const finish = (result: unknown): void => {
    const gradients = [...owners].flatMap((owner) => owner.grad ?? []);
    evaluate([...leavesOf(result), ...gradients].map((x) => x.node));
  };
  const leave = (): void => {
    everyGradient.delete(note);
    setDetectAnomaly(before);
  };
  setDetectAnomaly(true);
  everyGradient.add(note);
  let result: R;
  try {
    result = fn();
    if (!(result instanceof Promise)) finish(result);
  } catch (error) {
    leave();
    throw error;
  }
  if (!(result instanceof Promise)) {
    leave();
    return result;
  }
  return result
    .then((value: unknown) => {
      finish(value);
      return value;
    })
    .finally(leave) as R;
}

function noteOrigin(node: Node): void {
  origins.set(node, { caller: callerOf(), derivativeOf: watch.differentiated });
}

function keepOrigin(from: Node, to: Node): void {
  const origin = origins.get(from);
  if (origin) origins.set(to, origin);
}

/** Whether a node's elements are looked at: tuples have none, and integers are always finite. */
const isLookedAt = (node: Node): boolean => isFloat(node.dtype) && !node.op.outputs;

interface Found {
  readonly nan: boolean;
  readonly infinite: boolean;
  /** The operation that it comes from; undefined where it was given from outside. */
  readonly origin: Node | undefined;
}

/** Which of `outputs` are not finite because an operation in `order` made them so, and the first of these. */
function check(
  order: readonly Node[],
  outputs: ReadonlySet<Node>,
  elementsOf: (node: Node) => TypedArray | undefined,
): { message: string; outputs: Set<Node> } | undefined {
  const found = new Map<Node, Found>();
  const wrong = new Set<Node>();
  let first: Node | undefined;
  for (const node of order) {
    const elements = elementsOf(node);
    const bad = elements ? lookAt(node, elements, found) : passedOn(node, found);
    if (!bad) continue;
    found.set(node, bad);
    const { origin } = bad;
    if (!origin || !outputs.has(node)) continue;
    wrong.add(node);
    // The one that was written down first, so that the forward pass comes before its gradient.
    if (!first || origin.id < first.id) first = origin;
  }
  return first && { message: describe(first, elementsOf(first)!, found), outputs: wrong };
}

/** What a node without elements of its own (a tuple) has in it is what went in. */
function passedOn(node: Node, found: ReadonlyMap<Node, Found>): Found | undefined {
  return node.inputs.map((x) => found.get(x)).find((x) => x);
}

function lookAt(
  node: Node,
  elements: TypedArray,
  found: ReadonlyMap<Node, Found>,
): Found | undefined {
  let nan = false;
  let infinite = false;
  for (const x of elements)
    if (x !== x) nan = true;
    else if (x === Infinity || x === -Infinity) infinite = true;
  if (!nan && !infinite) return undefined;
  const inputs = node.value === undefined ? node.inputs : [];
  const isGiven = inputs.length === 0 || constantOf(node) !== undefined;
  if (isGiven) return { nan, infinite, origin: undefined };
  const bad = inputs.flatMap((x) => found.get(x) ?? []);
  // A NaN comes from a NaN if there is one, else from an infinity that an operation made, else from here.
  const sources = nan && bad.some((x) => x.nan) ? bad.filter((x) => x.nan) : bad;
  const made = sources.find((x) => x.origin);
  const fill = node.attrs.value as number | undefined;
  const isPassedOn =
    sources.some((x) => x.nan || !nan) || (node.op.name === "pad" && !nan && !isFinite(fill!));
  return { nan, infinite, origin: made ? made.origin : isPassedOn ? undefined : node };
}

function describe(node: Node, elements: TypedArray, found: ReadonlyMap<Node, Found>): string {
  const { nan } = found.get(node)!;
  const at = Array.from(elements).findIndex((x) => (nan ? x !== x : !isFinite(x)));
  const what = `${elements[at]} at position ${at} of ${showSpec(node)}`;
  const origin = origins.get(node);
  if (!origin)
    return `anomaly: ${node.op.name} made ${what}; it was called before anomalies were looked for`;
  const { caller, derivativeOf } = origin;
  if (!derivativeOf)
    return `anomaly: ${named(caller, node)} made ${what}; called at ${caller.line}`;
  const forward = origins.get(derivativeOf)?.caller;
  return (
    `anomaly: the derivative of ${forward ? named(forward, derivativeOf) : derivativeOf.op.name} made ` +
    `${what} (by ${node.op.name}); that was called at ${forward?.line ?? "a line before the search"}, ` +
    `and its derivative asked for at ${caller.line}`
  );
}

/** The function that the user called, and the primitive in it where that has another name. */
const named = ({ name }: Caller, { op }: Node): string =>
  name === undefined || name === op.name ? op.name : `${name} (its ${op.name})`;
