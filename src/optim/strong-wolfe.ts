/** A point on the line of a search: a step, the objective there and its slope along the line. */
export interface LinePoint {
  readonly t: number;
  readonly value: number;
  readonly slope: number;
}

/** Limits of a line search. */
export interface LineSearchOptions {
  /** The largest element of the direction, in size. */
  readonly reach: number;
  /** Change of a parameter below which the search ends. */
  readonly toleranceChange: number;
  readonly maxEvaluations: number;
}

// Shares of Nocedal & Wright: of the decrease that the slope promises, and of the slope that may be left.
const DECREASE = 1e-4;
const CURVATURE = 0.9;

/**
 * The minimum of the cubic that has the values and slopes of two points, within bounds (Nocedal & Wright
 * 2006, formula 3.59); the middle where it has none.
 */
function cubicMinimum(
  a: LinePoint,
  b: LinePoint,
  [low, high]: readonly [number, number] = a.t <= b.t ? [a.t, b.t] : [b.t, a.t],
): number {
  const d1 = a.slope + b.slope - (3 * (a.value - b.value)) / (a.t - b.t);
  const square = d1 * d1 - a.slope * b.slope;
  if (!(square >= 0)) return (low + high) / 2;
  const d2 = Math.sqrt(square);
  const [left, right] = a.t <= b.t ? [a, b] : [b, a];
  const share = (right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2);
  return Math.min(Math.max(right.t - (right.t - left.t) * share, low), high);
}

/**
 * A step along a line that meets the strong Wolfe conditions (Nocedal & Wright 2006, algorithms 3.5 and 3.6)
 * as PyTorch searches for it: the objective falls enough, and its slope is nearly flat.
 *
 * @param start - Step 0; its slope is below 0.
 * @param first - The step to try first.
 * @returns The point, and how often the objective was evaluated.
 */
export function strongWolfe<P extends LinePoint>(
  evaluate: (t: number) => P,
  start: P,
  first: number,
  { reach, toleranceChange, maxEvaluations }: LineSearchOptions,
): { point: P; evaluations: number } {
  const isHigh = (p: P): boolean => p.value > start.value + DECREASE * p.t * start.slope;
  const isFlat = (p: P): boolean => Math.abs(p.slope) <= -CURVATURE * start.slope;

  // First longer and longer steps, until a minimum lies between two of them.
  let previous = start;
  let current = evaluate(first);
  let trials = 0;
  let bracket: [P, P] | undefined;
  while (trials < maxEvaluations && !bracket) {
    if (isHigh(current) || (trials > 1 && current.value >= previous.value)) {
      bracket = [previous, current];
    } else if (isFlat(current)) {
      return { point: current, evaluations: trials + 1 };
    } else if (current.slope >= 0) {
      bracket = [previous, current];
    } else {
      const { t } = current;
      const next = cubicMinimum(previous, current, [t + 0.01 * (t - previous.t), t * 10]);
      previous = current;
      current = evaluate(next);
      trials++;
    }
  }
  bracket ??= [start, current];

  // Then smaller and smaller brackets around it.
  let low: 0 | 1 = bracket[0].value <= bracket[1].value ? 0 : 1;
  let stuck = false;
  while (trials < maxEvaluations) {
    const ends: [number, number] = [bracket[0].t, bracket[1].t];
    const [least, most] = [Math.min(...ends), Math.max(...ends)];
    if ((most - least) * reach < toleranceChange) break;
    let t = cubicMinimum(bracket[0], bracket[1]);
    const margin = 0.1 * (most - least);
    if (Math.min(most - t, t - least) < margin) {
      // Near an end for the second time, or at it: a step away from it.
      if (stuck || t >= most || t <= least) {
        t = Math.abs(t - most) < Math.abs(t - least) ? most - margin : least + margin;
        stuck = false;
      } else stuck = true;
    } else stuck = false;
    const tried = evaluate(t);
    trials++;
    const high: 0 | 1 = low === 0 ? 1 : 0;
    if (isHigh(tried) || tried.value >= bracket[low].value) {
      bracket[high] = tried;
      low = bracket[0].value <= bracket[1].value ? 0 : 1;
      continue;
    }
    const done = isFlat(tried);
    if (!done && tried.slope * (bracket[high].t - bracket[low].t) >= 0)
      bracket[high] = bracket[low];
    bracket[low] = tried;
    if (done) break;
  }
  return { point: bracket[low], evaluations: trials + 1 };
}
