import { describe, expect, it } from "vitest";
import { Builder, int } from "../../src/compiler/loop/builder.ts";
import { type Kernel, type Type } from "../../src/compiler/loop/loop.ts";
import { type KernelStep, type Plan } from "../../src/compiler/plan.ts";
import { type Device, type LoadedPlan } from "../../src/runtime/device.ts";
import { createJsDevice } from "../../src/runtime/js/device.ts";
import { createWasmDevice } from "../../src/runtime/wasm/device.ts";

const F32: Type = { dtype: "f32", lanes: 1 };

/** out[i] = a[i] + b[i] * scale. */
function axpy(name = "axpy"): Kernel {
  const b = new Builder();
  const x = b.buffer("f32", "read");
  const y = b.buffer("f32", "read");
  const out = b.buffer("f32", "write");
  const scale = b.scalarParam("f32");
  b.for(b.begin, b.end, int(1), (i) => {
    const product = b.op("mul", F32, b.load(b.address(y, i)), scale);
    b.store(b.address(out, i), b.op("add", F32, b.load(b.address(x, i)), product));
  });
  return b.finish(name);
}

/** Reverses rows of `n` elements by way of scratch memory. */
function reverse(): Kernel {
  const b = new Builder();
  const x = b.buffer("f32", "read");
  const out = b.buffer("f32", "write");
  const scratch = b.buffer("f32", "scratch");
  const n = b.intParam();
  b.for(b.begin, b.end, int(1), (row) => {
    const start = b.mul(row, n);
    b.for(int(0), n, int(1), (i) => {
      b.store(b.address(scratch, i), b.load(b.address(x, b.add(start, i))));
    });
    b.for(int(0), n, int(1), (i) => {
      const from = b.sub(b.sub(n, int(1)), i);
      b.store(b.address(out, b.add(start, i)), b.load(b.address(scratch, from)));
    });
  });
  return b.finish("reverse");
}

const shape = (...sizes: number[]) => ({ dtype: "f32", shape: sizes }) as const;
const buffer = (length: number) => ({ dtype: "f32", length }) as const;

/** Loads a plan that was made for any target. */
const load = (device: Device, plan: Plan): LoadedPlan =>
  device.load({ cost: Infinity, lower: () => plan });

const DEVICES: [string, () => Device][] = [
  ["js", createJsDevice],
  ["wasm", () => createWasmDevice({ threads: 1 })],
  ["wasm, two threads", () => createWasmDevice({ threads: 2 })],
];

describe.each(DEVICES)("%s", (_, create) => {
  it("runs kernels over inputs, outputs, arena and scratch", () => {
    const device = create();
    const step = (kernel: Kernel, rest: Partial<KernelStep>): KernelStep => ({
      kind: "kernel",
      kernel,
      args: [],
      ints: [],
      scalars: [],
      pieces: 1,
      cost: 1,
      ...rest,
    });
    const plan: Plan = {
      buffers: [
        { place: { kind: "input", index: 0 }, ...buffer(6) },
        { place: { kind: "arena", offset: 64 }, ...buffer(6) },
        { place: { kind: "output", index: 0 }, ...buffer(6) },
      ],
      steps: [
        step(axpy(), {
          args: [
            { buffer: 0, offset: 0 },
            { buffer: 0, offset: 0 },
            { buffer: 1, offset: 0 },
          ],
          scalars: [{ kind: "constant", index: 0 }],
          pieces: 6,
        }),
        step(reverse(), {
          args: [{ buffer: 1, offset: 0 }, { buffer: 2, offset: 0 }, { scratch: 64 }],
          ints: [3],
          pieces: 2,
        }),
      ],
      inputs: [shape(6)],
      outputs: [shape(6)],
      constants: 1,
      arenaBytes: 64 + 24,
      scratchBytes: 64 + 12,
    };
    const x = device.allocate(24);
    const out = device.allocate(24);
    device.upload(x, new Float32Array([1, 2, 3, 4, 5, 6]));
    const loaded = load(device, plan);
    loaded.run([x], [out], [9]);
    expect(Array.from(device.read(out, "f32", 6))).toEqual([30, 20, 10, 60, 50, 40]);
    loaded.run([x], [out], [99]);
    expect(Array.from(device.read(out, "f32", 6))).toEqual([300, 200, 100, 600, 500, 400]);
    const profile = loaded.profile([x], [out], [0]);
    expect(profile.map((entry) => entry.kernel)).toEqual(["axpy", "reverse"]);
    expect(profile.every((entry) => entry.seconds >= 0)).toBe(true);
    expect(device.stats).toEqual({ kernelsCompiled: 2, plansLoaded: 1, runs: 3 });
    expect(() => loaded.run([], [out], [0])).toThrow(
      /expected 1 inputs and 1 outputs, got 0 and 1/,
    );
    loaded.release();
    expect(() => loaded.run([x], [out], [0])).toThrow(/released/);
  });

  it("compiles equal kernels once", () => {
    const device = create();
    const plan = (kernel: Kernel): Plan => ({
      buffers: [{ place: { kind: "arena", offset: 0 }, ...buffer(4) }],
      steps: [
        {
          kind: "kernel",
          kernel,
          args: [0, 1, 2].map(() => ({ buffer: 0, offset: 0 })),
          ints: [],
          scalars: [{ kind: "fixed", value: 2 }],
          pieces: 4,
          cost: 1,
        },
      ],
      inputs: [],
      outputs: [],
      constants: 0,
      arenaBytes: 16,
      scratchBytes: 0,
    });
    load(device, plan(axpy("first"))).run([], [], []);
    load(device, plan(axpy("second"))).run([], [], []);
    expect(device.stats).toEqual({ kernelsCompiled: 1, plansLoaded: 2, runs: 2 });
  });

  it("runs nested loops with advancing arguments", () => {
    // state += x[i][j] * 1 for i < 2, j < 3; out[i][j] = state.
    const device = create();
    const kernel = axpy();
    const add = (x: object, y: object, out: object): KernelStep => ({
      kind: "kernel",
      kernel,
      args: [x, y, out] as KernelStep["args"],
      ints: [],
      scalars: [{ kind: "fixed", value: 1 }],
      pieces: 2,
      cost: 1,
    });
    const state = { buffer: 1, offset: 4 };
    const plan: Plan = {
      buffers: [
        { place: { kind: "input", index: 0 }, ...buffer(12) },
        { place: { kind: "arena", offset: 0 }, ...buffer(6) },
        { place: { kind: "output", index: 0 }, ...buffer(12) },
      ],
      steps: [
        // state = 0 (an element of the arena that nothing else writes, plus itself).
        add({ buffer: 1, offset: 0 }, { buffer: 1, offset: 0 }, state),
        {
          kind: "loop",
          count: 2,
          body: [
            {
              kind: "loop",
              count: 3,
              body: [
                add(state, { buffer: 0, offset: 0, advance: [6, 2] }, { buffer: 1, offset: 2 }),
                add({ buffer: 1, offset: 2 }, { buffer: 1, offset: 0 }, state),
                // Outputs are written from the end.
                add(state, { buffer: 1, offset: 0 }, { buffer: 2, offset: 10, advance: [-6, -2] }),
              ],
            },
          ],
        },
      ],
      inputs: [shape(12)],
      outputs: [shape(12)],
      constants: 0,
      arenaBytes: 24,
      scratchBytes: 0,
    };
    const x = device.allocate(48);
    const out = device.allocate(48);
    device.upload(x, new Float32Array([1, 10, 2, 20, 3, 30, 4, 40, 5, 50, 6, 60]));
    const loaded = load(device, plan);
    loaded.run([x], [out], []);
    const expected = [21, 210, 15, 150, 10, 100, 6, 60, 3, 30, 1, 10];
    expect(Array.from(device.read(out, "f32", 12))).toEqual(expected);
    expect(loaded.profile([x], [out], [])).toHaveLength(4);
  });

  it("grows the arena that plans share", () => {
    const device = create();
    const double = (length: number): Plan => {
      const step = (from: number, to: number): KernelStep => ({
        kind: "kernel",
        kernel: axpy(),
        args: [from, from, to].map((b) => ({ buffer: b, offset: 0 })),
        ints: [],
        scalars: [{ kind: "fixed", value: 1 }],
        pieces: length,
        cost: 1,
      });
      return {
        buffers: [
          { place: { kind: "input", index: 0 }, ...buffer(length) },
          { place: { kind: "arena", offset: 0 }, ...buffer(length) },
          { place: { kind: "output", index: 0 }, ...buffer(length) },
        ],
        steps: [step(0, 1), step(1, 2)],
        inputs: [shape(length)],
        outputs: [shape(length)],
        constants: 0,
        arenaBytes: length * 4,
        scratchBytes: 0,
      };
    };
    const small = load(device, double(2));
    const large = load(device, double(100));
    const x = device.allocate(400);
    const out = device.allocate(400);
    device.upload(x, new Float32Array(100).fill(3));
    for (const [plan, length] of [
      [small, 2],
      [large, 100],
      [small, 2],
    ] as const) {
      device.upload(out, new Float32Array(100));
      plan.run([x], [out], []);
      const read = device.read(out, "f32", 100);
      expect(read.every((value, i) => value === (i < length ? 12 : 0))).toBe(true);
    }
  });

  it("checks uploads and copies reads", () => {
    const device = create();
    const memory = device.allocate(8);
    expect(() => device.upload(memory, new Float32Array(3))).toThrow(/12 bytes do not fit/);
    device.upload(memory, new Float32Array([1, 2, 3]).subarray(1));
    const read = device.read(memory, "f32", 2);
    expect(Array.from(read)).toEqual([2, 3]);
    read[0] = 9;
    expect(device.read(memory, "f32", 1)[0]).toBe(2);
    device.free(memory);
  });
});
