import { itemBytes } from "../ir/dtype.ts";
import { type Node } from "../ir/node.ts";
import { nodeNames } from "../ir/print.ts";
import { showShape } from "../ir/shape.ts";
import { type Affine } from "./affine.ts";
import { type Expr, isIdentity } from "./expr.ts";
import { type LoweredStep } from "./lower/scan.ts";
import { type Place, type Plan, type Step } from "./plan.ts";
import { type Region, type Root } from "./region.ts";

// What `NABLA_DEBUG` shows of the compiler's passes. Nodes have the names of the printed graph; memory
// that lowering asked for, which no node of the graph stands for, is `%t`.

type Names = ReadonlyMap<Node, string>;

const nameOf = (names: Names, node: Node): string => names.get(node) ?? "%t";

/** Operations of one expression that are shown: what many expressions share is written in each. */
const SHOWN = 40;

const showForm = ({ offset, coeffs }: Affine): string =>
  [
    ...coeffs.flatMap((c, i) => (c === 0 ? [] : [c === 1 ? `i${i}` : `${c}·i${i}`])),
    ...(offset !== 0 ? [String(offset)] : []),
  ].join(" + ") || "0";

function showExpr(expr: Expr, names: Names): string {
  let left = SHOWN;
  const show = (e: Expr): string => {
    if (left-- <= 0) return "…";
    switch (e.kind) {
      case "load":
        return isIdentity(e.at, e.source.shape) && e.at.coeffs.length === e.source.shape.length
          ? nameOf(names, e.source)
          : `${nameOf(names, e.source)}[${showForm(e.at)}]`;
      case "index":
        return showForm(e.at);
      case "literal":
        return String(e.value);
      case "constant":
        return `constant${e.index}`;
      case "op":
        return `${e.name}(${e.args.map(show).join(", ")})`;
      case "mask": {
        const inside = e.bounds.map(({ at, size }) => `0 ≤ ${showForm(at)} < ${size}`).join(", ");
        return `(${inside} ? ${show(e.value)} : ${e.fill})`;
      }
      case "gather":
        return `${nameOf(names, e.source)}[${showForm(e.at)} + ${e.stride}·(${show(e.index)})]`;
    }
  };
  return show(expr);
}

function showRoot(root: Root, region: Region, names: Names): string {
  const { node } = root;
  const what =
    node === region.core || (node.op.name === "pick" && region.core)
      ? `${region.core.op.name}(${region.operands.map((x) => showExpr(x, names)).join(", ")})`
      : root.reduce
        ? `${root.reduce}(${showExpr(root.body, names)})`
        : showExpr(root.body, names);
  return `  ${nameOf(names, node)}${root.stored ? "" : " (not stored)"} = ${what}`;
}

/** Regions in the order in which they run, each with the values that it computes. */
export function printRegions(regions: readonly Region[], outputs: readonly Node[]): string {
  const names = nodeNames(outputs);
  return regions
    .flatMap((region) => [
      `${region.kind} over ${showShape(region.space)}` +
        (region.kind === "rows" ? `, reduced axes ${showShape(region.axes)}` : ""),
      ...region.roots.map((root) => showRoot(root, region, names)),
    ])
    .join("\n");
}

/** Kernel calls in order, with the values they read and write. */
export function printSchedule(steps: readonly LoweredStep[], outputs: readonly Node[]): string {
  const names = nodeNames(outputs);
  const lines: string[] = [];
  const print = (list: readonly LoweredStep[], indent: string): void => {
    for (const step of list) {
      if (step.kind === "loop") {
        lines.push(`${indent}${step.count} times`);
        print(step.body, `${indent}  `);
        continue;
      }
      const args = step.arguments.map((argument, i) => {
        const { access } = step.kernel.buffers[i];
        return "node" in argument
          ? `${access} ${nameOf(names, argument.node)}`
          : `${access} ${argument.scratchBytes} bytes`;
      });
      lines.push(
        `${indent}${step.kernel.name}: ${args.join(", ")}; pieces ${step.pieces}, cost ${step.cost}`,
      );
    }
  };
  print(steps, "");
  return lines.join("\n");
}

const showPlace = (place: Place): string =>
  place.kind === "arena" ? `arena + ${place.offset}` : `${place.kind} ${place.index}`;

/** Where each buffer of a plan lies, and from which step to which it is in use. */
export function printMemory(plan: Plan): string {
  const used = plan.buffers.map(() => ({ first: Infinity, last: -1 }));
  const visit = (step: Step, position: number): void => {
    if (step.kind === "loop") {
      for (const inner of step.body) visit(inner, position);
      return;
    }
    for (const arg of step.args) {
      if ("scratch" in arg) continue;
      const use = used[arg.buffer];
      use.first = Math.min(use.first, position);
      use.last = Math.max(use.last, position);
    }
  };
  plan.steps.forEach(visit);
  return [
    `arena ${plan.arenaBytes} bytes, scratch ${plan.scratchBytes} bytes a thread`,
    ...plan.buffers.map(
      ({ place, dtype, length }, i) =>
        `  ${showPlace(place)}: ${dtype}[${length}], ${length * itemBytes(dtype)} bytes, ` +
        `steps ${used[i].first} to ${used[i].last}`,
    ),
  ].join("\n");
}
