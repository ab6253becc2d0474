import { itemBytes } from "../../ir/dtype.ts";
import { type Node } from "../../ir/node.ts";
import { type Expr, sourcesOf, walk } from "../expr.ts";
import { type Value } from "../loop/loop.ts";
import { isExpandable } from "../loop/math.ts";
import { type Root } from "../region.ts";
import { type Emit, loadLanes, type Point } from "./emit.ts";
import { type KernelWriter } from "./writer.ts";

/** Bytes of one value of a row that are kept: a part of what a core's own cache holds. */
const MOST = 1 << 18;

/**
 * Values of a row that take long to compute and that several passes over it need, as the exponentials of
 * softmax do: the first such pass writes them to memory that stays in the cache, the others read them.
 */
export interface RowMemory {
  /** Writes, at a point of pass `pass`, what this pass is the first to need. */
  write(pass: number, point: Point, emit: Emit): void;
  /** Called when a pass is over. */
  end(pass: number): void;
  /** The value of a node at a point, where an earlier pass has written it. */
  read(source: Node, point: Point): Value | undefined;
}

/**
 * @param bodies what each space root is over the kernel's loops
 * @param passes the bodies of what each pass computes
 * @param axis the only reduced axis, and the innermost loop
 */
export function rowMemory(
  w: KernelWriter,
  roots: ReadonlyMap<Node, Root>,
  bodies: ReadonlyMap<Node, Expr>,
  passes: readonly (readonly Expr[])[],
  { axis, length }: { readonly axis: number; readonly length: number },
): RowMemory {
  const isInner = (node: Node): boolean => {
    const root = roots.get(node);
    return root?.domain === "space" && !root.reduce;
  };
  const isLong = (body: Expr): boolean => {
    let found = false;
    walk(body, (e) => (found ||= e.kind === "op" && isExpandable(e.name)));
    return found;
  };
  const needed = passes.map((ofPass) => {
    const found = new Set<Node>();
    const add = (source: Node): void => {
      if (!isInner(source) || found.has(source)) return;
      found.add(source);
      sourcesOf([bodies.get(source)!]).forEach(add);
    };
    sourcesOf(ofPass).forEach(add);
    return found;
  });
  const kept = [...roots.keys()].flatMap((node) => {
    const { dtype } = node;
    const users = needed.flatMap((nodes, pass) => (nodes.has(node) ? [pass] : []));
    if (users.length < 2 || (dtype !== "f32" && dtype !== "f64")) return [];
    if (length * itemBytes(dtype) > MOST || !isLong(bodies.get(node)!)) return [];
    return [{ node, pass: users[0], memory: w.scratch(dtype, length) }];
  });
  const written = new Set<Node>();
  return {
    write(pass, point, emit) {
      for (const { node, pass: first, memory } of kept) {
        if (first !== pass) continue;
        const value = w.b.splat(emit(bodies.get(node)!), point.lanes);
        w.b.store(w.b.address(memory, point.index[axis]), value, 0, undefined, point.part?.high);
      }
    },
    end(pass) {
      for (const { node, pass: first } of kept) if (first === pass) written.add(node);
    },
    read(source, point) {
      if (!written.has(source)) return undefined;
      const { memory } = kept.find(({ node }) => node === source)!;
      const pointer = w.b.address(memory, point.index[axis]);
      return point.lanes === 1 ? w.b.load(pointer) : loadLanes(w, point, pointer, undefined);
    },
  };
}
