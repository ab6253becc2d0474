import { optim } from "../../src/index.ts";
import { camel } from "../nn/fixtures.ts";
import { type Status } from "../parity/table.ts";
import { vectors } from "./vectors.ts";

// What of PyTorch's optimisers and schedules there is: docs/optim.md.

interface Note {
  readonly status: Exclude<Status, "supported">;
  readonly why: string;
}

/** Where the names of a module of PyTorch stand. */
const PLACES: Readonly<Record<string, { prefix: string; values: object }>> = {
  "torch.optim": { prefix: "optim", values: optim },
  "torch.optim.lr_scheduler": { prefix: "optim.lrScheduler", values: optim.lrScheduler },
  "torch.optim.swa_utils": { prefix: "optim.swaUtils", values: optim.swaUtils },
  "torch.nn.utils": { prefix: "optim", values: optim },
};

const differs = (why: string): Note => ({ status: "differs", why });
const absent = (why: string): Note => ({ status: "not applicable", why });

/** The names that are not simply supported. */
export const NOTES: Readonly<Record<string, Note>> = {
  Optimizer: differs("no hooks: what is to happen before or after a step stands beside it"),
  LBFGS: differs(
    "reads the loss, so it cannot be in a compiled function; all parameters must be of one dtype",
  ),
  Muon: differs("iterates in the parameter's dtype, not in bfloat16"),
  SparseAdam: absent("for sparse gradients, which there are none of"),
  swap_in_optimizer_params_and_state: absent(
    "for parameters that are replaced by other objects; here their values are",
  ),
  LRScheduler: differs(
    "`step(epoch)`, which PyTorch has deprecated, is not there; no warning before the first step of the optimiser",
  ),
  get_ema_multi_avg_fn: absent("`getEmaAvgFn` is as fast: averages are fused"),
  get_swa_multi_avg_fn: absent("`getSwaAvgFn` is as fast: averages are fused"),
  update_bn: differs("returns a promise, since loaders are asynchronous"),
};

/** Optimisers that PyTorch does not have. */
export const OTHERS: Readonly<Record<string, string>> = {
  LAMB: "You et al. 2020",
  Lion: "Chen et al. 2023",
};

export interface Row {
  /** The name in PyTorch. */
  readonly torch: string;
  /** The name here, where there is one. */
  readonly own: string | undefined;
  readonly status: Status;
  readonly why: string;
}

export const rows = (): Row[] =>
  Object.entries(vectors.names).flatMap(([module, names]) => {
    const { prefix, values } = PLACES[module];
    return names.map((name): Row => {
      const own = camel(name);
      const exists = own in values;
      const { status, why } = NOTES[name] ?? { status: exists ? "supported" : "missing", why: "" };
      const torch = `${module}.${name}`;
      return { torch, own: exists ? `${prefix}.${own}` : undefined, status, why };
    });
  });

/** docs/optim.md. */
export function page(): string {
  const lines = rows().map(
    ({ torch, own, status, why }) =>
      `| \`${torch}\` | ${own === undefined ? "" : `\`${own}\``} | ${status} | ${why} |`,
  );
  const others = Object.entries(OTHERS).map(([name, paper]) => `\`optim.${name}\` (${paper})`);
  return `# Optimisers and schedules of PyTorch

Every name of ${vectors.source}'s \`torch.optim\`, and whether Nabla has it with the same defaults and numbers.
\`test/optim\` compares fifty steps of every optimiser and 64 of every schedule with PyTorch's, for several settings of
each: in double precision to 1e-10 (schedules to 1e-12), in single precision to 1e-5. \`tools/fixtures-optim.py\` makes
the numbers, and with \`--check\` compares those in the repository with PyTorch. This page is written by
\`npx tsx test/parity/write-table.ts\`.

Not in PyTorch: ${others.join(", ")}, compared with their papers' algorithms,
line by line.

What holds for all optimisers: \`foreach\`, \`fused\`, \`capturable\` and \`differentiable\` are not there, since every step is
one program of fused kernels. Options are changed by \`paramGroups[i].set({ … })\`; numbers of steps and products of
momenta are kept in double precision. Schedules save neither functions nor the optimiser.

| PyTorch | Nabla | status | why |
| --- | --- | --- | --- |
${lines.join("\n")}
`;
}
