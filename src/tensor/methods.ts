import * as activation from "./activation.ts";
import * as arithmetic from "./arithmetic.ts";
import * as backward from "./backward.ts";
import * as compare from "./compare.ts";
import * as convert from "./convert.ts";
import * as diagonal from "./diagonal.ts";
import * as extremes from "./extremes.ts";
import { registerHook, registerPostAccumulateGradHook, retainGrad } from "./hooks.ts";
import * as indexing from "./indexing.ts";
import * as like from "./like.ts";
import * as matmul from "./matmul.ts";
import * as padding from "./padding.ts";
import * as reduce from "./reduce.ts";
import * as sampling from "./sampling.ts";
import * as shape from "./shape.ts";
import * as sorting from "./sorting.ts";
import { Tensor } from "./tensor.ts";
import * as unary from "./unary.ts";

// Functions are written once, with the tensor as first parameter. Those of the families below become
// methods here; the mapped types carry their signatures and doc comments along.

const hooks = { registerHook, registerPostAccumulateGradHook, retainGrad };

type Method<F> = F extends (x: never, ...args: infer A) => infer R ? (...args: A) => R : never;
type MethodsOf<Family> = { [K in keyof Family]: Method<Family[K]> };

type Overloads<F> = F extends {
  (x: never, ...args: infer A): infer R;
  (x: never, ...args: infer B): infer S;
}
  ? { (...args: A): R; (...args: B): S }
  : never;
type OverloadedMethodsOf<Family> = { [K in keyof Family]: Overloads<Family[K]> };

/** The functions that are also methods of `Tensor`. */
export interface Methods
  extends
    MethodsOf<typeof activation>,
    MethodsOf<typeof arithmetic>,
    MethodsOf<typeof backward>,
    MethodsOf<typeof compare>,
    MethodsOf<typeof convert>,
    MethodsOf<typeof diagonal>,
    MethodsOf<typeof hooks>,
    MethodsOf<typeof indexing>,
    MethodsOf<typeof like>,
    MethodsOf<typeof matmul>,
    MethodsOf<typeof padding>,
    MethodsOf<typeof reduce>,
    MethodsOf<typeof sampling>,
    MethodsOf<typeof shape>,
    MethodsOf<typeof sorting>,
    MethodsOf<typeof unary>,
    MethodsOf<Pick<typeof extremes, "kthvalue">>,
    OverloadedMethodsOf<Omit<typeof extremes, "kthvalue">> {}

for (const family of [
  activation,
  arithmetic,
  backward,
  compare,
  convert,
  diagonal,
  extremes,
  hooks,
  indexing,
  like,
  matmul,
  padding,
  reduce,
  sampling,
  shape,
  sorting,
  unary,
])
  for (const [name, fn] of Object.entries(family) as [string, (...args: unknown[]) => unknown][])
    Object.defineProperty(Tensor.prototype, name, {
      // With the name of the function, which stack traces show.
      value: {
        [name](this: Tensor, ...args: unknown[]): unknown {
          return fn(this, ...args);
        },
      }[name],
      writable: true,
      configurable: true,
    });

export { Tensor };
