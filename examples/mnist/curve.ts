/** A point of the curve: a loss, and after how many epochs it was measured. */
export interface Point {
  readonly epoch: number;
  readonly loss: number;
}

const WIDTH = 720;
const HEIGHT = 400;
const LEFT = 64;
const RIGHT = 20;
const TOP = 44;
const BOTTOM = 52;

/** Whole steps of 1, 2 or 5 times a power of ten, so that there are at most ten of them. */
function step(range: number): number {
  const power = 10 ** Math.floor(Math.log10(range / 10));
  return Math.max(
    1,
    [1, 2, 5, 10].map((n) => n * power).find((size) => range / size <= 10)!,
  );
}

/** The loss over the epochs as an SVG image; the loss has a logarithmic axis. */
export function lossCurve(points: readonly Point[], title: string): string {
  const losses = points.map(({ loss }) => Math.max(loss, 1e-6));
  const low = Math.floor(Math.log10(Math.min(...losses)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...losses))));
  const epochs = Math.max(1, ...points.map(({ epoch }) => epoch));
  const x = (epoch: number): number => LEFT + (epoch / epochs) * (WIDTH - LEFT - RIGHT);
  const y = (loss: number): number =>
    TOP + ((high - Math.log10(loss)) / (high - low)) * (HEIGHT - TOP - BOTTOM);
  const parts: string[] = [];
  const line = (x1: number, y1: number, x2: number, y2: number, stroke: string): number =>
    parts.push(
      `<path d="M${x1.toFixed(1)} ${y1.toFixed(1)}L${x2.toFixed(1)} ${y2.toFixed(1)}" stroke="${stroke}"/>`,
    );
  const text = (at: [number, number], anchor: string, words: string, extra = ""): number =>
    parts.push(
      `<text x="${at[0].toFixed(1)}" y="${at[1].toFixed(1)}" text-anchor="${anchor}"${extra}>${words}</text>`,
    );

  for (let power = low; power <= high; power++) {
    for (let digit = 2; digit < 10 && power < high; digit++)
      line(LEFT, y(digit * 10 ** power), WIDTH - RIGHT, y(digit * 10 ** power), "#f0f0f3");
    line(LEFT, y(10 ** power), WIDTH - RIGHT, y(10 ** power), "#d0d0d8");
    text([LEFT - 8, y(10 ** power) + 4], "end", String(Number((10 ** power).toPrecision(1))));
  }
  for (let epoch = 0; epoch <= epochs; epoch += step(epochs)) {
    line(x(epoch), HEIGHT - BOTTOM, x(epoch), HEIGHT - BOTTOM + 5, "#80808c");
    text([x(epoch), HEIGHT - BOTTOM + 20], "middle", String(epoch));
  }
  text([LEFT, 26], "start", title, ' font-size="15" fill="#20202a"');
  text([(LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12], "middle", "epoch");
  const middle = (TOP + HEIGHT - BOTTOM) / 2;
  text([18, middle], "middle", "loss", ` transform="rotate(-90 18 ${middle})"`);
  const path = points.map(({ epoch }, i) => `${x(epoch).toFixed(1)} ${y(losses[i]).toFixed(1)}`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="system-ui, sans-serif" font-size="12" fill="#606070">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    ...parts,
    `<path d="M${path.join("L")}" fill="none" stroke="#2f6fde" stroke-width="1.5" stroke-linejoin="round"/>`,
    "</svg>\n",
  ].join("\n");
}
