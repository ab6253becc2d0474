import * as tf from "@tensorflow/tfjs-core";
import { type Prepare, switchOf } from "../../harness/job.ts";
import { operator, toTensor } from "../shared/tfjs.ts";

export const prepare: Prepare = (input) => {
  const ta = switchOf(input, "transposeA");
  const tb = switchOf(input, "transposeB");
  return operator(
    (a, b) => [tf.matMul(a, b, ta, tb)],
    [toTensor(input.arrays.a), toTensor(input.arrays.b)],
  );
};
