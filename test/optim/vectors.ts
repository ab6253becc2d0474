import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { nn, optim } from "../../src/index.ts";
import { type DType } from "../../src/ir/dtype.ts";
import { type Tensor, tensor } from "../../src/tensor/index.ts";
import { camel } from "../nn/fixtures.ts";

// PyTorch's numbers, made by tools/fixtures-optim.py.

/** Options by PyTorch's names. */
export type Options = Readonly<Record<string, unknown>>;

/** Parameters, and what the loss of `lossOf` compares them with. */
export interface Problem {
  readonly shapes: number[][];
  readonly start: number[][];
  readonly scale: number[][];
  readonly target: number[][];
}

export interface Trajectory {
  readonly kind: string;
  readonly options: Options;
  /** Options of the second group, which is the last parameter. */
  readonly second: Options;
  readonly dtype: "f32" | "f64";
  /** All parameters, one after the other, after the steps that were recorded. */
  readonly path: number[][];
}

export interface ScheduleSpec {
  readonly kind: string;
  readonly args: unknown[];
  readonly options: Options;
  readonly children: ScheduleSpec[];
}

export interface ScheduleCase {
  readonly optimizer: { readonly kind: "SGD" | "Adam"; readonly options: Options };
  readonly schedule: ScheduleSpec;
  /** What each call of `step` is given, where it is given something. */
  readonly arguments: number[] | null;
  /** Before the first step and after each: the groups' rates, then their momenta or first betas. */
  readonly path: number[][];
}

type State = Readonly<Record<string, number[]>>;

interface Vectors {
  readonly source: string;
  /** What PyTorch's modules export. */
  readonly names: Readonly<Record<string, string[]>>;
  readonly trajectories: {
    readonly problems: Readonly<Record<"any" | "matrices", Problem>>;
    readonly factors: number[];
    readonly leftOut: number[];
    readonly steps: number[];
    readonly cases: Trajectory[];
    readonly muonInBfloat16: Trajectory[];
  };
  readonly lbfgs: {
    readonly options: Options;
    readonly dtype: "f32" | "f64";
    readonly path: number[][];
  }[];
  readonly schedules: { readonly cases: ScheduleCase[] };
  readonly clipping: {
    readonly maxNorm: number;
    readonly normType: number | "inf";
    readonly grads: [number[], number[]];
    readonly total: number;
    readonly byNorm: [number[], number[]];
    readonly byValue: [number[], number[]];
  }[];
  readonly averages: {
    readonly start: State;
    readonly steps: Readonly<
      Record<"net" | "swa" | "ema" | "swaWithBuffers" | "emaWithBuffers", State>
    >[];
    readonly batches: number[][];
    readonly updated: State;
  };
}

const file = new URL("./vectors.json.gz", import.meta.url);
export const vectors = JSON.parse(gunzipSync(readFileSync(file)).toString("utf8")) as Vectors;

/** Names with Nabla's spelling, in options and in their values. */
export function camelDeep(x: unknown): unknown {
  if (typeof x === "string") return camel(x);
  if (Array.isArray(x)) return x.map(camelDeep);
  if (typeof x !== "object" || x === null) return x;
  return Object.fromEntries(
    Object.entries(x).map(([name, value]) => [
      camel(name.replace(/^T_/, "t_").replace(/_0$/, "0")),
      camelDeep(value),
    ]),
  );
}

export type AnyOptimizer = optim.Optimizer<optim.OptimizerOptions>;
type Kind = new (groups: optim.GroupOptions<Options>[], options: Options) => AnyOptimizer;

/** The kinds that update each parameter by its own gradient. */
export const optimizerOf = (
  kind: string,
  groups: optim.GroupOptions<Options>[],
  options: Options,
): AnyOptimizer => new (optim as unknown as Record<string, Kind>)[kind](groups, options);

const { problems, factors, leftOut } = vectors.trajectories;

export const problemOf = (kind: string): Problem =>
  kind === "Muon" ? problems.matrices : problems.any;

export const tensorsOf = (problem: Problem, key: "start" | "scale" | "target", dtype: DType) =>
  problem.shapes.map((shape, i) => tensor(problem[key][i], { dtype }).reshape(shape));

export interface Run {
  readonly params: nn.Parameter[];
  readonly optimizer: AnyOptimizer;
  /** The loss at step `step`, from 1. */
  loss(step: number, factor?: Tensor): Tensor;
}

/** The parameters of a problem with their optimiser. */
export function start({
  kind,
  options,
  second,
  dtype,
}: Pick<Trajectory, "kind" | "options" | "second" | "dtype">): Run {
  const problem = problemOf(kind);
  const params = tensorsOf(problem, "start", dtype).map((x) => new nn.Parameter(x));
  const scales = tensorsOf(problem, "scale", dtype);
  const targets = tensorsOf(problem, "target", dtype);
  const groups = [
    { params: params.slice(0, -1) },
    { params: params.slice(-1), ...(camelDeep(second) as Options) },
  ];
  const loss = (step: number, factor: number | Tensor = factors[step - 1]): Tensor => {
    const parts = params.flatMap((p, i) =>
      i === 1 && leftOut.includes(step)
        ? []
        : [p.mul(scales[i]).sub(targets[i].mul(factor)).square().add(1).sqrt().sum()],
    );
    const product = params[0].sum().mul(params.at(-1)!.sum()).mul(0.1);
    return parts.reduce((sum, part) => sum.add(part), product);
  };
  return { params, optimizer: optimizerOf(kind, groups, camelDeep(options) as Options), loss };
}

export function trainStep({ optimizer, loss }: Run, step: number): void {
  optimizer.zeroGrad();
  loss(step).backward();
  optimizer.step();
}

/** All elements of the parameters. */
export const valuesOf = (params: readonly Tensor[]): number[] =>
  params.flatMap((p) => Array.from(p.dataSync()));

/** Expects numbers that agree to `tolerance`, relative to the size of each or to `least`. */
export function expectRelative(
  actual: readonly number[],
  expected: readonly number[],
  tolerance: number,
  what: string,
  least = 0,
): void {
  if (actual.length !== expected.length)
    throw new Error(`${what}: expected ${expected.length} elements, got ${actual.length}`);
  expected.forEach((want, i) => {
    if (!(Math.abs(actual[i] - want) <= tolerance * Math.max(least, Math.abs(want))))
      throw new Error(`${what} [${i}]: expected ${want}, got ${actual[i]}`);
  });
}
