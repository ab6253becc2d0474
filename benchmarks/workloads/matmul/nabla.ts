import { type Tensor } from "nabla";
import { type Prepare, switchOf } from "../../harness/job.ts";
import { operator, toTensor } from "../shared/nabla.ts";

export const prepare: Prepare = (input) => {
  const ta = switchOf(input, "transposeA");
  const tb = switchOf(input, "transposeB");
  const product = (a: Tensor, b: Tensor): Tensor[] => [(ta ? a.T : a).matmul(tb ? b.T : b)];
  return operator(input, product, [toTensor(input.arrays.a), toTensor(input.arrays.b)]);
};
