import { type OptimizerOptions, type ParamGroup } from "../param-group.ts";
import { type AnyOptimizer } from "./scheduler.ts";

type Options = OptimizerOptions & {
  readonly momentum?: number;
  readonly betas?: readonly [number, number];
};

/** Throws unless the optimiser has a momentum, or betas of which the first is one. */
export function checkHasMomentum({ paramGroups }: AnyOptimizer, what: string): void {
  const [{ options }] = paramGroups;
  if (!("momentum" in options || "betas" in options))
    throw new Error(
      `${what}: cycleMomentum needs an optimiser with momentum or betas; pass cycleMomentum: false`,
    );
}

/** Sets the momentum, or the first of the betas. */
export function setMomentum(group: ParamGroup<OptimizerOptions>, momentum: number): void {
  const { betas } = group.options as Options;
  const changes: Partial<Options> = betas ? { betas: [momentum, betas[1]] } : { momentum };
  group.set(changes);
}
