import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { compile, nn, noGrad, optim, setDevice, type Tensor } from "../../src/index.ts";
import { Bottleneck, GPT, LeNet5, ResNet, resnet18 } from "../../src/models/index.ts";
import { devicesOfCompositions } from "../conformance/devices.ts";
import { camelOptions, type Options } from "../nn/fixtures.ts";
import { data, setWeights, whole } from "./values.ts";

// First steps of training against PyTorch's, by tools/fixtures-models.py.

interface Run {
  optimizer: "SGD" | "Adam" | "AdamW";
  settings: Options;
  losses: number[];
  after: number;
}

const url = new URL("./fixtures.json", import.meta.url);
const runs = JSON.parse(readFileSync(url, "utf8")) as Record<string, Run>;

/** An LSTM that names a class for every step. */
class Tagger extends nn.Layer {
  readonly lstm = new nn.LSTM(12, 24, { numLayers: 2, batchFirst: true });
  readonly fc = new nn.Linear(24, 5);

  forward(x: Tensor): Tensor {
    return this.fc.forward(this.lstm.forward(x)[0]).flatten(0, 1);
  }
}

/** A GPT whose scores are rows. */
class Rows extends nn.Layer {
  readonly gpt = new GPT({ vocabSize: 17, blockSize: 16, nLayer: 3, nHead: 4, nEmbd: 32 });

  forward(x: Tensor): Tensor {
    return this.gpt.forward(x).flatten(0, 1);
  }
}

interface Subject {
  net: nn.Layer;
  /** Where the weights are, if not in the net itself. */
  weights?: nn.Module;
  x: Tensor;
  y: Tensor;
}

function tagger(): Subject {
  return { net: new Tagger(), x: data("x", 3, 20, 12), y: whole("y", 5, 60) };
}

const SUBJECTS: Record<string, () => Subject> = {
  lenet5: () => ({ net: new LeNet5(), x: data("x", 8, 1, 28, 28), y: whole("y", 10, 8) }),
  resnet18: () => ({
    net: resnet18({ stem: "cifar" }),
    x: data("x", 4, 3, 32, 32),
    y: whole("y", 10, 4),
  }),
  bottlenecks: () => ({
    net: new ResNet(Bottleneck, [1, 1, 1, 1], { numClasses: 7 }),
    x: data("x", 4, 3, 64, 64),
    y: whole("y", 7, 4),
  }),
  gpt: () => {
    const net = new Rows();
    return { net, weights: net.gpt, x: whole("x", 17, 4, 16), y: whole("y", 17, 64) };
  },
  lstm: tagger,
};

/** Batch norms of few values, as small images give, make a hundred times as much of each rounding. */
const boundOf = (name: string): number =>
  name === "resnet18" || name === "bottlenecks" ? 5e-4 : 2e-6;

function expectLosses(actual: readonly number[], expected: readonly number[], bound: number): void {
  const off = actual.map((loss, i) => Math.abs(loss - expected[i]) / Math.abs(expected[i]));
  expect(
    Math.max(...off),
    `losses ${actual.join(", ")} against ${expected.join(", ")}`,
  ).toBeLessThan(bound);
}

function train(name: string, whole: boolean): void {
  const { optimizer: kind, settings, losses: expected, after } = runs[name];
  const { net, weights, x, y } = SUBJECTS[name]();
  setWeights(weights ?? net);
  const optimizer = new optim[kind](net.parameters(), camelOptions(settings));
  const step = (input: Tensor, target: Tensor): Tensor => {
    optimizer.zeroGrad();
    const loss = nn.functional.crossEntropy(net.forward(input), target);
    loss.backward();
    optimizer.step();
    return loss;
  };
  const run = whole ? compile(step) : step;
  const losses = expected.map(() => run(x, y).itemSync());
  expectLosses(losses, expected, boundOf(name));
  net.eval();
  const last = noGrad(() => nn.functional.crossEntropy(net.forward(x), y)).itemSync();
  expectLosses([last], [after], boundOf(name));
}

describe.each(devicesOfCompositions())("on %s", (device) => {
  for (const name of [
    "lenet5",
    "gpt",
    "lstm",
    ...(device === "wasm" ? ["resnet18", "bottlenecks"] : []),
  ])
    test(`${name} trains as in PyTorch`, () => {
      setDevice(device);
      train(name, false);
    });
});

test.each(["lenet5", "gpt", "lstm"])("%s trains as in PyTorch, each step compiled", (name) => {
  setDevice("wasm");
  train(name, true);
});
