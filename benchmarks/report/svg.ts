import { type Row } from "./row.ts";

const LABELS = 250;
const PLOT = 620;
const RIGHT = 24;
const LEGEND = 50;
const LINE = 22;
const GROUP = 30;
const BOTTOM = 46;

/** Colours that stay apart for most kinds of colour blindness (Okabe & Ito 2008), and shapes with them. */
const MARKS: Readonly<Record<string, { colour: string; shape: Shape }>> = {
  "nabla-native-compile": { colour: "#0072b2", shape: "diamond" },
  "nabla-wasm": { colour: "#56b4e9", shape: "circle" },
  "nabla-wasm-compile": { colour: "#56b4e9", shape: "diamond" },
  pytorch: { colour: "#d55e00", shape: "circle" },
  "torch.compile": { colour: "#d55e00", shape: "diamond" },
  jax: { colour: "#009e73", shape: "circle" },
  openblas: { colour: "#808080", shape: "square" },
  onnxruntime: { colour: "#cc79a7", shape: "square" },
  "tfjs-wasm": { colour: "#e69f00", shape: "circle" },
  "jax-js-wasm": { colour: "#e69f00", shape: "diamond" },
};

type Shape = "circle" | "diamond" | "square";

function mark(peer: string, x: number, y: number, title = ""): string {
  const { colour, shape } = MARKS[peer] ?? { colour: "#000", shape: "circle" };
  const size = 5;
  const open = `fill="${colour}"`;
  const inside = title === "" ? "/>" : `><title>${escape(title)}</title></`;
  const end = (tag: string): string => (title === "" ? inside : `${inside}${tag}>`);
  if (shape === "circle")
    return `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${size}" ${open}${end("circle")}`;
  const radius = shape === "diamond" ? size * 1.3 : size;
  const points =
    shape === "diamond"
      ? [
          [x, y - radius],
          [x + radius, y],
          [x, y + radius],
          [x - radius, y],
        ]
      : [
          [x - radius, y - radius],
          [x + radius, y - radius],
          [x + radius, y + radius],
          [x - radius, y + radius],
        ];
  const path = points.map(([px, py]) => `${px.toFixed(1)} ${py.toFixed(1)}`).join("L");
  return `<path d="M${path}Z" ${open}${end("path")}`;
}

const escape = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

interface Line {
  readonly label: string;
  readonly rows: readonly Row[];
}

/** The rows of one workload and one number of threads. */
interface Group {
  readonly title: string;
  readonly lines: readonly Line[];
}

function groupsOf(rows: readonly Row[]): Group[] {
  const groups = new Map<string, Map<string, Row[]>>();
  for (const row of rows) {
    // The peer that ratios are relative to is the axis itself.
    if (row.ratio === null || row.ratio === 1) continue;
    const title = `${row.workload}, ${row.threads} ${row.threads === 1 ? "thread" : "threads"}`;
    const lines = groups.get(title) ?? new Map<string, Row[]>();
    groups.set(title, lines);
    lines.set(row.variant, [...(lines.get(row.variant) ?? []), row]);
  }
  return Array.from(groups, ([title, lines]) => ({
    title,
    lines: Array.from(lines, ([label, own]) => ({ label, rows: own })),
  }));
}

/** Where the axis has lines with labels: 1, 2, 5 times powers of ten. */
function ticks(low: number, high: number): number[] {
  const found: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++)
    for (const digit of [1, 2, 5]) {
      const value = digit * 10 ** power;
      if (value >= low && value <= high) found.push(Number(value.toPrecision(1)));
    }
  return found;
}

/** Where the names of the peers go, in as many lines as they need. */
function legendOf(
  peers: readonly string[],
  width: number,
): { entries: { peer: string; x: number; y: number }[]; height: number } {
  const line = 20;
  let x = 16;
  let y = LEGEND;
  const entries = peers.map((peer) => {
    const size = 34 + peer.length * 7;
    if (x + size > width) [x, y] = [16, y + line];
    const entry = { peer, x, y };
    x += size;
    return entry;
  });
  return { entries, height: y - LEGEND + 34 };
}

/** Every peer's time as a multiple of Nabla's, on a logarithmic axis; one line a variant. */
export function chart(rows: readonly Row[]): string {
  const groups = groupsOf(rows);
  const shown = groups.flatMap(({ lines }) => lines.flatMap((line) => line.rows));
  const ratios = shown.flatMap(({ ratio }) => (ratio === null ? [] : [ratio]));
  const low = Math.min(0.5, ...ratios) * 0.9;
  const high = Math.max(2, ...ratios) * 1.1;
  const x = (ratio: number): number =>
    LABELS + (Math.log(ratio / low) / Math.log(high / low)) * PLOT;
  const width = LABELS + PLOT + RIGHT;
  const legend = legendOf([...new Set(shown.map((row) => row.peer))], width);
  const top = LEGEND + legend.height;
  const height =
    top + groups.reduce((sum, { lines }) => sum + GROUP + lines.length * LINE, 0) + BOTTOM;
  const out: string[] = [];
  const text = (px: number, py: number, words: string, extra = ""): number =>
    out.push(`<text x="${px.toFixed(1)}" y="${py.toFixed(1)}"${extra}>${escape(words)}</text>`);

  text(16, 28, "Time of a step as a multiple of Nabla's", ' font-size="16" fill="#20202a"');
  for (const { peer, x: left, y } of legend.entries) {
    out.push(mark(peer, left + 5, y));
    text(left + 16, y + 4, peer);
  }
  const bottom = height - BOTTOM + 8;
  for (const tick of ticks(low, high)) {
    const strong = tick === 1;
    out.push(
      `<path d="M${x(tick).toFixed(1)} ${top - 8}V${bottom}" stroke="${strong ? "#0072b2" : "#e4e4ea"}" stroke-width="${strong ? 1.5 : 1}"/>`,
    );
    text(x(tick), bottom + 16, strong ? "1 (Nabla)" : String(tick), ' text-anchor="middle"');
  }
  text(x(1) + 10, bottom + 34, "Nabla is faster →");
  text(x(1) - 10, bottom + 34, "← Nabla is slower", ' text-anchor="end"');

  let y = top;
  for (const { title, lines } of groups) {
    text(16, y + 18, title, ' font-weight="600" fill="#20202a"');
    y += GROUP;
    for (const { label, rows: own } of lines) {
      text(28, y + LINE / 2 + 4, label);
      out.push(
        `<path d="M${LABELS} ${y + LINE / 2}H${LABELS + PLOT}" stroke="#f0f0f3" stroke-width="1"/>`,
      );
      for (const { peer, ratio } of own)
        if (ratio !== null)
          out.push(mark(peer, x(ratio), y + LINE / 2, `${peer}: ${ratio.toFixed(2)}`));
      y += LINE;
    }
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="12" fill="#505060">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...out,
    "</svg>\n",
  ].join("\n");
}
