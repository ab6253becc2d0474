/** What every kernel is compiled with, whatever the compiler. */
export const COMPILER_FLAGS: readonly string[] = [
  "-std=gnu11",
  "-march=native",
  "-fPIC",
  "-shared",
  "-w",
  "-fwrapv",
  "-fno-strict-aliasing",
  "-fno-math-errno",
  "-fno-trapping-math",
  // What a kernel computes does not depend on how its statements are put together.
  "-ffp-contract=off",
];
