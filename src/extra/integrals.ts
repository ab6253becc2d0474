import { isFloat } from "../ir/dtype.ts";
import { normalizeAxis } from "../ir/shape.ts";
import { arange, cat, type Dim, Tensor } from "../tensor/index.ts";
import { checkTensor } from "../tensor/checks.ts";

/** Options of `trapezoid`: where the values stand. */
export interface TrapezoidOptions {
  /** Positions along the axis. */
  readonly x?: Tensor;
  /** Their distance, where they are equally far apart. Default 1. */
  readonly dx?: number;
}

function trapezoids(y: Tensor, dim: number, { x, dx = 1 }: TrapezoidOptions, what: string): Tensor {
  const axis = normalizeAxis(dim, y.ndim, what);
  checkTensor(y, what);
  const size = y.shape[axis] ?? 0;
  const parts = (t: Tensor, along: number): [Tensor, Tensor] => [
    t.narrow(along, Math.min(1, t.shape[along]), Math.max(0, t.shape[along] - 1)),
    t.narrow(along, 0, Math.max(0, t.shape[along] - 1)),
  ];
  if (y.ndim === 0) throw new RangeError(`${what}: expected at least 1 axis, got a scalar`);
  const [next, last] = parts(y, axis);
  const means = next.add(last).div(2);
  if (!x) return means.mul(dx);
  if (x.ndim === 1 && x.size !== size)
    throw new Error(`${what}: expected ${size} positions, got ${x.size}`);
  const along = x.ndim === 1 ? 0 : x.ndim - y.ndim + axis;
  const [after, before] = parts(x, along);
  const widths = after.sub(before);
  return means.mul(
    x.ndim === 1 ? widths.reshape(-1, ...y.shape.slice(axis + 1).map(() => 1)) : widths,
  );
}

/**
 * The integral along axis `dim` (the last by default) by the trapezoidal rule.
 *
 * @example
 * trapezoid(tensor([1, 2, 3])); // 4
 */
export const trapezoid = (y: Tensor, dim = -1, options: TrapezoidOptions = {}): Tensor =>
  trapezoids(y, dim, options, "trapezoid").sum(dim);

/**
 * The integrals up to each position along axis `dim` (the last by default), by the trapezoidal rule.
 *
 * @example
 * cumulativeTrapezoid(tensor([1, 2, 3])); // [1.5000, 4]
 */
export const cumulativeTrapezoid = (y: Tensor, dim = -1, options: TrapezoidOptions = {}): Tensor =>
  trapezoids(y, dim, options, "cumulativeTrapezoid").cumsum(dim);

/** Options of `gradient`. */
export interface GradientOptions {
  /** Distances of positions: one number, one for each axis, or the positions along each axis. Default 1. */
  readonly spacing?: number | readonly (number | Tensor)[];
  /** Axes. Default: all. */
  readonly dim?: Dim;
  /** Order of the differences at the ends: 1 (default) or 2. */
  readonly edgeOrder?: 1 | 2;
}

/**
 * Derivatives along axes, estimated by central differences inside and one-sided ones at the ends; second
 * order also where positions are at unequal distances.
 *
 * @example
 * gradient(tensor([1, 4, 9]))[0]; // [3, 4, 5]
 */
export function gradient(y: Tensor, options: GradientOptions = {}): Tensor[] {
  const { spacing = 1, dim, edgeOrder = 1 } = options;
  checkTensor(y, "gradient");
  const list = dim === undefined ? y.shape.map((_, i) => i) : typeof dim === "number" ? [dim] : dim;
  const axes = list.map((d) => normalizeAxis(d, y.ndim, "gradient"));
  if (edgeOrder !== 1 && edgeOrder !== 2)
    throw new RangeError(`gradient: edgeOrder must be 1 or 2, got ${String(edgeOrder)}`);
  const x = isFloat(y.dtype) ? y : y.to("f32");
  return axes.map((axis, i) => {
    const size = y.shape[axis];
    if (size <= edgeOrder)
      throw new RangeError(
        `gradient: axis ${axis} must have more than ${edgeOrder} entries, got ${size}`,
      );
    const step = typeof spacing === "number" ? spacing : spacing[i % spacing.length];
    const at =
      step instanceof Tensor ? step.to(x.dtype) : arange(size, { dtype: x.dtype }).mul(step);
    const h = at
      .narrow(0, 1, size - 1)
      .sub(at.narrow(0, 0, size - 1))
      .reshape(-1, ...y.shape.slice(axis + 1).map(() => 1));
    const slope = x
      .narrow(axis, 1, size - 1)
      .sub(x.narrow(axis, 0, size - 1))
      .div(h);
    const count = size - 2;
    const [h0, h1] = [h.narrow(0, 0, count), h.narrow(0, 1, count)];
    const [s0, s1] = [slope.narrow(axis, 0, count), slope.narrow(axis, 1, count)];
    const inside = s0.mul(h1).add(s1.mul(h0)).div(h0.add(h1));
    const end = (k: number, other: number): Tensor => {
      const s = slope.narrow(axis, k, 1);
      if (edgeOrder === 1) return s;
      const [near, far] = [h.narrow(0, k, 1), h.narrow(0, other, 1)];
      const bend = s
        .sub(slope.narrow(axis, other, 1))
        .mul(near)
        .div(near.add(far));
      return s.add(bend);
    };
    const ends: [Tensor, Tensor] = [
      end(0, Math.min(1, size - 2)),
      end(size - 2, Math.max(0, size - 3)),
    ];
    return cat([ends[0], inside, ends[1]], axis);
  });
}
