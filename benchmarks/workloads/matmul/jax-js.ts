import { numpy as np } from "@jax-js/jax";
import { type Prepare, switchOf } from "../../harness/job.ts";
import { operator, toArray } from "../shared/jax-js.ts";

export const prepare: Prepare = (input) => {
  const ta = switchOf(input, "transposeA");
  const tb = switchOf(input, "transposeB");
  return operator(
    (a, b) => [np.matmul(ta ? a.transpose() : a, tb ? b.transpose() : b)],
    [toArray(input.arrays.a), toArray(input.arrays.b)],
  );
};
