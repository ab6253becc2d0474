// Which bytes of a growing range are in use. Kept outside of the memory it speaks of, so that a kernel
// that writes where it should not cannot break it.

/** Blocks start and end at multiples of this many bytes. */
export const ALIGNMENT = 64;

/** Sizes of up to this many units have a bin each; above, eight bins share the sizes of an octave. */
const EXACT = 32;
/** Blocks of the wanted size's own bin that are looked at before a larger bin is taken. */
const CANDIDATES = 32;

function binOf(units: number): number {
  if (units < EXACT) return units;
  const octave = 31 - Math.clz32(units);
  return EXACT + (octave - 5) * 8 + ((units >>> (octave - 3)) & 7);
}

/**
 * Hands out 64-byte-aligned blocks of the addresses `start` … `end - 1`. Free blocks are kept in bins by
 * size; neighbours that are both free become one block at once, so what was given back can be handed
 * out in any other sizes.
 */
export class Blocks {
  private end: number;
  private usedBytes = 0;
  private readonly sizes = new Map<number, number>();
  /** Free blocks: bytes by first address, first address by end, and first addresses by bin. */
  private readonly free = new Map<number, number>();
  private readonly freeEnds = new Map<number, number>();
  private readonly bins: Set<number>[] = [];

  constructor(start: number, end: number) {
    this.end = start;
    this.extend(end);
  }

  /** Bytes handed out. */
  get used(): number {
    return this.usedBytes;
  }

  /** Blocks handed out. */
  get count(): number {
    return this.sizes.size;
  }

  /** Bytes of the free block at the end of the range. */
  get tail(): number {
    const start = this.freeEnds.get(this.end);
    return start === undefined ? 0 : this.end - start;
  }

  /** Adds the addresses up to `end`. */
  extend(end: number): void {
    if (end <= this.end) return;
    const start = this.end;
    this.end = end;
    this.insert(start, end - start);
  }

  /** Bytes that a block of at least `bytes` takes. */
  static roundUp(bytes: number): number {
    return Math.max(1, Math.ceil(bytes / ALIGNMENT)) * ALIGNMENT;
  }

  /** The first address of a block of at least `bytes`, or undefined where no free block is that large. */
  allocate(bytes: number): number | undefined {
    const size = Blocks.roundUp(bytes);
    const start = this.find(size);
    if (start === undefined) return undefined;
    const found = this.remove(start);
    if (found > size) this.insert(start + size, found - size);
    this.sizes.set(start, size);
    this.usedBytes += size;
    return start;
  }

  /** Bytes of the block that starts at this address. */
  sizeOf(address: number): number {
    const size = this.sizes.get(address);
    if (size === undefined) throw new Error(`no block starts at address ${address}`);
    return size;
  }

  /** Takes a block back. */
  release(address: number): void {
    const size = this.sizeOf(address);
    this.sizes.delete(address);
    this.usedBytes -= size;
    this.insert(address, size);
  }

  private find(size: number): number | undefined {
    const own = binOf(size / ALIGNMENT);
    let best: number | undefined;
    let bestSize = Infinity;
    let looked = 0;
    for (const start of this.bins[own] ?? []) {
      const bytes = this.free.get(start)!;
      if (bytes >= size && bytes < bestSize) [best, bestSize] = [start, bytes];
      if (bytes === size || ++looked === CANDIDATES) break;
    }
    if (best !== undefined) return best;
    for (let bin = own + 1; bin < this.bins.length; bin++)
      for (const start of this.bins[bin] ?? []) return start;
    return undefined;
  }

  /** Makes a range free, as one block with the free ranges beside it. */
  private insert(start: number, bytes: number): void {
    let first = start;
    let end = start + bytes;
    const before = this.freeEnds.get(start);
    if (before !== undefined) {
      this.remove(before);
      first = before;
    }
    if (this.free.has(end)) {
      const next = end;
      end += this.remove(next);
    }
    this.free.set(first, end - first);
    this.freeEnds.set(end, first);
    const bin = binOf((end - first) / ALIGNMENT);
    (this.bins[bin] ??= new Set()).add(first);
  }

  /** Takes a free block out of the lists; its bytes. */
  private remove(start: number): number {
    const bytes = this.free.get(start)!;
    this.free.delete(start);
    this.freeEnds.delete(start + bytes);
    this.bins[binOf(bytes / ALIGNMENT)].delete(start);
    return bytes;
  }
}
