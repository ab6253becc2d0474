import { type Builder, int, literal } from "../loop/builder.ts";
import { type Value, type Var } from "../loop/loop.ts";

/**
 * Writes `block` for the heights that a register block of `rows` rows may have, and takes the lowest that
 * covers the `left` rows.
 */
export function byHeight(
  b: Builder,
  rows: number,
  left: Value,
  block: (height: number) => void,
): void {
  const choose = ([height, ...more]: readonly number[]): void => {
    if (more.length === 0) return block(height);
    b.if(
      b.op("le", { dtype: "bool", lanes: 1 }, left, int(height)),
      () => block(height),
      () => choose(more),
    );
  };
  choose([4, 8].filter((height) => height < rows).concat(rows));
}

/** Rows that are read from where they lie, and a packed panel of columns. */
export interface RowsAndPanel {
  /** Where each row's terms begin; they lie side by side. */
  readonly rows: readonly Var[];
  /** The panel: for each term, `vectors` × `lanes` columns. */
  readonly panel: Var;
  readonly depth: Value;
  readonly vectors: number;
  readonly lanes: number;
}

/** The sums of rows × columns, in registers: by row, a variable for each vector of columns. */
export function rowsTimesPanel(
  b: Builder,
  { rows, panel, depth, vectors, lanes }: RowsAndPanel,
): Var[][] {
  const { dtype } = panel.pointer!;
  const width = vectors * lanes;
  const sums = rows.map(() =>
    Array.from({ length: vectors }, () => b.mutable(literal(0, dtype, lanes))),
  );
  const lefts = rows.map((row) => b.mutable(row));
  const right = b.mutable(panel);
  const terms = (count: number): void => {
    const columns = Array.from({ length: count }, (_, k) =>
      Array.from({ length: vectors }, (_, v) => b.load(right, k * width + v * lanes, lanes)),
    );
    lefts.forEach((row, r) => {
      for (let k = 0; k < count; k++) {
        const left = b.splat(b.load(row, k), lanes);
        for (let v = 0; v < vectors; v++)
          b.set(sums[r][v], b.op("fma", { dtype, lanes }, left, columns[k][v], sums[r][v]));
      }
      b.advance(row, int(count));
    });
    b.advance(right, int(count * width));
  };
  // As many terms at once as their columns find registers: pointers move less often.
  const many = Math.max(1, Math.floor(4 / vectors));
  const [turns] = b.divide(depth, int(many));
  const even = b.mul(turns, int(many));
  b.for(int(0), even, int(many), () => terms(many));
  b.for(even, depth, int(1), () => terms(1));
  return sums;
}
