import { type DType } from "../../src/ir/dtype.ts";
import { Tensor } from "../../src/tensor/index.ts";

/** The arguments of a call by name. `never` goes wherever a parameter of any type is. */
export type Args = Readonly<Record<string, never>>;

/** How an entry of PyTorch's list is written with our functions. */
export interface Operator {
  readonly call: (args: readonly unknown[], kwargs: Readonly<Record<string, unknown>>) => unknown;
  /** How it is written for complex samples, where it takes them. */
  readonly complex?: Operator;
  /** What our results do not have to have: the same elements (random numbers). */
  readonly compare?: "shapes";
  /** What is compared in place of results of which PyTorch may give any: see `DETERMINED` in the script. */
  readonly determined?: string;
  /** Positions of equal elements, of which PyTorch gives any: they are not compared. */
  readonly indices?: "free";
  /** Calls that we answer otherwise than PyTorch, and why: the operator "differs". */
  readonly except?: readonly Exception[];
  /** Calls for which PyTorch's own result is not determined: they are not compared. */
  readonly undetermined?: (args: Args) => boolean;
  /** Whether its results are counts of a kind, which are i32 for samples of i64 too. */
  readonly counts?: boolean;
  /** What else is not as in PyTorch, though the calls can be written: the operator "differs". */
  readonly differs?: string;
  /** What gradients are not compared for, and why: the operator "differs" too. */
  readonly gradients?: string;
  /** Relative and absolute tolerance by dtype, where the usual ones do not do. */
  readonly tolerance?: Readonly<Partial<Record<DType, readonly [number, number]>>>;
}

export interface Exception {
  readonly when: (args: Args) => boolean;
  readonly why: string;
}

export type Options = Omit<Operator, "call" | "complex" | "except"> & {
  readonly except?: readonly Exception[];
};

const camel = (name: string): string =>
  name.replace(/(?<=.)_(\w)/g, (_, letter: string) => letter.toUpperCase());

/** Thrown for a call that the entry names as an exception. */
export class Excepted extends Error {}
/** Thrown for a call whose result is not determined. */
export class Undetermined extends Error {}

/**
 * A call with PyTorch's parameter names, separated by spaces, in their order; `*` before the last takes
 * what is left. The body gets them in camel case.
 */
export function op(
  parameters: string,
  body: (args: Args) => unknown,
  options: Options = {},
): Operator {
  const names = parameters.split(" ").filter(Boolean);
  return {
    ...options,
    call(args, kwargs) {
      const bound: Record<string, unknown> = {};
      names.forEach((name, i) => {
        if (name.startsWith("*")) bound[camel(name.slice(1))] = args.slice(i);
        else if (i < args.length) bound[camel(name)] = args[i];
      });
      const rest = names.some((name) => name.startsWith("*"));
      if (args.length > names.length && !rest)
        throw new Error(`expected at most ${names.length} arguments, got ${args.length}`);
      for (const [name, value] of Object.entries(kwargs)) {
        if (!names.includes(name)) throw new Error(`unknown argument ${name}`);
        bound[camel(name)] = value;
      }
      const given = bound as Args;
      for (const { when, why } of options.except ?? []) if (when(given)) throw new Excepted(why);
      if (options.undetermined?.(given)) throw new Undetermined();
      return body(given);
    },
  };
}

/** A function of one tensor. */
export const one = (f: (x: never) => unknown, options?: Options): Operator =>
  op("input", ({ input }) => f(input), options);
/** A function of two operands. */
export const two = (f: (x: never, y: never) => unknown, options?: Options): Operator =>
  op("input other", ({ input, other }) => f(input, other), options);

/** A number that PyTorch also takes as a scalar tensor. */
export const numberOf = (x: unknown): number => (x instanceof Tensor ? x.itemSync() : Number(x));
