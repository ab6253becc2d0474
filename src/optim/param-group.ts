import { type Parameter } from "../nn/parameter.ts";

/** Settings that every optimiser has, once defaults have been filled in. */
export interface OptimizerOptions {
  /** Learning rate. */
  readonly lr: number;
}

/** Parameters with options of their own. */
export type GroupOptions<O> = Partial<O> & { readonly params: Iterable<Parameter> };

/** What an optimiser is given: parameters, or groups of them. */
export type Parameters<O> = Iterable<Parameter> | Iterable<GroupOptions<O>>;

/**
 * Options that schedules change step by step. Optimisers read them through `StepScalars`, so that another
 * value is the same program with another number; a momentum of 0 alone is another program.
 */
const LIVE: readonly string[] = ["lr", "momentum", "betas"];

function sameStructure(name: string, before: unknown, after: unknown): boolean {
  return before === after || (LIVE.includes(name) && (before === 0) === (after === 0));
}

/** What an optimiser demands of options. */
interface OptionRules<O> {
  /** Throws for options outside their range. */
  check(options: O): void;
}

/**
 * A group of parameters that share their options.
 *
 * @example
 * const groups = [{ params: net.parameters(), lr: 0.01 }, { params: copy.parameters() }];
 * const optimizer = new optim.SGD(groups, { lr: 0.1 });
 * optimizer.paramGroups[0].lr; // 0.01
 * optimizer.paramGroups[1].lr; // 0.1
 */
export class ParamGroup<O extends OptimizerOptions> {
  readonly params: readonly Parameter[];
  /** @internal The learning rate that schedules start from; the first schedule notes it. */
  initialLr: number | undefined;
  /** @internal Another number whenever a step becomes another program and not only takes other numbers. */
  structure = 0;
  private settings: O;
  private readonly rules: OptionRules<O>;

  /** @internal */
  constructor(params: readonly Parameter[], options: O, rules: OptionRules<O>) {
    rules.check(options);
    this.params = params;
    this.settings = options;
    this.rules = rules;
  }

  /** The present settings. */
  get options(): O {
    return this.settings;
  }

  /** Learning rate. Setting it compiles nothing anew. Throws a RangeError unless it is >= 0. */
  get lr(): number {
    return this.settings.lr;
  }
  set lr(value: number) {
    this.set({ lr: value } as Partial<O>);
  }

  /**
   * Changes some of the options, from the next step on. Other values of `lr`, `momentum` and `betas` compile
   * nothing anew; for other options a compiled step is recorded again.
   *
   * @throws RangeError for values outside their range; then nothing has changed.
   *
   * @example
   * optimizer.paramGroups[0].set({ betas: [0.85, 0.999], weightDecay: 0.1 });
   */
  set(changes: Partial<O>): void {
    const next = this.checkChanges(changes);
    const before = this.settings as Readonly<Record<string, unknown>>;
    const known = Object.entries(changes);
    if (known.some(([name, value]) => !sameStructure(name, before[name], value))) this.structure++;
    this.settings = next;
  }

  /** @internal The options with these changes. Throws where `set` would. */
  checkChanges(changes: Partial<O>): O {
    for (const name of Object.keys(changes))
      if (!Object.hasOwn(this.settings, name))
        throw new RangeError(
          `unknown option ${name}: the group has ${Object.keys(this.settings).join(", ")}`,
        );
    const next = { ...this.settings, ...changes };
    this.rules.check(next);
    return next;
  }
}
