import { describe, expect, test } from "vitest";
import { nn, optim } from "../../src/index.ts";
import { zeros } from "../../src/tensor/index.ts";
import {
  type AnyOptimizer,
  camelDeep,
  expectRelative,
  optimizerOf,
  type Options,
  type ScheduleCase,
  type ScheduleSpec,
  vectors,
} from "./vectors.ts";

const { lrScheduler } = optim;
type Scheduler = optim.lrScheduler.LRScheduler;

// The functions of tools/fixtures-optim.py.
const LAMBDAS: Record<string, (epoch: number) => number> = {
  decay: (epoch) => 0.95 ** epoch,
  inverse: (epoch) => 1 / (1 + 0.1 * epoch),
  wave: (epoch) => 1 + 0.1 * (-1) ** epoch,
  scale: (x) => 1 / (1 + 0.25 * x),
};

function withLambdas(x: unknown): unknown {
  if (Array.isArray(x)) return x.map(withLambdas);
  return typeof x === "string" ? LAMBDAS[x] : x;
}

type Make = new (...args: unknown[]) => Scheduler;

function makeScheduler(
  optimizer: AnyOptimizer,
  { kind, args, options, children }: ScheduleSpec,
): Scheduler {
  const parts = children.map((child) => makeScheduler(optimizer, child));
  const { scaleFn, ...plain } = camelDeep(options) as Options;
  const own = scaleFn === undefined ? plain : { ...plain, scaleFn: LAMBDAS.scale };
  const Kind = { ...lrScheduler, ...optim.swaUtils }[kind as "StepLR"] as unknown as Make;
  if (kind === "ChainedScheduler") return new Kind(parts);
  if (kind === "SequentialLR") return new Kind(optimizer, parts, ...args);
  return new Kind(optimizer, ...(withLambdas(args) as unknown[]), own);
}

function makeOptimizer({ optimizer: { kind, options } }: ScheduleCase): AnyOptimizer {
  const groups = [
    { params: [new nn.Parameter(zeros([1]))] },
    { params: [new nn.Parameter(zeros([1]))], lr: 0.02 },
  ];
  return optimizerOf(kind, groups, { lr: 0.05, ...options });
}

/** The groups' rates, then their momenta or first betas. */
function stateOf({ paramGroups }: AnyOptimizer): number[] {
  const momenta = paramGroups.map(({ options }) => {
    const { betas, momentum } = options as { betas?: number[]; momentum?: number };
    return betas ? betas[0] : momentum!;
  });
  return [...paramGroups.map(({ lr }) => lr), ...momenta];
}

const show = ({ kind, args, options, children }: ScheduleSpec): string =>
  [
    kind,
    ...args.map((x) => JSON.stringify(x)),
    JSON.stringify(camelDeep(options)),
    ...(children.length > 0 ? [`of ${children.map(show).join(" and ")}`] : []),
  ].join(" ");

describe("64 steps as in PyTorch", () => {
  vectors.schedules.cases.forEach((c, number) => {
    const step = (scheduler: Scheduler, i: number): void =>
      scheduler.step(...(c.arguments ? [c.arguments[i]] : []));

    test(`${number}: ${c.optimizer.kind}, ${show(c.schedule)}`, () => {
      const optimizer = makeOptimizer(c);
      const scheduler = makeScheduler(optimizer, c.schedule);
      expectRelative(stateOf(optimizer), c.path[0], 1e-12, "at first", 1e-15);
      c.path.slice(1).forEach((expected, i) => {
        step(scheduler, i);
        expectRelative(stateOf(optimizer), expected, 1e-12, `after ${i + 1} steps`, 1e-15);
        expect(scheduler.getLastLr()).toEqual(optimizer.paramGroups.map(({ lr }) => lr));
      });
    });

    test(`${number}: goes on where it was saved`, () => {
      const [optimizer, other] = [makeOptimizer(c), makeOptimizer(c)];
      const scheduler = makeScheduler(optimizer, c.schedule);
      for (let i = 0; i < 23; i++) step(scheduler, i);
      const saved = JSON.stringify(scheduler.stateDict());
      const ofOptimizer = JSON.stringify(optimizer.stateDict());
      for (let i = 23; i < 50; i++) step(scheduler, i);
      const resumed = makeScheduler(other, c.schedule);
      other.loadStateDict(JSON.parse(ofOptimizer) as optim.OptimizerState);
      resumed.loadStateDict(JSON.parse(saved) as optim.lrScheduler.SchedulerState);
      for (let i = 23; i < 50; i++) step(resumed, i);
      expect(stateOf(other)).toEqual(stateOf(optimizer));
      expect(resumed.stateDict()).toEqual(scheduler.stateDict());
    });
  });
});
