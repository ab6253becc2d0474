import { debug } from "../ir/debug.ts";
import { substitute } from "../ir/substitute.ts";
import { clearInternTable, type Node, topological } from "../ir/node.ts";
import { printGraph } from "../ir/print.ts";
import { placeholder } from "../ir/ops.ts";
import { type Lowered, lowerGraph } from "./lower/index.ts";
import { lowerCopy, type LoweredStep } from "./lower/scan.ts";
import { type Target } from "./loop/loop.ts";
import { planMemory } from "./memory.ts";
import { type Plan } from "./plan.ts";
import { printMemory, printSchedule } from "./print.ts";
import { simplify } from "./simplify.ts";
import { widen } from "./widen.ts";

/** A graph to compile: its leaves are placeholders. */
export interface Graph {
  readonly outputs: readonly Node[];
  /** Placeholders whose elements are given at each run. */
  readonly inputs: readonly Node[];
  /** Number of scalar placeholders with attribute `constant`, whose numbers are given at each run. */
  readonly constants: number;
  /** For outputs, by position, the inputs whose memory they are written to; missing: memory of their own. */
  readonly replaced?: readonly (readonly Node[] | undefined)[];
}

/** What a device runs to compute the graph's outputs. */
export function compile(graph: Graph, target: Target): Plan {
  debug("graph", () => printGraph(graph.outputs));
  const simplified = simplify(widen(inlineCalls(graph.outputs)));
  const replaced = replacementsOf(simplified, graph.replaced ?? []);
  const lowered = lowerGraph(simplified, target, replaced);
  const { steps, outputs } = safely(lowered, simplified, target);
  debug("schedule", () => printSchedule(steps, outputs));
  const plan = planMemory(steps, graph.inputs, outputs, graph.constants);
  debug("memory", () => printMemory(plan));
  clearInternTable();
  return plan;
}

/** The inputs that outputs take the place of, by output; a node may be several outputs. */
function replacementsOf(
  outputs: readonly Node[],
  replaced: readonly (readonly Node[] | undefined)[],
): Map<Node, readonly Node[]> {
  const found = new Map<Node, readonly Node[]>();
  outputs.forEach((output, i) => {
    const inputs = replaced[i];
    if (inputs) found.set(output, [...(found.get(output) ?? []), ...inputs]);
  });
  return found;
}

/** Outputs that are written while what they replace is still wanted get there by a copy at the end. */
function safely(
  { steps, early }: Lowered,
  outputs: readonly Node[],
  target: Target,
): { steps: LoweredStep[]; outputs: Node[] } {
  const copies: LoweredStep[] = [];
  const given = outputs.map((output) => {
    if (!early.has(output)) return output;
    const place = placeholder(output.shape, output.dtype);
    copies.push(lowerCopy(output, place, target));
    return place;
  });
  return { steps: [...steps, ...copies], outputs: given };
}

/** `outputs` with the graphs of calls in their places. */
function inlineCalls(outputs: readonly Node[]): readonly Node[] {
  const order = topological(outputs);
  // The inputs of the first one hold no calls.
  const call = order.find(({ op }) => op.name === "call");
  if (!call) return outputs;
  const results = call.op.tuple!.compose!(call.inputs, call.attrs);
  const picks = order.filter((node) => node.op.name === "pick" && node.inputs[0] === call);
  const placed = picks.map((node) => results[node.attrs.index as number]);
  return inlineCalls(substitute(outputs, picks, placed));
}
