import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { compile } from "../../src/compiler/compile.ts";
import { type DType } from "../../src/ir/dtype.ts";
import { evaluate } from "../../src/ir/evaluate.ts";
import { fill, type NDArray } from "../../src/ir/ndarray.ts";
import { type Node } from "../../src/ir/node.ts";
import * as ops from "../../src/ir/ops.ts";
import { sizeOf } from "../../src/ir/shape.ts";
import { type Device, type DeviceBuffer, type LoadedPlan } from "../../src/runtime/device.ts";
import { createWasmDevice } from "../../src/runtime/wasm/device.ts";

const leaf = (shape: number[], dtype: DType = "f32"): Node => ops.placeholder(shape, dtype);

/** Numbers that are different in every leaf, small and of both signs. */
const valuesOf = (leaves: readonly Node[]): NDArray[] =>
  leaves.map((node, k) => fill(node.shape, node.dtype, (i) => Math.sin(i * 1.3 + k * 2.1) * 2));

interface Loaded {
  plan: LoadedPlan;
  inputs: DeviceBuffer[];
  outputs: DeviceBuffer[];
  /** Runs and reads everything. */
  results(): number[][];
}

function load(device: Device, outputs: Node[], leaves: Node[]): Loaded {
  const plan = device.load({
    cost: Infinity,
    lower: (target) => compile({ outputs, inputs: leaves, constants: 0 }, target),
  });
  const inputs = valuesOf(leaves).map(({ data }) => {
    const buffer = device.allocate(data.byteLength);
    device.upload(buffer, data);
    return buffer;
  });
  const memory = outputs.map((node) => device.allocate(8 * Math.max(1, sizeOf(node.shape))));
  return {
    plan,
    inputs,
    outputs: memory,
    results() {
      plan.run(inputs, memory, []);
      return outputs.map((node, i) =>
        Array.from(device.read(memory[i], node.dtype, sizeOf(node.shape))),
      );
    },
  };
}

const contract = (a: Node, b: Node): Node =>
  ops.dot(a, b, { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] });

function softmax(x: Node): Node {
  const [rows, columns] = x.shape;
  const over = (y: Node): Node => ops.expand(ops.reshape(y, [rows, 1]), [rows, columns]);
  const e = ops.exp(ops.sub(x, over(ops.reduceMax(x, [1]))));
  return ops.div(e, over(ops.reduceSum(e, [1])));
}

/** A recurrent net: h = tanh(h w + x). */
function recurrent(length: number, width: number, reverse: boolean): [Node[], Node[]] {
  const params = [leaf([4, width]), leaf([4, width]), leaf([width, width])];
  const h = ops.tanh(ops.add(ops.mul(contract(params[0], params[2]), full(4, width)), params[1]));
  const leaves = [leaf([4, width]), leaf([length, 4, width]), leaf([width, width])];
  const body = { params, outputs: [h, ops.mul(h, h)] };
  const result = ops.scan(body, [leaves[0]], [leaves[1]], [leaves[2]], length, reverse);
  return [[result.carries[0], result.ys[0], result.histories[0]], leaves];
}
const full = (rows: number, columns: number): Node => ops.full([rows, columns], 0.05, "f32");

/** Graphs whose large steps are shared between threads. */
const LARGE: Record<string, () => [Node[], Node[]]> = {
  elementwise: () => {
    const [x, y] = [leaf([300, 500]), leaf([500])];
    return [[ops.exp(ops.add(x, ops.broadcastTo(y, [300, 500])))], [x, y]];
  },
  sums: () => {
    const x = leaf([600, 700]);
    return [[ops.reduceSum(x, [0]), ops.reduceSum(x, [1]), ops.reduceSum(x, [0, 1])], [x]];
  },
  softmax: () => {
    const x = leaf([300, 200]);
    return [[softmax(x)], [x]];
  },
  matmul: () => {
    const [x, y, z] = [leaf([150, 90]), leaf([90, 170]), leaf([170])];
    return [[ops.tanh(ops.add(contract(x, y), ops.broadcastTo(z, [150, 170])))], [x, y, z]];
  },
  scan: () => recurrent(5, 70, false),
  "scan from the end": () => recurrent(5, 70, true),
  cumsum: () => {
    const x = leaf([400, 200]);
    return [[ops.cumsum(x, 1), ops.argsort(x, 1)], [x]];
  },
};

/** Waits until workers had time to start. */
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 300));

const one = createWasmDevice({ threads: 1 });
const two = createWasmDevice({ threads: 2 });

it.each(Object.keys(LARGE))(
  "%s: equals the definition, to the bit for 1 and 2 threads",
  async (name) => {
    const [outputs, leaves] = LARGE[name]();
    const values = valuesOf(leaves);
    const expected = evaluate(outputs, (node) => values[leaves.indexOf(node)]);
    const alone = load(one, outputs, leaves).results();
    alone.forEach((result, i) => {
      const worst = result.reduce((most, x, k) => {
        const error =
          Math.abs(x - expected[i].data[k]) / Math.max(1, Math.abs(expected[i].data[k]));
        return Math.max(most, Number.isNaN(error) ? Infinity : error);
      }, 0);
      expect(worst, `output ${i}`).toBeLessThan(2e-4);
    });
    const shared = load(two, outputs, leaves);
    expect(shared.results()).toEqual(alone);
    await pause();
    for (let i = 0; i < 5; i++) expect(shared.results()).toEqual(alone);
  },
);

it("grows memory in the middle of its life", () => {
  const device = createWasmDevice({ threads: 1 });
  const x = leaf([10]);
  const small = load(device, [ops.mul(x, x)], [x]);
  const before = small.results();
  const y = leaf([1 << 21]);
  const large = load(device, [ops.add(ops.exp(y), y)], [y]);
  const values = valuesOf([y])[0].data;
  const got = large.results()[0];
  for (const i of [0, 12345, (1 << 21) - 1])
    expect(got[i]).toBeCloseTo(Math.exp(values[i]) + values[i], 4);
  expect(small.results()).toEqual(before);
});

it("runs thousands of times, and loads and releases plans, in the same memory", () => {
  const device = createWasmDevice({ threads: 1 });
  const x = leaf([32, 64]);
  const loaded = load(device, [softmax(ops.mul(x, x))], [x]);
  const first = loaded.results();
  const rounds = (count: number): void => {
    for (let i = 0; i < count; i++) {
      loaded.plan.run(loaded.inputs, loaded.outputs, []);
      const other = load(device, [ops.add(x, full(32, 64))], [x]);
      other.plan.run(other.inputs, other.outputs, []);
      other.plan.release();
      for (const buffer of [...other.inputs, ...other.outputs]) device.free(buffer);
    }
  };
  rounds(20);
  // The next block lies where it lay before, so nothing was kept.
  const settled = device.allocate(1 << 16);
  const place = { ...settled };
  device.free(settled);
  rounds(500);
  expect(device.allocate(1 << 16)).toEqual(place);
  expect(loaded.results()).toEqual(first);
  expect(device.stats.kernelsCompiled).toBe(2);
});

it("says what is wrong with a call", () => {
  const device = createWasmDevice({ threads: 1 });
  const x = leaf([8]);
  const { plan, inputs, outputs } = load(device, [ops.neg(x)], [x]);
  expect(() => plan.run(inputs, [], [])).toThrow(/expected 1 inputs and 1 outputs, got 1 and 0/);
  expect(() => plan.run(inputs, outputs, [1])).toThrow(/expected 0 constants, got 1/);
  const short = device.allocate(16);
  expect(() => plan.run([short], outputs, [])).toThrow(
    /input 0 of shape \[8\] needs 32 bytes, got a buffer of 16/,
  );
  device.free(short);
  expect(() => device.free(short)).toThrow(/given back/);
  expect(() => device.upload(short, new Float32Array(1))).toThrow(/given back/);
  expect(() => device.read(inputs[0], "f32", 9)).toThrow(/36 bytes were asked of a buffer of 32/);
  plan.release();
  expect(() => plan.run(inputs, outputs, [])).toThrow(/released/);
  expect(() => createWasmDevice({ threads: 0 })).toThrow(/positive integer, got 0/);
});

it("lets the process end, and drops workers with their device", { timeout: 60_000 }, () => {
  const script = fileURLToPath(new URL("wasm-process.ts", import.meta.url));
  const tsx = fileURLToPath(new URL("../../node_modules/tsx/dist/cli.mjs", import.meta.url));
  const output = execFileSync(process.execPath, [tsx, script], {
    encoding: "utf8",
    timeout: 60_000,
  });
  expect(output.trim()).toBe("ready 3, left 0, kept 2");
});
