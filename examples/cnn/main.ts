import { datasets, type ImageDataset } from "nabla/data";
import { start } from "../shared/example.ts";
import { progressBar } from "../shared/progress.ts";
import { type RawArray } from "../shared/twin.ts";
import { Cnn, SETTINGS } from "./net.ts";
import { test, train } from "./train.ts";

/** All images of a set as bytes. */
function pixels(digits: ImageDataset): RawArray {
  const size = digits.size[0] * digits.size[1];
  const data = new Uint8Array(digits.length * size);
  for (let i = 0; i < digits.length; i++) data.set(digits.pixels(i), i * size);
  return { data, shape: [digits.length, 1, ...digits.size] };
}

const labels = (digits: ImageDataset): RawArray => ({
  data: digits.labels,
  shape: [digits.length],
});

await start({
  folder: new URL("./", import.meta.url),
  name: "cnn",
  about: "Trains a small convolutional net on the handwritten digits of MNIST.",
  epochs: 6,
  figures: [{ key: "accuracy", label: "test accuracy", unit: "%", digits: 2 }],
  run: async ({ epochs, seed, out, say }) => {
    const trainDigits = await datasets.mnist({ train: true });
    const testDigits = await datasets.mnist({ train: false });
    const net = new Cnn();
    say(net.summary([SETTINGS.batchSize, 1, 28, 28]));
    const begin = performance.now();
    await train(net, trainDigits, { epochs, seed, show: progressBar(out, "images") });
    const seconds = (performance.now() - begin) / 1000;
    const meter = await test(net, testDigits);
    return {
      figures: { accuracy: 100 * meter.accuracy() },
      seconds,
      twin: {
        arrays: {
          train_images: pixels(trainDigits),
          train_labels: labels(trainDigits),
          test_images: pixels(testDigits),
          test_labels: labels(testDigits),
        },
        settings: {
          ...SETTINGS,
          mean: datasets.MNIST_NORMALIZATION.mean,
          std: datasets.MNIST_NORMALIZATION.std,
        },
      },
    };
  },
});
