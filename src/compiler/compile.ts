import { debug } from "../ir/debug.ts";
import { clearInternTable, type Node } from "../ir/node.ts";
import { printGraph } from "../ir/print.ts";
import { lowerGraph } from "./lower/index.ts";
import { type Target } from "./loop/loop.ts";
import { planMemory } from "./memory.ts";
import { type Plan } from "./plan.ts";
import { printMemory, printSchedule } from "./print.ts";
import { simplify } from "./simplify.ts";

/** A graph to compile: its leaves are placeholders. */
export interface Graph {
  readonly outputs: readonly Node[];
  /** Placeholders whose elements are given at each run. */
  readonly inputs: readonly Node[];
  /** Number of scalar placeholders with attribute `constant`, whose numbers are given at each run. */
  readonly constants: number;
}

/** What a device runs to compute the graph's outputs. */
export function compile(graph: Graph, target: Target): Plan {
  debug("graph", () => printGraph(graph.outputs));
  const outputs = simplify(graph.outputs);
  const steps = lowerGraph(outputs, target);
  debug("schedule", () => printSchedule(steps, outputs));
  const plan = planMemory(steps, graph.inputs, outputs, graph.constants);
  debug("memory", () => printMemory(plan));
  clearInternTable();
  return plan;
}
