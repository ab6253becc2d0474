import * as X from "../../../src/extra/index.ts";
import { op, type Operator } from "../bind.ts";

const M = X.masked;
type F = (x: never, dim: never, options: never) => unknown;
const over = (f: F): Operator =>
  op("input dim keepdim dtype mask", (a) => f(a.input, a.dim, a as never));
const spread = (f: F): Operator =>
  op("input dim keepdim dtype mask unbiased correction", (a) => {
    const correction = a.unbiased === undefined ? a.correction : Number(a.unbiased);
    return f(a.input, a.dim, { ...a, correction } as never);
  });
const along = (f: F): Operator => op("input dim dtype mask", (a) => f(a.input, a.dim, a as never));

/** torch.masked. */
export const MASKED: Record<string, Operator> = {
  "masked.sum": over(M.sum),
  "masked.prod": over(M.prod),
  "masked.amax": over(M.amax),
  "masked.amin": over(M.amin),
  "masked.argmax": over(M.argmax),
  "masked.argmin": over(M.argmin),
  "masked.mean": over(M.mean),
  "masked.median": over(M.median),
  "masked.logsumexp": over(M.logsumexp),
  "masked.var": spread(M.variance),
  "masked.std": spread(M.std),
  "masked.norm": op("input ord dim keepdim dtype mask", (a) => M.norm(a.input, a.ord, a.dim, a)),
  "masked.cumsum": along(M.cumsum),
  "masked.cumprod": along(M.cumprod),
  "masked.softmax": along(M.softmax),
  "masked.log_softmax": along(M.logSoftmax),
  "masked.softmin": along(M.softmin),
  "masked.normalize": op("input ord dim eps dtype mask", (a) =>
    M.normalize(a.input, a.ord, a.dim, a),
  ),
  "masked.logaddexp": op("input other dtype input_mask other_mask", (a) =>
    M.logaddexp(a.input, a.other, { mask: a.inputMask, otherMask: a.otherMask }),
  ),
};
