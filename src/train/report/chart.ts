/** A point of a curve. */
export type Point = readonly [x: number, y: number];

/** A curve with its name. */
export interface Series {
  /** What the legend says; it has no entry for "". */
  readonly name: string;
  /** In the order of x; points that are not finite are left out. */
  readonly points: readonly Point[];
}

/** Options of `lineChart`. */
export interface ChartOptions {
  readonly title: string;
  /** What the axes show. Default: nothing is written beside them. */
  readonly xLabel?: string;
  readonly yLabel?: string;
  /** Whether the vertical axis is logarithmic: for values above 0. Default false. */
  readonly log?: boolean;
}

const WIDTH = 720;
const HEIGHT = 400;
const LEFT = 64;
const RIGHT = 20;
const TOP = 44;
const BOTTOM = 52;
/** The smallest value that a logarithmic axis shows. */
const LEAST = 1e-6;
/** Colours that can be told apart, also by those who do not see red and green apart. */
const COLOURS = ["#2f6fde", "#d9730d", "#0f8a6d", "#b0307f", "#6b5bd2", "#8a6d0f"];

/** Text that stands for itself in XML and HTML. */
export const escapeText = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");

/** Steps of 1, 2 or 5 times a power of ten, so that there are at most `most` of them. */
function niceStep(range: number, most: number): number {
  const power = 10 ** Math.floor(Math.log10(range / most));
  return [1, 2, 5, 10].map((n) => n * power).find((size) => range / size <= most * 1.0001)!;
}

/** The values of an axis, from its lowest to its highest. */
interface Axis {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
  /** Lines between the ticks. */
  readonly minor: readonly number[];
  /** Where a value stands, from 0 to 1. */
  at(value: number): number;
}

function linearAxis(low: number, high: number, most: number): Axis {
  const [from, to] = low < high ? [low, high] : [low - 0.5, high + 0.5];
  const step = niceStep(to - from, most);
  const [first, last] = [Math.floor(from / step + 1e-9), Math.ceil(to / step - 1e-9)];
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
  const [start, end] = [ticks[0], ticks.at(-1)!];
  return {
    low: start,
    high: end,
    ticks,
    minor: [],
    at: (value) => (value - start) / (end - start),
  };
}

function logAxis(least: number, most: number): Axis {
  const low = Math.floor(Math.log10(Math.max(least, LEAST)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(most, LEAST))));
  const powers = Array.from({ length: high - low + 1 }, (_, i) => low + i);
  return {
    low: 10 ** low,
    high: 10 ** high,
    ticks: powers.map((power) => 10 ** power),
    minor: powers
      .slice(0, -1)
      .flatMap((power) => [2, 3, 4, 5, 6, 7, 8, 9].map((n) => n * 10 ** power)),
    at: (value) => (Math.log10(Math.max(value, LEAST)) - low) / (high - low),
  };
}

/** The axis of numbers that are counted: from 0, its end at the last value, whole ticks. */
function countAxis(most: number): Axis {
  const high = most > 0 ? most : 1;
  const step = Math.max(1, niceStep(high, 10));
  const ticks = Array.from({ length: Math.floor(high / step + 1e-9) + 1 }, (_, i) => i * step);
  return { low: 0, high, ticks, minor: [], at: (value) => value / high };
}

const label = (value: number): string => String(Number(value.toPrecision(6)));

/**
 * Curves over epochs, or anything else that is counted from 0, as an SVG image.
 *
 * @throws RangeError where there is no point to be shown.
 *
 * @example
 * const series = [{ name: "training", points: [[1, 0.9], [2, 0.4], [3, 0.3]] as const }];
 * const svg = lineChart(series, { title: "Loss", xLabel: "epoch", yLabel: "loss", log: true });
 */
export function lineChart(
  series: readonly Series[],
  { title, xLabel = "", yLabel = "", log = false }: ChartOptions,
): string {
  const curves = series
    .map(({ name, points }, i) => ({
      name,
      points: points.filter((p) => p.every(Number.isFinite)),
      // By its place in the list: one that has no points keeps its colour.
      colour: COLOURS[i % COLOURS.length],
    }))
    .filter(({ points }) => points.length > 0);
  const all = curves.flatMap(({ points }) => points);
  if (all.length === 0) throw new RangeError("lineChart: expected at least one point, got none");
  const extreme = (i: 0 | 1): [number, number] => {
    const values = all.map((point) => point[i]);
    return values.reduce<[number, number]>(
      ([low, high], v) => [Math.min(low, v), Math.max(high, v)],
      [Infinity, -Infinity],
    );
  };
  const horizontal = countAxis(extreme(0)[1]);
  const vertical = log ? logAxis(...extreme(1)) : linearAxis(...extreme(1), 8);
  const x = (value: number): number => LEFT + horizontal.at(value) * (WIDTH - LEFT - RIGHT);
  const y = (value: number): number =>
    HEIGHT - BOTTOM - vertical.at(value) * (HEIGHT - TOP - BOTTOM);

  const line = (x1: number, y1: number, x2: number, y2: number, stroke: string): string =>
    `<path d="M${x1.toFixed(1)} ${y1.toFixed(1)}L${x2.toFixed(1)} ${y2.toFixed(1)}" stroke="${stroke}"/>`;
  const text = (at: Point, anchor: string, words: string, extra = ""): string =>
    `<text x="${at[0].toFixed(1)}" y="${at[1].toFixed(1)}" text-anchor="${anchor}"${extra}>${escapeText(words)}</text>`;
  const across = (value: number, stroke: string): string =>
    line(LEFT, y(value), WIDTH - RIGHT, y(value), stroke);
  const middle = (TOP + HEIGHT - BOTTOM) / 2;

  const parts = [
    ...vertical.minor.map((value) => across(value, "#f0f0f3")),
    ...vertical.ticks.flatMap((value) => [
      across(value, "#d0d0d8"),
      text([LEFT - 8, y(value) + 4], "end", label(value)),
    ]),
    ...horizontal.ticks.flatMap((value) => [
      line(x(value), HEIGHT - BOTTOM, x(value), HEIGHT - BOTTOM + 5, "#80808c"),
      text([x(value), HEIGHT - BOTTOM + 20], "middle", label(value)),
    ]),
    text([LEFT, 26], "start", title, ' font-size="15" fill="#20202a"'),
    text([(LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12], "middle", xLabel),
    text([18, middle], "middle", yLabel, ` transform="rotate(-90 18 ${middle})"`),
    ...legend(curves, text),
    ...curves.map(({ points, colour }) =>
      curve(
        points.map(([px, py]) => [x(px), y(py)]),
        colour,
      ),
    ),
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="system-ui, sans-serif" font-size="12" fill="#606070">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    ...parts,
    "</svg>\n",
  ].join("\n");
}

/** A line through points; a dot where there is but one. */
function curve(points: readonly Point[], colour: string): string {
  const places = points.map(([px, py]) => `${px.toFixed(1)} ${py.toFixed(1)}`);
  if (points.length === 1)
    return `<circle cx="${points[0][0].toFixed(1)}" cy="${points[0][1].toFixed(1)}" r="3" fill="${colour}"/>`;
  return `<path d="M${places.join("L")}" fill="none" stroke="${colour}" stroke-width="1.5" stroke-linejoin="round"/>`;
}

/** Names of curves in their colours, at the upper right, from the right to the left. */
function legend(
  curves: readonly { readonly name: string; readonly colour: string }[],
  text: (at: Point, anchor: string, words: string, extra: string) => string,
): string[] {
  // Letters have no known width; this is enough for those of 12 pixels.
  const widths = curves.map(({ name }) => (name === "" ? 0 : name.length * 7 + 28));
  return curves.flatMap(({ name, colour }, i) => {
    if (name === "") return [];
    const right = WIDTH - RIGHT - widths.slice(i + 1).reduce((sum, width) => sum + width, 0);
    return [text([right, 26], "end", `— ${name}`, ` fill="${colour}"`)];
  });
}
