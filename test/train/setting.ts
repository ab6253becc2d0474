import { DataLoader, type DataLoaderOptions, TensorDataset } from "../../src/data/index.ts";
import { nn, optim } from "../../src/index.ts";
import { Generator, manualSeed, randint, randn, type Tensor } from "../../src/tensor/index.ts";

const generator = new Generator(11);
/** Three classes of points, apart enough to be learnt. */
const labels = randint(0, 3, [60], { generator });
const points = randn([60, 4], { generator }).add(labels.to("f32").reshape(60, 1).mul(1.5));
export const dataset = new TensorDataset(points, labels);

export type Net = nn.Sequential;
export type Make = (net: nn.Module) => optim.Optimizer<optim.OptimizerOptions>;

export const adam: Make = (net) => new optim.Adam(net.parameters(), { lr: 0.01 });

/** A net with random numbers and running statistics. */
export const makeNet = (): Net =>
  new nn.Sequential(
    new nn.Linear(4, 8),
    new nn.BatchNorm1d(8),
    new nn.ReLU(),
    new nn.Dropout(0.25),
    new nn.Linear(8, 3),
  );

export const makeLoader = (
  options: DataLoaderOptions<readonly [Tensor, Tensor], [Tensor, Tensor]> = {},
): DataLoader<readonly [Tensor, Tensor], [Tensor, Tensor]> =>
  new DataLoader(dataset, { batchSize: 8, shuffle: true, seed: 3, ...options });

/** A model and all that trains it, always the same. */
export function setUp(make: Make = adam) {
  manualSeed(0);
  const model = makeNet();
  const optimizer = make(model);
  const criterion = new nn.CrossEntropyLoss();
  return { model, optimizer, criterion };
}

/** All values of a model, by name. */
export async function bits(model: nn.Module): Promise<Record<string, number[]>> {
  const entries = Object.entries(model.stateDict());
  return Object.fromEntries(
    await Promise.all(
      entries.map(async ([name, x]) => [name, Array.from(await x.data())] as const),
    ),
  );
}
