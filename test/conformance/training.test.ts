import { describe, expect, test } from "vitest";
import * as nn from "../../src/nn/index.ts";
import * as optim from "../../src/optim/index.ts";
import { setDevice } from "../../src/runtime/registry.ts";
import { manualSeed, noGrad, randint, randn, type Tensor } from "../../src/tensor/index.ts";
import { devicesUnderTest } from "./devices.ts";

// The same seed gives the same training: to the last bit on one device, whatever the number of threads,
// and up to rounding on another one.

process.env.NABLA_FIRST_TIER = "off";

const STEPS = 16;

interface Run {
  readonly losses: number[];
  readonly parameters: Record<string, number[]>;
  readonly accuracy: number;
}

/** A net that is large enough for steps to be shared between threads, with everything that is random. */
async function train(device: string, threads: number, seed: number): Promise<Run> {
  setDevice(device, { threads });
  manualSeed(seed);
  const net = new nn.Sequential(
    new nn.Linear(100, 96),
    new nn.ReLU(),
    new nn.Dropout(0.2),
    new nn.Linear(96, 40),
    new nn.Tanh(),
    new nn.Linear(40, 10),
  );
  const criterion = new nn.CrossEntropyLoss({ labelSmoothing: 0.05 });
  const optimizer = new optim.AdamW(net.parameters(), { lr: 0.01 });
  const losses: number[] = [];
  const x = randn([512, 100]);
  const labels = x.narrow(1, 0, 10).argmax(1);
  const batches = Array.from({ length: STEPS }, () => randint(0, 512, [192]));
  for (const [i, picked] of batches.entries()) {
    optimizer.zeroGrad();
    const loss = criterion.forward(net.forward(x.indexSelect(0, picked)), labels.take(picked));
    loss.backward();
    optimizer.step();
    losses.push(await loss.item());
    // Workers take part when they have started: some of the steps are done without them.
    if (i === 2) await new Promise((resolve) => setTimeout(resolve, 300));
  }
  net.eval();
  const right = (y: Tensor): Tensor => y.argmax(1).eq(labels).to("f32").mean();
  const accuracy = await noGrad(() => right(net.forward(x))).item();
  const parameters: Record<string, number[]> = {};
  for (const [name, p] of net.namedParameters()) parameters[name] = Array.from(await p.data());
  return { losses, parameters, accuracy };
}

const known = new Map<string, Promise<Run>>();

/** The result of `train` with seed 7, trained once. */
function trained(device: string, threads: number): Promise<Run> {
  const key = `${device} ${threads}`;
  let run = known.get(key);
  if (!run) known.set(key, (run = train(device, threads, 7)));
  return run;
}

describe.each(devicesUnderTest())("%s", (device) => {
  test("learns, and does so again to the last bit", async () => {
    const first = await trained(device, 1);
    expect(first.losses.every(Number.isFinite)).toBe(true);
    expect(first.losses[STEPS - 1]).toBeLessThan(first.losses[0] - 0.5);
    expect(first.accuracy).toBeGreaterThan(0.5);
    expect(await train(device, 1, 7)).toEqual(first);
    const other = await train(device, 1, 8);
    expect(other.losses).not.toEqual(first.losses);
  });

  test.skipIf(device === "js")("gives the same bits on 1, 2 and 3 threads", async () => {
    const one = await trained(device, 1);
    expect(await trained(device, 2)).toEqual(one);
    expect(await trained(device, 3)).toEqual(one);
  });

  test("agrees with the reference device", async () => {
    const own = await trained(device, 1);
    const reference = await trained("js", 1);
    own.losses.forEach((loss, i) => {
      expect(Math.abs(loss - reference.losses[i])).toBeLessThan(2e-3 * (1 + i));
    });
    expect(Math.abs(own.losses[0] - reference.losses[0])).toBeLessThan(1e-5);
  });
});
