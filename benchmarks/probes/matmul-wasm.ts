import { performance } from "node:perf_hooks";
import { argumentLayout, KERNEL_EXPORT } from "../../src/codegen/wasm/abi.ts";
import { generateKernel, supportsRelaxedSimd } from "../../src/codegen/wasm/generate.ts";
import { compile } from "../../src/compiler/compile.ts";
import { type Target } from "../../src/compiler/loop/loop.ts";
import { printKernel } from "../../src/compiler/loop/print.ts";
import { dot, permute, placeholder } from "../../src/ir/ops.ts";

// The speed of the compiler's f32 matrix product as one WebAssembly kernel on one thread, without the
// device around it. `npx tsx benchmarks/probes/matmul-wasm.ts [--print] [--relaxed] [--k=384] [sizes…]`,
// where a size is n or m,k,n: (m, k) × (k, n).

const args = process.argv.slice(2);
const sizes = args.filter((x) => !x.startsWith("--")).map((x) => x.split(",").map(Number));
const number = (name: string, otherwise: number): number =>
  Number(args.find((x) => x.startsWith(`--${name}=`))?.split("=")[1] ?? otherwise);
const target: Target = {
  name: "wasm",
  vectorBytes: 16,
  partial: false,
  math: "expand",
  tile: {
    rows: number("rows", 4),
    vectors: number("vectors", 2),
    kBlock: number("k", 1024),
    mBlock: number("m", 128),
    nBlock: number("n", 256),
    strip: number("strip", 256),
  },
  threads: 1,
};
const relaxed = args.includes("--relaxed") && supportsRelaxedSimd();
const SECONDS = 1.5;

/** GFLOP/s of the best run, and the largest error of some elements. */
function measure(
  m: number,
  k: number,
  n: number,
  transposed: boolean,
): { best: number; error: number } {
  const a = placeholder([m, k], "f32");
  const b = placeholder(transposed ? [n, k] : [k, n], "f32");
  const right = transposed ? permute(b, [1, 0]) : b;
  const product = dot(a, right, {
    lhsBatch: [],
    rhsBatch: [],
    lhsContract: [1],
    rhsContract: [0],
  });
  const plan = compile({ outputs: [product], inputs: [a, b], constants: 0 }, target);
  const [step] = plan.steps;
  if (plan.steps.length !== 1 || step.kind !== "kernel") throw new Error("expected one kernel");
  if (args.includes("--print")) console.log(printKernel(step.kernel));

  const bytes = 4 * Math.max(m * k, k * n, m * n);
  const pages = Math.ceil((3 * bytes + plan.arenaBytes + plan.scratchBytes) / 65536) + 2;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const code = generateKernel(step.kernel, { shared: false, maximumPages: pages, relaxed });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory } });
  const run = exports[KERNEL_EXPORT] as (...args: number[]) => void;
  const layout = argumentLayout(step.kernel);
  const block = 64;
  const start = 65536;
  const places = { input: start, output: start + 2 * bytes, arena: start + 3 * bytes };
  const scratch = places.arena + Math.ceil(plan.arenaBytes / 64) * 64;
  const words = new Int32Array(memory.buffer);
  step.ints.forEach((value, i) => (words[(block + layout.ints[i]) / 4] = value));
  step.args.forEach((arg, i) => {
    let at: number;
    if ("scratch" in arg) at = arg.scratch;
    else {
      const { place } = plan.buffers[arg.buffer];
      at = places[place.kind] + (place.kind === "arena" ? place.offset : bytes * place.index);
      at += 4 * arg.offset;
    }
    words[(block + layout.buffers[i]) / 4] = at;
  });
  const array = (at: number): Float32Array => new Float32Array(memory.buffer, at, bytes / 4);
  const [x, y, z] = [array(start), array(start + bytes), array(places.output)];
  for (let i = 0; i < x.length; i++) {
    x[i] = Math.sin(i);
    y[i] = Math.cos(3 * i);
  }
  // The best time of each piece by itself: short runs are seldom interrupted.
  const times = new Array<number>(step.pieces).fill(Infinity);
  const end = performance.now() + 1000 * SECONDS;
  while (performance.now() < end)
    for (let piece = 0; piece < step.pieces; piece++) {
      const before = performance.now();
      run(block, piece, piece + 1, scratch);
      times[piece] = Math.min(times[piece], performance.now() - before);
    }
  const best = times.reduce((sum, time) => sum + time, 0);
  let error = 0;
  for (let i = 0; i < m; i++) {
    const j = (i * 7) % n;
    let sum = 0;
    for (let l = 0; l < k; l++) sum += x[i * k + l] * (transposed ? y[j * k + l] : y[l * n + j]);
    error = Math.max(error, Math.abs(sum - z[i * n + j]));
  }
  return { best: (2 * m * k * n) / best / 1e6, error };
}

for (const size of sizes.length > 0 ? sizes : [[192], [384], [768], [1000]])
  for (const transposed of [false, true]) {
    const [m, k = m, n = m] = size;
    const { best, error } = measure(m, k, n, transposed);
    const name = `(${m}, ${k}) × (${k}, ${n})${transposed ? " transposed" : ""}`;
    console.log(`${name}: ${best.toFixed(1)} GFLOP/s, error ${error.toExponential(1)}`);
  }
