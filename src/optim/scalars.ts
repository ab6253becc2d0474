import { type DType } from "../ir/dtype.ts";
import { input } from "../ir/ops.ts";
import { HostScalar } from "../runtime/values.ts";
import { Tensor } from "../tensor/index.ts";
import { type OptimizerOptions, type ParamGroup } from "./param-group.ts";

/** A scalar that the host supplies anew whenever a program runs: to the program a number like any other. */
export const hostNumber = (dtype: DType, read: () => number): Tensor =>
  new Tensor(input([], dtype, new HostScalar(read)));

/** One step of a group: numbers that all its parameters share, computed once. */
export interface StepScalars<O> {
  /** Learning rate, f64. */
  readonly lr: Tensor;
  /** Number of this step, from 1, f64. */
  readonly step: Tensor;
  /**
   * What `read` makes of the present options: a number that may change from step to step without a new
   * program. One for each key and dtype.
   */
  readonly number: (key: string, dtype: DType, read: (options: O) => number) => Tensor;
  /** `make()` in the dtype of a parameter; computed once for each key and dtype. */
  readonly shared: (key: string, dtype: DType, make: () => Tensor) => Tensor;
}

export function stepScalars<O extends OptimizerOptions>(
  group: ParamGroup<O>,
  step: Tensor,
): StepScalars<O> {
  const made = new Map<string, Tensor>();
  const once = (key: string, dtype: DType, make: () => Tensor): Tensor => {
    const name = `${key} ${dtype}`;
    let value = made.get(name);
    if (!value) made.set(name, (value = make()));
    return value;
  };
  return {
    step,
    lr: hostNumber("f64", () => group.options.lr),
    number: (key, dtype, read) =>
      once(key, dtype, () => hostNumber(dtype, () => read(group.options))),
    shared: (key, dtype, make) => once(key, dtype, () => make().to(dtype)),
  };
}
