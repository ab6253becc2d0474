// Run as a process by resume.ts: trains from the checkpoint, where there is one, to the end, and prints the bits of
// all that it ends with. Every step is told, so that the process can be killed at any of them.
import { GradScaler } from "../../src/amp/index.ts";
import { optim, setDevice } from "../../src/index.ts";
import { manualSeed } from "../../src/tensor/index.ts";
import { earlyStopping, Trainer } from "../../src/train/index.ts";
import { bits, makeLoader, setUp } from "./setting.ts";

const [, , device, checkpoint, seed, precision = "f32"] = process.argv;
const EPOCHS = 4;
setDevice(device);

async function main(): Promise<void> {
  const { model, criterion, optimizer } = setUp();
  // What a process starts with does not matter when it goes on.
  manualSeed(Number(seed));
  const scheduler = new optim.lrScheduler.OneCycleLR(optimizer, 0.02, { totalSteps: 8 * EPOCHS });
  // So small an interval that the scale changes all the time.
  const scaler = precision === "f16" ? new GradScaler({ growthInterval: 5 }) : undefined;
  const trainer = new Trainer({
    precision: precision as "f32" | "f16",
    scaler,
    model,
    criterion,
    optimizer,
    scheduler,
    schedule: "step",
    clipNorm: 1,
    logEvery: 3,
    metrics: { confidence: (output) => output.softmax(1).max().mean() },
    callbacks: [
      earlyStopping({ patience: 100 }),
      { name: "tell", onStep: ({ step }) => void process.stdout.write(`step ${step}\n`) },
    ],
  });
  const history = await trainer.fit(makeLoader({ seed: Number(seed) }), {
    epochs: EPOCHS,
    validation: makeLoader({ batchSize: 20, shuffle: false, seed: undefined }),
    checkpoint: { path: checkpoint, everySteps: 3 },
    resume: true,
  });
  const values = history.map((record) => record.values);
  const state = optimizer.stateDict().state;
  const moments = await Promise.all(
    Object.values(state).flatMap((cells) =>
      Object.values(cells).map(async (x) => Array.from(await x.data())),
    ),
  );
  const scale = await scaler?.getScale();
  const result = [await bits(model), moments, values, scheduler.stateDict(), scale];
  process.stdout.write(`result ${JSON.stringify(result)}\n`);
}

void main();
