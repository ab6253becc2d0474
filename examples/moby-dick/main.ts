import { fromTypedArray } from "nabla";
import { GPT } from "nabla/models";
import { start } from "../shared/example.ts";
import { UsageError } from "../shared/options.ts";
import { progressBar } from "../shared/progress.ts";
import { type RawArray } from "../shared/twin.ts";
import { alphabetOf, decode, encode, loadNovel, windowsOf } from "./text.ts";
import { SETTINGS, test, train } from "./train.ts";

/** Characters that are written on from the prompt. */
const WRITTEN = 400;

const matrix = (data: Int32Array): RawArray => ({
  data,
  shape: [data.length / (SETTINGS.blockSize + 1), SETTINGS.blockSize + 1],
});

await start({
  folder: new URL("./", import.meta.url),
  name: "moby-dick",
  about: `Trains a transformer to write on, character by character, from the first nine tenths of
Herman Melville's novel; the last tenth tells how well it does. It then writes on from a prompt.`,
  epochs: 3,
  own: {
    prompt: {
      value: "TEXT",
      help: "what the text that is written begins with",
      default: "The whale ",
      check: (text) => {
        if (text === "") throw new UsageError("--prompt: expected a character or more, got none");
      },
    },
  },
  figures: [
    { key: "loss", label: "validation loss", digits: 4 },
    { key: "bits", label: "bits per character", digits: 4 },
    { key: "accuracy", label: "right next characters", unit: "%", digits: 2 },
  ],
  run: async ({ epochs, seed, own, out, say }) => {
    const novel = await loadNovel();
    const alphabet = alphabetOf(novel);
    const prompt = encode(own.prompt, alphabet);
    const { blockSize, nLayer, nHead, nEmbd } = SETTINGS;
    const tokens = encode(novel, alphabet);
    const end = Math.floor(0.9 * tokens.length);
    const trainWindows = windowsOf(tokens.subarray(0, end), blockSize);
    const testWindows = windowsOf(tokens.subarray(end), blockSize);

    const gpt = new GPT({ vocabSize: alphabet.length, blockSize, nLayer, nHead, nEmbd });
    const count = gpt.parameters().reduce((sum, { size }) => sum + size, 0);
    say(
      `${end} characters to train with, ${tokens.length - end} to test with, ` +
        `${alphabet.length} different ones; ${count} parameters`,
    );
    const begin = performance.now();
    await train(gpt, trainWindows, { epochs, seed, show: progressBar(out, "characters") });
    const seconds = (performance.now() - begin) / 1000;
    const { loss, accuracy } = await test(gpt, testWindows);

    const text = gpt.generate(fromTypedArray(prompt, [1, prompt.length]), WRITTEN, {
      temperature: 0.8,
    });
    say(`\n${decode(await text.data(), alphabet)}`);
    return {
      figures: { loss, bits: loss / Math.LN2, accuracy: 100 * accuracy },
      seconds,
      twin: {
        arrays: { train_windows: matrix(trainWindows), test_windows: matrix(testWindows) },
        settings: { ...SETTINGS, vocabSize: alphabet.length },
      },
    };
  },
});
