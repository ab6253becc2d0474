import { type Stmt, type Value, type Var } from "../../compiler/loop/loop.ts";

/** The list that a variable is defined in, and how it is used. */
interface Use {
  definedIn: readonly Stmt[] | undefined;
  count: number;
  /** Whether a use lies in another list than the definition: in a loop, say. */
  foreign: boolean;
}

/** How the variables of a kernel are used. */
export interface Uses {
  /** How often a variable is used; uses at every turn of a loop count as several. */
  count(v: Var): number;
  /** Whether a variable has one use, run as often as its definition. */
  isSingle(v: Var): boolean;
}

/** The values that a statement itself uses, without the statements inside it. */
export function valuesOf(s: Stmt): readonly Value[] {
  switch (s.kind) {
    case "let":
      return s.args;
    case "load":
      return s.stride ? [s.pointer, s.stride] : [s.pointer];
    case "store":
      return s.stride ? [s.pointer, s.value, s.stride] : [s.pointer, s.value];
    case "merge":
      // The bounds are looked at for every lane.
      return [s.pointer, s.low, s.low, s.high, s.high, s.otherwise];
    case "transpose":
      return [s.from, s.fromStride, s.to, s.toStride];
    case "address":
      return s.base.kind === "var" ? [s.base, s.index] : [s.index];
    case "mut":
    case "set":
      return [s.value];
    case "advance":
      return [s.by];
    case "for":
      // The bound and the step are looked at every turn.
      return [s.from, s.to, s.to, s.step, s.step];
    case "while":
      return [];
    case "if":
      return [s.condition];
  }
}

export function findUses(body: readonly Stmt[]): Uses {
  const uses = new Map<number, Use>();
  const entry = (v: Var): Use => {
    let use = uses.get(v.id);
    if (!use) uses.set(v.id, (use = { definedIn: undefined, count: 0, foreign: false }));
    return use;
  };
  const addUse = (value: Value, list: readonly Stmt[]): void => {
    if (value.kind !== "var") return;
    const use = entry(value);
    use.count++;
    if (use.definedIn !== list) use.foreign = true;
  };
  const visit = (list: readonly Stmt[]): void => {
    for (const s of list) {
      for (const value of valuesOf(s)) addUse(value, list);
      switch (s.kind) {
        case "let":
        case "load":
        case "address":
        case "merge":
          entry(s.v).definedIn = list;
          break;
        case "for":
          visit(s.body);
          break;
        case "while":
          visit(s.test);
          addUse(s.condition, s.test);
          visit(s.body);
          break;
        case "if":
          visit(s.then);
          visit(s.otherwise);
          break;
      }
    }
  };
  visit(body);
  return {
    count: (v) => uses.get(v.id)?.count ?? 0,
    isSingle(v) {
      const use = uses.get(v.id);
      return use?.count === 1 && !use.foreign;
    },
  };
}
