// Floats of 16 bits, as bits and as the numbers they stand for. Numbers go through f32 first, as they do
// on devices and in PyTorch, and are rounded to the nearest value, halves to even.

const single = new Float32Array(1);
const word = new Int32Array(single.buffer);

/** The bits of the f16 nearest to `x`: 1 of sign, 5 of exponent, 10 of fraction. */
export function f16Bits(x: number): number {
  single[0] = x;
  const sign = (word[0] >> 16) & 0x8000;
  const magnitude = word[0] & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  // Numbers that f16 has as normal ones: the exponent is moved from f32's bias to that of f16.
  if (magnitude >= 0x38800000)
    return (
      sign | Math.min((magnitude + 0xfff + ((magnitude >> 13) & 1) - 0x38000000) >> 13, 0x7c00)
    );
  // The last place of the f32 0.5 is the smallest f16.
  single[0] = Math.abs(x) + 0.5;
  return sign | (word[0] - 0x3f000000);
}

/** The number that bits of a f16 stand for. */
export function f16Value(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0
    ? sign * fraction * 2 ** -24
    : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** The bits of the bf16 nearest to `x`: the upper half of a f32. */
export function bf16Bits(x: number): number {
  single[0] = x;
  if (x !== x) return 0x7fc0;
  return ((word[0] + 0x7fff + ((word[0] >> 16) & 1)) >> 16) & 0xffff;
}

/** The number that bits of a bf16 stand for. */
export function bf16Value(bits: number): number {
  word[0] = bits << 16;
  return single[0];
}
