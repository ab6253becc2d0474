import { type Node, type Spec } from "../../ir/node.ts";
import { placeholder } from "../../ir/ops.ts";
import { type Affine } from "../affine.ts";
import { type Expr } from "../expr.ts";
import { type Target } from "../loop/loop.ts";
import { type Region } from "../region.ts";
import { type LoweredStep } from "./scan.ts";
import { type LoweredKernel } from "./writer.ts";

// The layers of a net, and its steps from one to the next, consist of regions that differ only in the
// nodes that they name. What was written for one serves all of them: writing a contraction takes
// milliseconds, comparing regions does not.

/** Kernels with numbers in place of nodes. */
interface Template {
  readonly kernels: readonly (Omit<LoweredKernel, "arguments"> & {
    readonly arguments: readonly (number | { readonly scratchBytes: number })[];
  })[];
  /** Memory that the kernels use between them; their numbers follow those of the region's nodes. */
  readonly temporaries: readonly Spec[];
}

const memories = new WeakMap<Target, Map<string, Template>>();
/** Templates that are kept for a target; when there are more, all are forgotten. */
const LIMIT = 4096;

/** The steps of `region` by `lower`, or copies of those of an equal one. */
export function remembered(
  region: Region,
  target: Target,
  lower: (region: Region, target: Target) => LoweredStep[],
): LoweredStep[] {
  // Steps of a loop name nodes inside it.
  if (region.core?.op.outputs) return lower(region, target);
  const memory = memories.get(target) ?? new Map<string, Template>();
  memories.set(target, memory);
  const { key, nodes } = describe(region);
  const known = memory.get(key);
  if (known) return instance(known, nodes);
  const steps = lower(region, target);
  const kernels = steps.filter((step) => step.kind === "kernel");
  if (kernels.length < steps.length) return steps;
  if (memory.size >= LIMIT) memory.clear();
  memory.set(key, templateOf(kernels, nodes));
  return steps;
}

function templateOf(kernels: readonly LoweredKernel[], nodes: readonly Node[]): Template {
  const numbers = new Map(nodes.map((node, i) => [node, i]));
  const temporaries: Spec[] = [];
  const numberOf = (node: Node): number => {
    let number = numbers.get(node);
    if (number === undefined) {
      numbers.set(node, (number = nodes.length + temporaries.length));
      temporaries.push({ shape: node.shape, dtype: node.dtype });
    }
    return number;
  };
  return {
    kernels: kernels.map((kernel) => ({
      ...kernel,
      arguments: kernel.arguments.map((x) => ("node" in x ? numberOf(x.node) : x)),
    })),
    temporaries,
  };
}

function instance({ kernels, temporaries }: Template, nodes: readonly Node[]): LoweredKernel[] {
  const all = [...nodes, ...temporaries.map(({ shape, dtype }) => placeholder(shape, dtype))];
  return kernels.map((kernel) => ({
    ...kernel,
    arguments: kernel.arguments.map((x) => (typeof x === "number" ? { node: all[x] } : x)),
  }));
}

/** Everything that the steps of a region depend on but which nodes there are, and these in order. */
function describe(region: Region): { key: string; nodes: Node[] } {
  const nodes = new Map<Node, number>();
  const forms = new Map<Affine, number>();
  const exprs = new Map<Expr, number>();
  const parts: (string | number)[] = [];

  function addNode(node: Node): void {
    let number = nodes.get(node);
    if (number === undefined) nodes.set(node, (number = nodes.size));
    parts.push("n", number, node.dtype);
  }

  // Which forms are the same object matters: such forms share the arguments of a kernel.
  function addForm(form: Affine): void {
    const known = forms.get(form);
    if (known !== undefined) {
      parts.push("f", known);
      return;
    }
    forms.set(form, forms.size);
    parts.push("(", form.offset, ...form.coeffs, ")");
  }

  function addExpr(expr: Expr): void {
    const known = exprs.get(expr);
    if (known !== undefined) {
      parts.push("e", known);
      return;
    }
    exprs.set(expr, exprs.size);
    parts.push(expr.kind, expr.dtype);
    switch (expr.kind) {
      case "load":
        addNode(expr.source);
        addForm(expr.at);
        break;
      case "index":
        addForm(expr.at);
        break;
      case "literal":
        parts.push(textOf(expr.value));
        break;
      case "constant":
        parts.push(expr.index);
        break;
      case "op":
        parts.push(expr.name, expr.args.length);
        expr.args.forEach(addExpr);
        break;
      case "mask":
        parts.push(expr.bounds.length, textOf(expr.fill));
        for (const { at, size } of expr.bounds) {
          addForm(at);
          parts.push(size);
        }
        addExpr(expr.value);
        break;
      case "gather":
        addNode(expr.source);
        addForm(expr.at);
        parts.push(expr.stride, expr.size, textOf(expr.fill));
        addExpr(expr.index);
        break;
    }
  }

  const addWhole = (node: Node): void => {
    addNode(node);
    parts.push(node.op.name, "[", ...node.shape, "]");
  };
  parts.push(region.kind, "[", ...region.space, "]", ...region.axes);
  if (region.core) {
    addWhole(region.core);
    parts.push(JSON.stringify(region.core.attrs, (_, x: unknown) => exactly(x)));
    for (const input of region.core.inputs) parts.push("[", ...input.shape, "]");
  }
  parts.push(region.operands.length);
  region.operands.forEach(addExpr);
  for (const root of region.roots) {
    addWhole(root.node);
    parts.push(root.domain, root.reduce ?? "", root.stored ? "s" : "");
    addExpr(root.body);
  }
  return { key: parts.join(), nodes: [...nodes.keys()] };
}

const textOf = (x: number): string => (Object.is(x, -0) ? "-0" : String(x));

/** Numbers that JSON has no text for, as text. */
const exactly = (x: unknown): unknown =>
  typeof x === "number" && (!Number.isFinite(x) || Object.is(x, -0)) ? textOf(x) : x;
