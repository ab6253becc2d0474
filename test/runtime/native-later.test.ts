import { spawnSync } from "node:child_process";
import path from "node:path";
import { describe, expect, it } from "vitest";
import {
  compile,
  manualSeed,
  nn,
  optim,
  randn,
  setDevice,
  type Tensor,
  tensor,
} from "../../src/index.ts";
import { nativeProblem } from "../../src/runtime/native/device.ts";
import { ROOT } from "../../tools/rooms.js";
import { integer, rngOf } from "../ir/util.ts";

// Steps of training run on while JavaScript goes on. Whatever is done in the meantime, everybody sees what they
// would have seen without: one thread alone runs each step to its end.

const WIDTH = 96;
const BATCH = 64;

/** What a program that does random things between its steps sees, number by number. */
async function seen(threads: number, seed: number): Promise<number[]> {
  setDevice("native", { threads });
  manualSeed(seed);
  const rng = rngOf(seed);
  const net = new nn.Sequential(
    new nn.Linear(WIDTH, WIDTH),
    new nn.ReLU(),
    new nn.Linear(WIDTH, WIDTH),
    new nn.BatchNorm1d(WIDTH),
    new nn.Linear(WIDTH, 8),
  );
  const optimizer = new optim.Adam(net.parameters(), { lr: 1e-3 });
  const weight = net.parameters()[0];
  const data = new Float32Array(BATCH * WIDTH);
  const step = (x: Tensor): Tensor => {
    optimizer.zeroGrad();
    const loss = net.forward(x).square().mean();
    loss.backward();
    optimizer.step();
    return loss;
  };
  const compiled = compile(step);
  const numbers: number[] = [];
  const look = (x: ArrayLike<number>): void => {
    numbers.push(x.length, x[0], x[x.length >> 1], x[x.length - 1]);
  };
  let loss = tensor(0);
  for (let turn = 0; turn < 40; turn++) {
    // The same array is filled anew while the last step may still run.
    for (let i = 0; i < data.length; i++) data[i] = rng() - 0.5;
    const x = tensor(data).reshape([BATCH, WIDTH]);
    loss = integer(rng, 0, 2) === 0 ? compiled(x) : step(x);
    switch (integer(rng, 0, 9)) {
      case 0:
        look([loss.itemSync()]);
        break;
      case 1:
        look([await loss.item()]);
        break;
      case 2:
        look(weight.dataSync());
        break;
      case 3:
        look(await weight.data());
        break;
      case 4:
        look(net.forward(x).dataSync());
        break;
      case 5:
        weight.rebind(weight.detach().mul(0.99));
        break;
      case 6:
        look(
          randn([300, 300])
            .matmul(randn([300, 300]))
            .dataSync(),
        );
        break;
      case 7: {
        const ahead = weight.matmul(weight).data();
        step(x);
        look(await ahead);
        break;
      }
      case 8:
        look(tensor([1, 2, 3]).mul(2).dataSync());
        break;
    }
  }
  look([await loss.item()]);
  for (const p of net.parameters()) look(await p.data());
  return numbers;
}

describe.skipIf(nativeProblem() !== undefined)("steps that run on", () => {
  it.each([1, 2, 3, 4])("are seen by nobody (seed %d)", async (seed) => {
    const wanted = await seen(1, seed);
    expect(wanted.every((x) => Number.isFinite(x))).toBe(true);
    for (const threads of [2, 3]) expect(await seen(threads, seed)).toEqual(wanted);
  });

  it.each(["", "process.exit(0);", "throw new Error('expected');"])(
    "end before the process does: %s",
    (end) => {
      const program = `
        import { nn, ones, optim, setDevice } from ${JSON.stringify(path.join(ROOT, "src/index.ts"))};
        setDevice("native", { threads: 2 });
        const net = new nn.Linear(1500, 1500);
        const optimizer = new optim.SGD(net.parameters(), { lr: 1e-3 });
        for (let i = 0; i < 3; i++) {
          optimizer.zeroGrad();
          net.forward(ones([1500, 1500])).sum().backward();
          optimizer.step();
        }
        ${end}
      `;
      const { status, signal } = spawnSync(
        process.execPath,
        ["--import", "tsx", "--input-type=module", "-e", program],
        { cwd: ROOT, encoding: "utf8" },
      );
      expect([status, signal]).toEqual([end.startsWith("throw") ? 1 : 0, null]);
    },
  );
});
