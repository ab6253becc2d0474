import { itemBytes } from "../ir/dtype.ts";
import { type Node } from "../ir/node.ts";
import { sizeOf } from "../ir/shape.ts";
import { type Binding, type LoweredStep } from "./lower/scan.ts";
import { type Place, type Plan, type PlanArg, type PlanBuffer, type Step } from "./plan.ts";

const ALIGN = 64;
const align = (bytes: number): number => Math.ceil(bytes / ALIGN) * ALIGN;

interface Lifetime {
  readonly node: Node;
  readonly bytes: number;
  first: number;
  last: number;
  offset: number;
}

/** Where a node's elements lie, through the loops around it, outermost first. */
function resolve(
  node: Node,
  loops: readonly ReadonlyMap<Node, Binding>[],
): { node: Node; offset: number; advance: number[] } {
  const advance = loops.map(() => 0);
  let offset = 0;
  let place = node;
  for (let level = loops.length - 1; level >= 0; level--) {
    const binding = loops[level].get(place);
    if (!binding) continue;
    place = binding.node;
    offset += binding.offset;
    advance[level] += binding.advance;
  }
  return { node: place, offset, advance };
}

/** Calls `visit` for each kernel's memory, with the number of the outermost step it belongs to. */
function eachUse(
  steps: readonly LoweredStep[],
  loops: readonly ReadonlyMap<Node, Binding>[],
  position: number | undefined,
  visit: (node: Node, position: number, inLoop: boolean) => void,
): void {
  steps.forEach((step, i) => {
    const at = position ?? i;
    if (step.kind === "loop") eachUse(step.body, [...loops, step.bindings], at, visit);
    else
      for (const argument of step.arguments)
        if ("node" in argument) visit(resolve(argument.node, loops).node, at, loops.length > 0);
  });
}

/** Non-overlapping places for values that live at the same time; larger ones first. */
function layOut(lifetimes: Lifetime[]): number {
  const placed: Lifetime[] = [];
  let total = 0;
  for (const life of [...lifetimes].sort((a, b) => b.bytes - a.bytes || a.first - b.first)) {
    const neighbours = placed
      .filter((other) => other.first <= life.last && life.first <= other.last)
      .sort((a, b) => a.offset - b.offset);
    let offset = 0;
    for (const other of neighbours) {
      if (offset + life.bytes <= other.offset) break;
      offset = Math.max(offset, other.offset + other.bytes);
    }
    life.offset = offset;
    placed.push(life);
    total = Math.max(total, offset + life.bytes);
  }
  return total;
}

/** Gives every value a place, and every kernel its arguments. */
export function planMemory(
  steps: readonly LoweredStep[],
  inputs: readonly Node[],
  outputs: readonly Node[],
  constants: number,
): Plan {
  const places = new Map<Node, Place>();
  inputs.forEach((node, index) => places.set(node, { kind: "input", index }));
  outputs.forEach((node, index) => places.set(node, { kind: "output", index }));
  const lifetimes = new Map<Node, Lifetime>();
  eachUse(steps, [], undefined, (node, position) => {
    if (places.has(node)) return;
    const life = lifetimes.get(node);
    if (life) life.last = position;
    else {
      const bytes = align(Math.max(1, sizeOf(node.shape)) * itemBytes(node.dtype));
      lifetimes.set(node, { node, bytes, first: position, last: position, offset: 0 });
    }
  });
  const arenaBytes = layOut([...lifetimes.values()]);
  for (const life of lifetimes.values())
    places.set(life.node, { kind: "arena", offset: life.offset });

  const buffers: PlanBuffer[] = [];
  const bufferOf = new Map<Node, number>();
  const buffer = (node: Node): number => {
    let index = bufferOf.get(node);
    if (index === undefined) {
      index = buffers.length;
      bufferOf.set(node, index);
      buffers.push({ place: places.get(node)!, dtype: node.dtype, length: sizeOf(node.shape) });
    }
    return index;
  };
  let scratchBytes = 0;
  const build = (
    list: readonly LoweredStep[],
    loops: readonly ReadonlyMap<Node, Binding>[],
  ): Step[] =>
    list.map((step): Step => {
      if (step.kind === "loop")
        return {
          kind: "loop",
          count: step.count,
          body: build(step.body, [...loops, step.bindings]),
        };
      let scratch = 0;
      const args = step.arguments.map((argument): PlanArg => {
        if ("scratchBytes" in argument) {
          const offset = scratch;
          scratch += align(argument.scratchBytes);
          return { scratch: offset };
        }
        const { node, offset, advance } = resolve(argument.node, loops);
        const moves = advance.some((n) => n !== 0);
        return { buffer: buffer(node), offset, ...(moves ? { advance } : {}) };
      });
      scratchBytes = Math.max(scratchBytes, scratch);
      const { kernel, ints, scalars, pieces, cost } = step;
      return { kind: "kernel", kernel, args, ints, scalars, pieces, cost };
    });
  const built = build(steps, []);
  const spec = (node: Node): { dtype: Node["dtype"]; shape: Node["shape"] } => ({
    dtype: node.dtype,
    shape: node.shape,
  });
  return {
    buffers,
    steps: built,
    inputs: inputs.map(spec),
    outputs: outputs.map(spec),
    constants,
    arenaBytes,
    scratchBytes,
  };
}
