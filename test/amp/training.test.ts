import {
  compile,
  manualSeed,
  nn,
  optim,
  rand,
  randint,
  randn,
  setDevice,
  type Tensor,
} from "nabla";
import { autocast, GradScaler } from "nabla/amp";
import { afterEach, describe, expect, test } from "vitest";
import { devicesUnderTest } from "../conformance/devices.ts";

type Precision = "f32" | "bf16" | "f16";

/** A net and what it is to learn. */
interface Task {
  readonly net: nn.Module;
  readonly forward: () => Tensor;
  readonly loss: (output: Tensor) => Tensor;
  readonly lr: number;
  readonly steps: number;
}

const crossEntropy = new nn.CrossEntropyLoss();

/** A function of four numbers. */
function mlp(): Task {
  const net = new nn.Sequential(new nn.Linear(4, 32), new nn.Tanh(), new nn.Linear(32, 1));
  const x = randn([64, 4]);
  const y = x.sin().sum(1, { keepdim: true });
  const mse = new nn.MSELoss();
  return {
    net,
    forward: () => net.forward(x),
    loss: (o) => mse.forward(o, y),
    lr: 0.02,
    steps: 60,
  };
}

/** Which of four corners of an image is bright. */
function cnn(): Task {
  const net = new nn.Sequential(
    new nn.Conv2d(1, 6, 3, { padding: 1 }),
    new nn.BatchNorm2d(6),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d(6, 8, 3),
    new nn.ReLU(),
    new nn.Flatten(),
    new nn.Linear(32, 4),
  );
  const y = randint(0, 4, [32]);
  const corner = rand([4, 1, 8, 8]).gt(0.7).float();
  const x = corner.indexSelect(0, y).add(randn([32, 1, 8, 8]).mul(0.5));
  return {
    net,
    forward: () => net.forward(x),
    loss: (o) => crossEntropy.forward(o, y),
    lr: 0.01,
    steps: 25,
  };
}

/** Sequences that repeat what was three places before. */
class Transformer extends nn.Module {
  embedding = new nn.Embedding(8, 16);
  places = new nn.Embedding(12, 16);
  layer = new nn.TransformerEncoderLayer(16, 2, {
    dimFeedforward: 32,
    dropout: 0,
    batchFirst: true,
  });
  head = new nn.Linear(16, 8);
  forward(x: Tensor, places: Tensor): Tensor {
    const h = this.embedding.forward(x).add(this.places.forward(places));
    return this.head.forward(this.layer.forward(h, { isCausal: true }));
  }
}
function transformer(): Task {
  const net = new Transformer();
  const x = randint(0, 8, [16, 3]).repeat(1, 4);
  const places = randint(0, 1, [12]).add(1).cumsum(0).sub(1);
  return {
    net,
    forward: () => net.forward(x, places).narrow(1, 2, 9).flatten(0, 1),
    loss: (o) => crossEntropy.forward(o, x.narrow(1, 3, 9).flatten()),
    lr: 0.01,
    steps: 40,
  };
}

/** The first and the last loss. */
function train(make: () => Task, precision: Precision): [number, number] {
  manualSeed(5);
  const { net, forward, loss, lr, steps } = make();
  const optimizer = new optim.Adam(net.parameters(), { lr });
  const scaler = new GradScaler({ enabled: precision === "f16", growthInterval: 10 });
  const step = compile(() => {
    optimizer.zeroGrad();
    const value =
      precision === "f32"
        ? loss(forward())
        : autocast({ dtype: precision }, () => {
            const output = forward();
            expect(output.dtype).toBe(precision);
            return loss(output);
          });
    expect(value.dtype).toBe("f32");
    scaler.scale(value).backward();
    scaler.step(optimizer);
    scaler.update();
    return value;
  });
  const losses = Array.from({ length: steps }, () => step().itemSync());
  return [losses[0], losses.at(-1)!];
}

afterEach(() => setDevice("js"));

describe.each(devicesUnderTest())("trained on %s, a", (device) => {
  test.each([
    ["multilayer perceptron", mlp],
    ["convolutional net", cnn],
    ["transformer", transformer],
  ])("%s reaches in bf16, and in f16 with a scaler, the loss of f32", (_, make) => {
    setDevice(device);
    const [first, single] = train(make, "f32");
    expect(single).toBeLessThan(0.05 * first);
    for (const precision of ["bf16", "f16"] as const) {
      const [start, end] = train(make, precision);
      expect(start).toBeCloseTo(first, 2);
      expect(Math.abs(end - single), `${precision}: ${end}, f32: ${single}`).toBeLessThan(
        0.15 * single,
      );
      expect(end).not.toBe(single);
    }
  });
});
