import { type DType, newArray, type TypedArray } from "../ir/dtype.ts";
import type { Node } from "../ir/node.ts";
import { type Shape } from "../ir/shape.ts";
import { RecentMap } from "../runtime/recent.ts";
import { fromData } from "../tensor/tensor.ts";

// What transforms multiply by: computed in double precision, rounded to the dtype, and kept.

/** Numbers cos θ and sin θ. */
interface Angles {
  readonly cos: Float64Array;
  readonly sin: Float64Array;
}

/** Numbers that are kept for later transforms, of all tables together. */
const KEPT = 1 << 23;
const kept = new RecentMap<string, readonly Node[]>();
let held = 0;

const sizeOf = (nodes: readonly Node[]): number =>
  nodes.reduce((sum, { shape }) => sum + shape.reduce((n, size) => n * size, 1), 0);

/** The constants of that name, made where they are not there. */
function table(name: string, dtype: DType, make: () => readonly Node[]): readonly Node[] {
  const key = `${name}:${dtype}`;
  let nodes = kept.get(key);
  if (nodes) return nodes;
  nodes = make();
  kept.set(key, nodes);
  held += sizeOf(nodes);
  while (held > KEPT && kept.size > 1) {
    const [oldest, old] = kept.oldest()!;
    kept.delete(oldest);
    held -= sizeOf(old);
  }
  return nodes;
}

function constant(data: TypedArray, shape: Shape, dtype: DType): Node {
  const rounded = newArray(dtype, data.length);
  rounded.set(data);
  return fromData(rounded, shape, dtype).node;
}

/** cos and sin of 2πj/n for j < n, from angles up to π/4, where both are most exact. */
export function rootsOfUnity(n: number): Angles {
  const [cos, sin] = [new Float64Array(n), new Float64Array(n)];
  for (let j = 0; j < n; j++) {
    const octant = Math.floor((8 * j) / n);
    const rest = 8 * j - octant * n;
    const angle = (Math.PI / 4) * ((octant % 2 === 0 ? rest : n - rest) / n);
    let [c, s] = [Math.cos(angle), Math.sin(angle)];
    if (octant % 4 === 1 || octant % 4 === 2) [c, s] = [s, c];
    cos[j] = octant >= 2 && octant < 6 ? -c : c;
    sin[j] = octant >= 4 ? -s : s;
  }
  return { cos, sin };
}

/**
 * The matrix of the transform of r numbers by e^(sign · 2πi jk / r), as it acts on planes of real and
 * imaginary parts: (to, r, from, r). One plane in or out holds real parts alone.
 */
export function matrix(r: number, sign: number, from: number, to: number, dtype: DType): Node {
  return table(`matrix ${r} ${sign} ${from} ${to}`, dtype, () => {
    const { cos, sin } = rootsOfUnity(r);
    const data = new Float64Array(to * r * from * r);
    for (let p = 0; p < to; p++)
      for (let k = 0; k < r; k++)
        for (let q = 0; q < from; q++)
          for (let j = 0; j < r; j++) {
            const at = (j * k) % r;
            const s = sign * sin[at];
            data[((p * r + k) * from + q) * r + j] = p === q ? cos[at] : p === 0 ? -s : s;
          }
    return [constant(data, [to, r, from, r], dtype)];
  })[0];
}

/** Numbers `cos - i sin`, as factors of both planes (n) and of exchanged planes (2, n). */
function factors({ cos, sin }: Angles, dtype: DType): readonly Node[] {
  const n = cos.length;
  const exchanged = new Float64Array(2 * n);
  for (let j = 0; j < n; j++) [exchanged[j], exchanged[n + j]] = [sin[j], -sin[j]];
  return [constant(cos, [n], dtype), constant(exchanged, [2, n], dtype)];
}

/** e^(-2πi jk / rm) for k < r and j < m: between the steps of r and of m numbers. */
export const twiddles = (r: number, m: number, dtype: DType): readonly Node[] =>
  table(`twiddles ${r} ${m}`, dtype, () => {
    const n = r * m;
    const roots = rootsOfUnity(n);
    const [cos, sin] = [new Float64Array(n), new Float64Array(n)];
    for (let k = 0; k < r; k++)
      for (let j = 0; j < m; j++) {
        cos[k * m + j] = roots.cos[j * k];
        sin[k * m + j] = roots.sin[j * k];
      }
    return factors({ cos, sin }, dtype);
  });

/** e^(-2πi k / n) for k <= n / 2. */
export const halfRoots = (n: number, dtype: DType): readonly Node[] =>
  table(`half ${n}`, dtype, () => {
    const { cos, sin } = rootsOfUnity(n);
    return factors({ cos: cos.subarray(0, n / 2 + 1), sin: sin.subarray(0, n / 2 + 1) }, dtype);
  });

/** cos and sin of πj²/n for j < n. */
function chirpAngles(n: number): Angles {
  const roots = rootsOfUnity(2 * n);
  const [cos, sin] = [new Float64Array(n), new Float64Array(n)];
  // j² modulo 2n, without numbers that grow.
  for (let j = 0, square = 0; j < n; square = (square + 2 * j + 1) % (2 * n), j++) {
    cos[j] = roots.cos[square];
    sin[j] = roots.sin[square];
  }
  return { cos, sin };
}

/** e^(-πi j² / n) for j < n. */
export const chirp = (n: number, dtype: DType): readonly Node[] =>
  table(`chirp ${n}`, dtype, () => factors(chirpAngles(n), dtype));

/**
 * The transform of the chirp e^(πi j² / n) for |j| < n, laid around `length` (a power of two), over
 * `length`: what makes a product of transforms the convolution with the chirp.
 */
export const chirpFilter = (n: number, length: number, dtype: DType): readonly Node[] =>
  table(`filter ${n} ${length}`, dtype, () => {
    const { cos, sin } = chirpAngles(n);
    const [re, im] = [new Float64Array(length), new Float64Array(length)];
    for (let j = 0; j < n; j++)
      for (const at of [j, (length - j) % length]) [re[at], im[at]] = [cos[j], sin[j]];
    transform(re, im);
    return factors({ cos: re.map((v) => v / length), sin: im.map((v) => -v / length) }, dtype);
  });

/** The discrete Fourier transform of 2ᵏ numbers in place, in double precision: for tables alone. */
function transform(re: Float64Array, im: Float64Array): void {
  const n = re.length;
  const { cos, sin } = rootsOfUnity(n);
  for (let i = 0, j = 0; i < n; i++) {
    if (i < j) [re[i], re[j], im[i], im[j]] = [re[j], re[i], im[j], im[i]];
    // j counts as i does, with its bits in reverse.
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j |= bit;
  }
  for (let half = 1; half < n; half *= 2)
    for (let start = 0; start < n; start += 2 * half)
      for (let k = 0; k < half; k++) {
        const [a, b] = [start + k, start + k + half];
        const at = (k * n) / (2 * half);
        const [c, s] = [cos[at], -sin[at]];
        const [x, y] = [re[b] * c - im[b] * s, re[b] * s + im[b] * c];
        [re[b], im[b], re[a], im[a]] = [re[a] - x, im[a] - y, re[a] + x, im[a] + y];
      }
}
