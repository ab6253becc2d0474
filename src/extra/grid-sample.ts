import { showShape, stridesOf } from "../ir/shape.ts";
import { type Tensor, where } from "../tensor/index.ts";
import { atPrecision } from "../tensor/precision.ts";
import { checkFloat, checkOption } from "../tensor/checks.ts";
import { cubic } from "./cubic.ts";

/** Options of `gridSample`. */
export interface GridSampleOptions {
  /** How values between elements are taken; bicubic for images only. Default `"bilinear"`. */
  readonly mode?: "bilinear" | "nearest" | "bicubic";
  /** What lies outside: 0, the element at the border, or a mirror image. Default `"zeros"`. */
  readonly paddingMode?: "zeros" | "border" | "reflection";
  /** Whether -1 and 1 are the middles of the outer elements, not their outer sides. Default false. */
  readonly alignCorners?: boolean;
}

/** Coordinates mirrored at both ends, which lie at halves of `twiceLow` and `twiceHigh`. */
function reflected(x: Tensor, twiceLow: number, twiceHigh: number): Tensor {
  if (twiceLow === twiceHigh) return x.zerosLike();
  const [low, span] = [twiceLow / 2, (twiceHigh - twiceLow) / 2];
  const apart = x.sub(low).abs();
  const extra = apart.fmod(span);
  const isOdd = apart.div(span).floor().remainder(2).eq(1);
  return where(isOdd, extra.neg().add(span), extra).add(low);
}

/** A neighbour along one axis: its position (whole, as a float) and its weight. */
interface Tap {
  readonly at: Tensor;
  readonly weight: Tensor | undefined;
}

/**
 * Elements of x (N, C, H, W) or (N, C, D, H, W) at the coordinates of `grid` (N, H', W', 2) or (N, D', H',
 * W', 3), from -1 to 1 across each axis, the last axis of x first: (N, C, H', W').
 *
 * @throws RangeError for shapes that do not fit.
 *
 * @example
 * gridSample(tensor([[[[1, 3]]]]), tensor([[[[0, 0]]]])); // [[[[2]]]]
 */
export function gridSample(x: Tensor, grid: Tensor, options: GridSampleOptions = {}): Tensor {
  const what = "gridSample";
  const { mode = "bilinear", paddingMode = "zeros", alignCorners = false } = options;
  checkFloat(x, what);
  checkFloat(grid, what);
  [x, grid] = atPrecision("widest", x, grid);
  checkOption(mode, ["bilinear", "nearest", "bicubic"], "mode", what);
  checkOption(paddingMode, ["zeros", "border", "reflection"], "paddingMode", what);
  const spatial = x.ndim - 2;
  const fits =
    (spatial === 2 || spatial === 3) &&
    grid.ndim === x.ndim &&
    grid.shape[0] === x.shape[0] &&
    grid.shape[grid.ndim - 1] === spatial &&
    !(mode === "bicubic" && spatial === 3);
  if (!fits)
    throw new RangeError(
      `${what}: expected an image (N, C, H, W) and a grid (N, H', W', 2), or with one axis more each, got ` +
        `${showShape(x.shape)} and ${showShape(grid.shape)} in mode "${mode}"`,
    );
  const sizes = x.shape.slice(2);
  const inside = (at: Tensor, n: number): Tensor => {
    if (paddingMode === "zeros") return at;
    const mirrored =
      paddingMode === "border"
        ? at
        : alignCorners
          ? reflected(at, 0, 2 * (n - 1))
          : reflected(at, -1, 2 * n - 1);
    // The gradient at the bounds, and beyond them, is 0.
    const out = mirrored.le(0).logicalOr(mirrored.ge(n - 1));
    return where(out, mirrored.detach().clamp(0, n - 1), mirrored);
  };
  const taps = sizes.map((n, i): Tap[] => {
    const g = grid.select(-1, spatial - 1 - i).flatten(1);
    const scaled = alignCorners ? g.add(1).mul((n - 1) / 2) : g.add(1).mul(n).sub(1).div(2);
    if (mode === "bicubic") {
      const first = scaled.floor();
      return cubic(scaled.sub(first)).map((weight, k) => ({
        at: inside(first.add(k - 1), n),
        weight,
      }));
    }
    const at = inside(scaled, n);
    if (mode === "nearest") return [{ at: at.round(), weight: undefined }];
    const first = at.floor();
    const t = at.sub(first);
    return [
      { at: first, weight: t.neg().add(1) },
      { at: first.add(1), weight: t },
    ];
  });
  const strides = stridesOf(sizes);
  const pixels = x.flatten(2);
  const combine = (axis: number, chosen: readonly Tap[]): Tensor => {
    if (axis < spatial) {
      const parts = taps[axis].map((tap) => combine(axis + 1, [...chosen, tap]));
      return parts.reduce((a, b) => a.add(b));
    }
    let ok: Tensor | undefined;
    let index: Tensor | undefined;
    let weight: Tensor | undefined;
    chosen.forEach((tap, i) => {
      const within = tap.at.ge(0).logicalAnd(tap.at.le(sizes[i] - 1));
      ok = ok ? ok.logicalAnd(within) : within;
      const part = tap.at
        .clamp(0, sizes[i] - 1)
        .to("i32")
        .mul(strides[i]);
      index = index ? index.add(part) : part;
      if (tap.weight) weight = weight ? weight.mul(tap.weight) : tap.weight;
    });
    const values = pixels.takeAlongDim(index!.unsqueeze(1), 2);
    const counted = where(ok!.unsqueeze(1), values, 0);
    return weight ? counted.mul(weight.unsqueeze(1)) : counted;
  };
  return combine(0, []).unflatten(2, grid.shape.slice(1, -1));
}
