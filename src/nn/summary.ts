import { itemBytes } from "../ir/dtype.ts";
import { type Shape, showShape, sizeOf } from "../ir/shape.ts";
import { noGrad, Tensor, zeros } from "../tensor/index.ts";
import { type Module } from "./module.ts";
import { type Parameter } from "./parameter.ts";

/** Shape of the only input, or the inputs themselves. */
export type SummaryInput = Shape | readonly Tensor[];

interface Row {
  readonly name: string;
  readonly output: string;
  readonly parameters: number;
}

const count = (n: number): string => n.toLocaleString("en-US");
const elements = (parameters: readonly Parameter[]): number =>
  parameters.reduce((sum, p) => sum + sizeOf(p.shape), 0);

/** What `Module.summary` prints. */
export function summarize(root: Module, input: SummaryInput | undefined): string {
  const outputs = input ? outputShapes(root, input) : new Map<Module, string>();
  const rows: Row[] = [];
  const seen = new Set<Parameter>();
  const visit = (module: Module, prefix: string, branch: string, label: string): void => {
    const inside = new Set(module.children().flatMap((child) => child.parameters()));
    const own = module.parameters().filter((p) => !inside.has(p) && !seen.has(p));
    for (const p of own) seen.add(p);
    rows.push({
      name: `${prefix}${branch}${label}${module.constructor.name}`,
      output: outputs.get(module) ?? "--",
      parameters: elements(own),
    });
    const children = module.namedChildren();
    const below = prefix + (branch === "" ? "" : branch === "└─" ? "  " : "│ ");
    children.forEach(([name, child], i) =>
      visit(child, below, i === children.length - 1 ? "└─" : "├─", `${name}: `),
    );
  };
  visit(root, "", "", "");
  const cells = [
    ["Layer", "Output shape", "Parameters"],
    ...rows.map((r) => [r.name, r.output, r.parameters === 0 ? "--" : count(r.parameters)]),
  ];
  const widths = [0, 1, 2].map((i) => Math.max(...cells.map((row) => row[i].length)));
  const lines = cells.map(([name, output, parameters]) =>
    [name.padEnd(widths[0]), output.padEnd(widths[1]), parameters.padStart(widths[2])].join("   "),
  );
  const rule = "─".repeat(lines[0].length);
  const parameters = root.parameters();
  const trained = elements(parameters.filter((p) => p.requiresGrad));
  const bytes = parameters.reduce((sum, p) => sum + sizeOf(p.shape) * itemBytes(p.dtype), 0);
  const total = elements(parameters);
  return [
    rule,
    lines[0],
    rule,
    ...lines.slice(1),
    rule,
    `${count(total)} parameters (${count(trained)} trained), ${(bytes / 2 ** 20).toFixed(2)} MiB`,
  ].join("\n");
}

/** Runs `forward` on zeros and notes what each module returned first. */
function outputShapes(root: Module, input: SummaryInput): Map<Module, string> {
  const inputs = input.every((entry) => entry instanceof Tensor) ? input : [zeros(input)];
  const shapes = new Map<Module, string>();
  const before = root.modules().map((module) => ({
    module,
    training: module.training,
    forward: Object.getOwnPropertyDescriptor(module, "forward"),
  }));
  try {
    for (const { module } of before) {
      module.training = false;
      const forward = module.forward.bind(module) as (...args: unknown[]) => unknown;
      // In the way of the class's method for this run.
      module.forward = (...args: unknown[]): unknown => {
        const output = forward(...args);
        if (!shapes.has(module)) shapes.set(module, show(output));
        return output;
      };
    }
    noGrad(() => (root.forward as (...args: unknown[]) => unknown)(...inputs));
  } finally {
    for (const { module, training, forward } of before) {
      module.training = training;
      if (forward) Object.defineProperty(module, "forward", forward);
      else delete (module as { forward?: unknown }).forward;
    }
  }
  return shapes;
}

function show(output: unknown): string {
  if (output instanceof Tensor) return showShape(output.shape);
  if (Array.isArray(output)) return output.map(show).join(", ");
  return "--";
}
