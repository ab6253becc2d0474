import { ALIGNMENT, Blocks } from "./blocks.ts";

const PAGE = 65536;
/** 4 GiB: all that 32-bit addresses reach. */
const MOST_PAGES = 65536;
const FIRST_PAGES = 16;
/** Memory grows by at least this part of its size, so that growing is rare. */
const GROWTH = 1 / 8;

/** The memory seen as arrays; others after each growth. */
export interface Views {
  readonly u8: Uint8Array;
  readonly i32: Int32Array;
  readonly f32: Float32Array;
  readonly f64: Float64Array;
}

const MIB = 1 << 20;
/** Bytes of small blocks that are kept for the next of their size. */
const MOST_SPARE = MIB;
const showBytes = (bytes: number): string =>
  bytes < MIB ? `${bytes} bytes` : `${(bytes / MIB).toFixed(1)} MiB`;

/** One WebAssembly memory, which grows when no free block is large enough. */
export class WasmMemory {
  readonly memory: WebAssembly.Memory;
  readonly shared: boolean;
  /** The declared maximum, which modules that import the memory must name. */
  readonly maximumPages: number;
  private readonly blocks: Blocks;
  /**
   * Small blocks given back last, by size: the next of that size is one of them, and the lists of blocks
   * stay as they are (see RecentMap on why they should).
   */
  private readonly spare = new Map<number, number[]>();
  private spareBytes = 0;
  private current: Views;

  /** @param maximumPages most pages of 64 KiB; fewer where the machine cannot reserve as many. */
  constructor(shared: boolean, maximumPages = MOST_PAGES) {
    const { memory, pages } = reserve(shared, maximumPages);
    this.memory = memory;
    this.shared = shared;
    this.maximumPages = pages;
    // Address 0 stays free: it means "none" in lists.
    this.blocks = new Blocks(ALIGNMENT, memory.buffer.byteLength);
    this.current = viewsOf(memory);
  }

  get views(): Views {
    return this.current;
  }

  /** Bytes of the memory as a whole. */
  get bytes(): number {
    return this.current.u8.byteLength;
  }

  /** Bytes in use. */
  get used(): number {
    return this.blocks.used - this.spareBytes;
  }

  /**
   * The address of at least `bytes`, 64-byte aligned, contents undefined.
   *
   * @throws RangeError where the memory cannot grow that far.
   */
  allocate(bytes: number): number {
    if (!(bytes >= 0)) throw new RangeError(`allocate: expected a number of bytes, got ${bytes}`);
    const size = Blocks.roundUp(bytes);
    const spare = this.spare.get(size)?.pop();
    if (spare !== undefined) {
      this.spareBytes -= size;
      return spare;
    }
    const found = this.blocks.allocate(bytes);
    if (found !== undefined) return found;
    this.releaseSpare();
    const second = this.blocks.allocate(bytes);
    if (second !== undefined) return second;
    this.grow(bytes);
    return this.blocks.allocate(bytes)!;
  }

  /** @throws Error where no block starts at this address. */
  free(address: number): void {
    const size = this.blocks.sizeOf(address);
    if (size > MOST_SPARE) {
      this.blocks.release(address);
      return;
    }
    if (this.spareBytes + size > MOST_SPARE) this.releaseSpare();
    const list = this.spare.get(size);
    if (list) list.push(address);
    else this.spare.set(size, [address]);
    this.spareBytes += size;
  }

  private releaseSpare(): void {
    for (const list of this.spare.values())
      while (list.length > 0) this.blocks.release(list.pop()!);
    this.spareBytes = 0;
  }

  private grow(bytes: number): void {
    const missing = Math.ceil((Blocks.roundUp(bytes) - this.blocks.tail) / PAGE);
    const roomy = Math.max(missing, Math.ceil((this.bytes / PAGE) * GROWTH));
    const left = this.maximumPages - this.bytes / PAGE;
    if (missing > left || !(this.tryGrow(Math.min(roomy, left)) || this.tryGrow(missing)))
      throw new RangeError(
        `wasm: out of memory: ${showBytes(bytes)} were asked for, ${showBytes(this.used)} are in use ` +
          `in ${showBytes(this.bytes)}, of at most ${showBytes(this.maximumPages * PAGE)}; ` +
          `use smaller batches or fewer values at a time`,
      );
    this.current = viewsOf(this.memory);
    this.blocks.extend(this.bytes);
  }

  private tryGrow(pages: number): boolean {
    try {
      this.memory.grow(pages);
      return true;
    } catch {
      return false;
    }
  }
}

/** A memory with the largest maximum that the engine grants: some cannot reserve 4 GiB of addresses. */
function reserve(
  shared: boolean,
  maximumPages: number,
): { memory: WebAssembly.Memory; pages: number } {
  for (let pages = maximumPages; ; pages = Math.floor(pages / 2)) {
    try {
      const initial = Math.min(FIRST_PAGES, pages);
      return { memory: new WebAssembly.Memory({ initial, maximum: pages, shared }), pages };
    } catch (error) {
      if (pages < 2 * FIRST_PAGES) throw error;
    }
  }
}

function viewsOf(memory: WebAssembly.Memory): Views {
  const { buffer } = memory;
  return {
    u8: new Uint8Array(buffer),
    i32: new Int32Array(buffer),
    f32: new Float32Array(buffer),
    f64: new Float64Array(buffer),
  };
}
