import * as arithmetic from "./arithmetic.ts";
import * as compare from "./compare.ts";
import { Complex } from "./complex.ts";
import * as elementary from "./elementary.ts";
import * as reduce from "./reduce.ts";
import { lifted, type ShapeMethods, SHAPES } from "./shape.ts";
import * as sigmoid from "./sigmoid.ts";
import type { Tensor } from "../tensor/index.ts";

// As for real tensors: functions are written once, with the tensor as first parameter, and become methods.

type Method<F> = F extends (x: never, ...args: infer A) => infer R ? (...args: A) => R : never;
type MethodsOf<Family> = { [K in keyof Family]: Method<Family[K]> };

/** The functions that are also methods of `Complex`. */
export interface ComplexMethods
  extends
    MethodsOf<typeof arithmetic>,
    MethodsOf<typeof compare>,
    MethodsOf<typeof elementary>,
    MethodsOf<typeof reduce>,
    MethodsOf<typeof sigmoid>,
    ShapeMethods {}

type AnyFunction = (x: unknown, ...args: unknown[]) => unknown;

function define(name: string, value: (this: Complex, ...args: unknown[]) => unknown): void {
  Object.defineProperty(Complex.prototype, name, { value, writable: true, configurable: true });
}

for (const family of [arithmetic, compare, elementary, reduce, sigmoid])
  for (const [name, fn] of Object.entries(family) as [string, AnyFunction][])
    define(name, function (...args) {
      return fn(this, ...args);
    });

for (const [name, fn] of Object.entries(SHAPES) as [string, AnyFunction][])
  define(name, function (...args) {
    return lifted(this, (part) => fn(part, ...args) as Tensor | Tensor[]);
  });

export { Complex };
