import { Tensor } from "../tensor/index.ts";
import { Buffer, Parameter } from "./parameter.ts";
import { isLazy } from "./uninitialized.ts";

const isPlain = (x: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(x);
  return prototype === Object.prototype || prototype === null;
};

/**
 * A copy of an object with all modules, parameters and buffers in it; what was shared among them still is.
 * Other tensors, functions and foreign objects are the same in both.
 */
export function deepCopy<T extends object>(root: T, isModule: (x: object) => boolean): T {
  const copies = new Map<object, object>();
  const fields = (from: object, to: object): void => {
    copies.set(from, to);
    for (const [name, value] of Object.entries(from) as [keyof typeof to, unknown][])
      to[name] = copy(value) as never;
    // Weights that are computed from others, by parametrizations.
    for (const [name, own] of Object.entries(Object.getOwnPropertyDescriptors(from)))
      if (own.get && !own.enumerable) Object.defineProperty(to, name, own);
  };
  const cell = (x: Tensor): Tensor => {
    if (isLazy(x)) return x.another();
    if (x instanceof Parameter) return new Parameter(x.detach(), { requiresGrad: x.requiresGrad });
    return x instanceof Buffer ? new Buffer(x.detach(), { persistent: x.persistent }) : x;
  };
  const copy = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value;
    const known = copies.get(value);
    if (known) return known;
    if (value instanceof Tensor) {
      const own = cell(value);
      copies.set(value, own);
      return own;
    }
    if (value instanceof Map) {
      const own = new Map<unknown, unknown>();
      copies.set(value, own);
      for (const [key, entry] of value) own.set(key, copy(entry));
      return own;
    }
    if (Array.isArray(value)) {
      const own: unknown[] = [];
      copies.set(value, own);
      for (const entry of value) own.push(copy(entry));
      return own;
    }
    if (!isModule(value) && !isPlain(value)) return value;
    const own = Object.create(Object.getPrototypeOf(value) as object | null) as object;
    fields(value, own);
    return own;
  };
  return copy(root) as T;
}
