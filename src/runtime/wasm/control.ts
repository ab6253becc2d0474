// What the runner, the workers' script and the main thread agree on: the layout of commands and of the
// control block, in bytes.

/** Calls kernel [1] with argument block [2] for [3] pieces, shared in parts of [4] where that is not 0. */
export const CALL = 1;
/** Runs the next [4] bytes of commands [1] times; after each turn the [3] moves at [2] are made. */
export const LOOP = 2;
/** A command is five words: the kind and four operands. */
export const COMMAND_BYTES = 20;
/** A move is two words: the address of a word, and what is added to it. */
export const MOVE_BYTES = 8;

/**
 * The control block. Words that different threads write often are 64 bytes apart, so that they do not
 * share a cache line.
 */
export const Control = {
  /**
   * The work that is left of the present step: a count of steps in the upper half, which tells one
   * step's work from the next one's, and the number of pieces that nobody has taken yet.
   */
  ticket: 0,
  /** Changes when there is new work; sleeping workers wait on it. */
  wake: 64,
  /** Workers that sleep. */
  sleepers: 68,
  /** Not 0 when workers are to end. */
  exit: 72,
  /** Workers that take part. */
  ready: 76,
  /** Workers that look for pieces or work on them. */
  active: 128,
  /** 1 while the main thread sleeps until `active` is 0. */
  waiting: 132,
  /** The present step: kernel, argument block, pieces taken at a time. */
  kernel: 192,
  args: 196,
  chunk: 200,
  /** Scratch memory: the first thread's, and how far the threads' lie apart. */
  scratch: 204,
  scratchStride: 208,
  /** 1 where the main thread may sleep. */
  maySleep: 212,
  /** Address of the first kernel's code: next address, length, bytes. */
  list: 216,
  /** Bytes of the text that says why a worker's kernel failed; 0 where none did. */
  error: 220,
  errorText: 256,
  errorBytes: 256,
  bytes: 512,
} as const;
