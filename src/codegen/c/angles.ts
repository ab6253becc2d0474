import { TWO_OVER_PI } from "../../compiler/loop/math/coefficients.ts";
import { showLiteral } from "./literals.ts";

const words = ["0", ...TWO_OVER_PI.map((word) => `0x${word.toString(16)}ull`)];

/**
 * Of an angle x not below 1, the nearest integer to x / (π / 2) modulo 4, or x less so many π / 2
 * (`rest`), after Payne and Hanek: of x 2 / π only those digits are computed that decide about either.
 * NaN where x is infinite.
 */
export const LARGE_ANGLE = `static __attribute__((noinline, cold)) f64 large_angle(f64 x, int rest) {
  static const u64 digits[] = {${words.join(", ")}};
  union { f64 from; u64 to; } u;
  u.from = x;
  if (x - x != 0) return x - x;
  // |x| = m 2^e. Digits of 2 / π of weight 2^-k give multiples of 4 where e - k ≥ 2: k = e - 1 is the
  // first that counts. 64 zeros stand before the point.
  u64 m = (u.to & 0xfffffffffffffull) | 0x10000000000000ull;
  int k = (int)(u.to >> 52 & 2047) - 1075 - 2 + 64;
  if (k < 0) return 0;
  int negative = (i64)u.to < 0, shift = k & 63;
  u64 w[3];
  for (int i = 0; i < 3; i++) {
    const u64 *from = digits + (k >> 6) + i;
    w[i] = shift ? from[0] << shift | from[1] >> (64 - shift) : from[0];
  }
  // The first 128 of the product's last 192 digits, of which two stand before the point.
  unsigned __int128 p = (unsigned __int128)m * w[1] + ((unsigned __int128)m * w[2] >> 64);
  p += (unsigned __int128)(m * w[0]) << 64;
  if (!rest) {
    int n = (int)(((u64)(p >> 64) + (1ull << 61)) >> 62);
    return negative ? (4 - n) & 3 : n;
  }
  p <<= 2;
  if ((i64)(p >> 64) < 0) {
    p = -p;
    negative = !negative;
  }
  int zeros = __builtin_clzll((u64)(p >> 64) | 1);
  union { u64 from; f64 to; } scale;
  scale.from = (u64)(1023 - 64 - zeros) << 52;
  f64 r = (f64)(u64)(p << zeros >> 64) * scale.to * ${showLiteral(Math.PI / 2, "f64")};
  return negative ? -r : r;
}`;
