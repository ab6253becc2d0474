import { defaultDevice, manualSeed, nn, optim, randn, setDevice, type Tensor } from "nabla";

/** What a page tells of its training. */
export interface Outcome {
  readonly device: string;
  /** Whether memory can be shared with workers. */
  readonly isolated: boolean;
  readonly workers: number;
  readonly losses: readonly number[];
  readonly accuracy: number;
}

class Net extends nn.Module {
  fc1 = new nn.Linear(2, 64);
  fc2 = new nn.Linear(64, 64);
  fc3 = new nn.Linear(64, 2);

  forward(x: Tensor): Tensor {
    x = this.fc1.forward(x).relu();
    x = this.fc2.forward(x).relu();
    return this.fc3.forward(x);
  }
}

/** Learns which points lie in a circle, for 100 steps. */
export async function train(threads: number): Promise<Outcome> {
  let workers = 0;
  const { Worker } = globalThis;
  if (typeof Worker !== "undefined")
    globalThis.Worker = class extends Worker {
      constructor(url: string | URL, options?: WorkerOptions) {
        super(url, options);
        workers++;
      }
    };
  setDevice("wasm", { threads });
  manualSeed(0);
  const points = await randn([256, 2]).eval();
  const inside = await points.square().sum(1).lt(1.4).to("i32").eval();
  const net = new Net();
  const criterion = new nn.CrossEntropyLoss();
  const optimizer = new optim.Adam(net.parameters(), { lr: 0.01 });
  const losses: number[] = [];
  for (let step = 0; step < 100; step++) {
    optimizer.zeroGrad();
    const loss = criterion.forward(net.forward(points), inside);
    loss.backward();
    optimizer.step();
    losses.push(await loss.item());
  }
  const right = net.forward(points).argmax(1).eq(inside).to("f32").mean();
  return {
    device: defaultDevice().name,
    isolated: globalThis.crossOriginIsolated,
    workers,
    losses,
    accuracy: await right.item(),
  };
}

Object.assign(globalThis, { train });
