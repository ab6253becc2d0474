import { type Literal, type Stmt } from "../../compiler/loop/loop.ts";

// Loops that only compute and move pointers by constants: the innermost ones of contractions.

/** A loop of the loop language. */
export type Loop = Extract<Stmt, { kind: "for" }>;

/** A pointer moved by a constant. */
export type Move = Extract<Stmt, { kind: "advance" }> & { readonly by: Literal };

/** A loop of which several turns can be written out, with the moves of pointers put together. */
export type Walk = Loop & { readonly step: Literal };

/** Longer bodies gain nothing. */
const MOST_STATEMENTS = 64;

export const isMove = (s: Stmt): s is Move => s.kind === "advance" && s.by.kind === "literal";

/** Whether the pointers of a loop move by constants, each after its last use, and nothing else is in the way. */
export function isWalk(s: Loop): s is Walk {
  if (s.step.kind !== "literal" || s.body.length > MOST_STATEMENTS) return false;
  const moved = new Set<number>();
  for (const inner of s.body) {
    switch (inner.kind) {
      case "advance":
        if (!isMove(inner) || moved.has(inner.v.id)) return false;
        moved.add(inner.v.id);
        break;
      case "load":
      case "store":
        if (moved.has(inner.pointer.id)) return false;
        break;
      case "let":
      case "set":
        if (inner.v.pointer) return false;
        break;
      default:
        return false;
    }
  }
  return moved.size > 0;
}

/**
 * What `s` is when several turns are written out: the statements of each turn, and the moves that are
 * left to the end, as seen from the turn after which they are made.
 */
export function writeOut(s: Walk): { turn: (index: number) => Stmt[]; moves: readonly Move[] } {
  // Engines add no constant to the address of a load that fills all lanes with one number: pointers to
  // numbers move at every turn.
  const now = new Set<number>();
  for (const inner of s.body)
    if (inner.kind === "load" && inner.v.type.lanes === 1) now.add(inner.pointer.id);
  const moves = s.body.filter(isMove).filter(({ v }) => !now.has(v.id));
  const by = new Map(moves.map(({ v, by }) => [v.id, by.value]));
  const turn = (index: number): Stmt[] =>
    s.body.flatMap((inner): Stmt[] => {
      if (inner.kind === "advance") return by.has(inner.v.id) ? [] : [inner];
      if (inner.kind !== "load" && inner.kind !== "store") return [inner];
      return [{ ...inner, offset: inner.offset + index * (by.get(inner.pointer.id) ?? 0) }];
    });
  return { turn, moves };
}
