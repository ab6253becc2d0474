import { expect, test as it } from "vitest";
import { Cnn } from "../../examples/cnn/net.ts";
import { test, train } from "../../examples/cnn/train.ts";
import { datasets, Subset } from "../../src/data/index.ts";
import { manualSeed } from "../../src/index.ts";
import { firstOf, recordProgress } from "./util.ts";

it("the convolutional net learns from 2,000 digits", async () => {
  manualSeed(0);
  const digits = await datasets.mnist({ train: true });
  const net = new Cnn();
  const { show, states } = recordProgress();
  await train(net, new Subset(digits, firstOf(2000)), { epochs: 1, seed: 0, show });
  expect(states.at(-1)).toMatchObject({ epoch: 1, seen: 2000, total: 2000 });
  const held = await datasets.mnist({ train: false });
  const meter = await test(net, new Subset(held, firstOf(500)));
  expect(meter.count).toBe(500);
  expect(meter.accuracy()).toBeGreaterThan(0.7);
});
