const SIDE = 28;
/** Pixels at each edge of an image that are not drawn: digits are centred. */
const MARGIN = 2;
const INK = 96;

// A Braille character shows 2 × 4 dots; these are the bits of the dots, row after row.
const DOTS = [0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80];

/** A digit to be drawn: its 28 × 28 pixels and what stands below. */
export interface Digit {
  readonly pixels: Uint8Array;
  readonly caption: string;
}

/** The image of a digit as lines of Braille characters. */
function drawDigit(pixels: Uint8Array): string[] {
  const lines: string[] = [];
  for (let y = MARGIN; y < SIDE - MARGIN; y += 4) {
    let line = "";
    for (let x = MARGIN; x < SIDE - MARGIN; x += 2) {
      const inked = DOTS.filter((_, i) => pixels[(y + (i >> 1)) * SIDE + x + (i & 1)] >= INK);
      line += String.fromCharCode(0x2800 + inked.reduce((sum, dot) => sum + dot, 0));
    }
    lines.push(line);
  }
  return lines;
}

/** Digits side by side, `perRow` in a row, each with its caption below. */
export function drawDigits(digits: readonly Digit[], perRow = 6): string {
  const rows: string[] = [];
  for (let i = 0; i < digits.length; i += perRow) {
    const row = digits.slice(i, i + perRow);
    const images = row.map(({ pixels }) => drawDigit(pixels));
    const width = images[0][0].length;
    for (let y = 0; y < images[0].length; y++) rows.push(images.map((image) => image[y]).join(" "));
    rows.push(
      row
        .map(({ caption }) => caption.padEnd(width))
        .join(" ")
        .trimEnd(),
      "",
    );
  }
  return rows.join("\n");
}
