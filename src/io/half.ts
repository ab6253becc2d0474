// Floating-point numbers of 16 bits as words: IEEE 754 binary16, and bfloat16, the upper half of binary32.
// Rounding is to nearest, ties to even.

/** Every binary16 value; there are 65,536. */
let table: Float32Array | undefined;

function makeTable(): Float32Array {
  const values = new Float32Array(0x10000);
  const bits = new Uint32Array(values.buffer);
  for (let word = 0; word < 0x10000; word++) {
    const sign = word & 0x8000 ? -1 : 1;
    const exponent = (word >> 10) & 31;
    const fraction = word & 1023;
    if (exponent === 31) bits[word] = ((word & 0x8000) << 16) | 0x7f800000 | (fraction << 13);
    else if (exponent === 0) values[word] = sign * fraction * 2 ** -24;
    else values[word] = sign * (1024 + fraction) * 2 ** (exponent - 25);
  }
  return values;
}

export function float16ToFloat32(words: Uint16Array): Float32Array {
  table ??= makeTable();
  // By their bits, so that NaNs keep theirs.
  const bits = new Uint32Array(table.buffer);
  const out = new Float32Array(words.length);
  const outBits = new Uint32Array(out.buffer);
  for (let i = 0; i < words.length; i++) outBits[i] = bits[words[i]];
  return out;
}

export function bfloat16ToFloat32(words: Uint16Array): Float32Array {
  const out = new Float32Array(words.length);
  const bits = new Uint32Array(out.buffer);
  for (let i = 0; i < words.length; i++) bits[i] = words[i] << 16;
  return out;
}

const bitsOf = (values: Float32Array): Uint32Array =>
  new Uint32Array(values.buffer, values.byteOffset, values.length);

/** `word >>> shift`, rounded. */
function shiftRounded(word: number, shift: number): number {
  const half = 2 ** (shift - 1);
  const rest = word & (2 * half - 1);
  const floor = word >>> shift;
  return rest > half || (rest === half && floor & 1) ? floor + 1 : floor;
}

export function float32ToFloat16(values: Float32Array): Uint16Array {
  const bits = bitsOf(values);
  return Uint16Array.from(bits, (word) => {
    const sign = (word >>> 16) & 0x8000;
    const size = word & 0x7fffffff;
    // NaN stays one, also where all that tells it from infinity is in the lower bits.
    if (size > 0x7f800000) return sign | 0x7e00 | ((size >>> 13) & 0x3ff);
    // From 65,520 on what is nearest is infinity.
    if (size >= 0x477ff000) return sign | 0x7c00;
    // A carry out of the fraction goes on into the exponent, as it should.
    if (size >= 0x38800000) return sign | shiftRounded(size - 0x38000000, 13);
    const exponent = size >>> 23;
    if (exponent < 102) return sign;
    return sign | shiftRounded((size & 0x7fffff) | 0x800000, 126 - exponent);
  });
}

export function float32ToBfloat16(values: Float32Array): Uint16Array {
  const bits = bitsOf(values);
  return Uint16Array.from(bits, (word) => {
    if ((word & 0x7fffffff) > 0x7f800000) return (word >>> 16) | 0x40;
    return ((word >>> 16) & 0x8000) | shiftRounded(word & 0x7fffffff, 16);
  });
}
