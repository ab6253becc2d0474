import { type Tensor } from "../tensor/index.ts";

// Both are views and one copy or sum, and each is the derivative of the other. A frame is cut into q pieces
// of one hop; with zeros between the rows of pieces, the row that starts one hop later is a diagonal of a
// matrix, and diagonals are rows of a matrix that is one entry wider.

const piecesOf = (size: number, hop: number): number => Math.ceil(size / hop);

/** Frames (B, T, size) that start `hop` entries apart, of (B, length): all that fit. */
export function framesOf(x: Tensor, size: number, hop: number): Tensor {
  const [batch, length] = x.shape;
  const count = Math.floor((length - size) / hop) + 1;
  const pieces = piecesOf(size, hop);
  const rows = count + pieces - 1;
  const whole = rows * hop;
  const fitted = x.narrow(1, 0, Math.min(length, whole)).pad([0, Math.max(0, whole - length)]);
  const repeated = fitted
    .reshape(batch, 1, rows, hop)
    .expand(batch, pieces, rows, hop)
    .reshape(batch, pieces * rows, hop);
  const shifted = repeated.pad([0, 0, 0, pieces]).reshape(batch, pieces, rows + 1, hop);
  const cut = shifted.narrow(2, 0, count).permute(0, 2, 1, 3);
  return cut.reshape(batch, count, pieces * hop).narrow(2, 0, size);
}

/** The sum (B, length) of frames (B, T, size), each laid `hop` entries after the one before. */
export function overlapAdd(frames: Tensor, hop: number): Tensor {
  const [batch, count, size] = frames.shape;
  const pieces = piecesOf(size, hop);
  const rows = count + pieces - 1;
  const cut = frames
    .pad([0, pieces * hop - size])
    .reshape(batch, count, pieces, hop)
    .permute(0, 2, 1, 3);
  const shifted = cut.pad([0, 0, 0, pieces]).reshape(batch, pieces * (rows + 1), hop);
  const rowsOf = shifted.narrow(1, 0, pieces * rows).reshape(batch, pieces, rows, hop);
  return rowsOf
    .sum(1)
    .reshape(batch, rows * hop)
    .narrow(1, 0, (count - 1) * hop + size);
}
