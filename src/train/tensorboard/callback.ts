import { nodeFiles, nodePath, pathOf } from "../../io/atomic.ts";
import { type Callback, type Values } from "../callback.ts";
import { scalarRecord, versionRecord } from "./records.ts";

/** TensorBoard groups values by what stands before the slash: `train/loss`, `validation/loss`. */
const tagged = (values: Values): Record<string, number> =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name.startsWith("validation.") ? name.replace(".", "/") : `train/${name}`,
      value,
    ]),
  );

const seconds = (): number => Date.now() / 1000;

/**
 * Writes event files that TensorBoard shows (`tensorboard --logdir folder`): the loss, the learning rate and samples a
 * second every `logEvery` steps, metrics and validation after every epoch. Each call of `fit` writes a new file.
 *
 * @param folder - Made where it does not exist.
 *
 * @example
 * const callbacks = [tensorBoard("runs/first")];
 * const trainer = new Trainer({ model: net, criterion, optimizer, callbacks });
 */
export function tensorBoard(folder: string | URL): Callback {
  let file: string | undefined;
  const append = async (bytes: Uint8Array): Promise<void> => {
    const { appendFile } = await nodeFiles();
    await appendFile(file!, bytes);
  };
  return {
    name: "tensorBoard",
    onFitStart: async () => {
      const [fs, path, directory] = await Promise.all([nodeFiles(), nodePath(), pathOf(folder)]);
      const { hostname } = await import("node:os");
      await fs.mkdir(directory, { recursive: true });
      // Two runs may start within a second.
      const time = `${Math.floor(seconds())}.${hostname()}.${process.pid}.${performance.now().toFixed(0)}`;
      file = path.join(directory, `events.out.tfevents.${time}`);
      await append(versionRecord(seconds()));
    },
    onLog: (_, { step, values }) => append(scalarRecord(tagged(values), step, seconds())),
    onEpochEnd: ({ history }) => {
      const { epoch, step, values } = history.at(-1)!;
      // The loss of an epoch beside those of steps would be two curves in one.
      const rest = Object.entries(values).filter(([name]) => name !== "loss" && name !== "lr");
      const own = { "epoch/loss": values.loss, "epoch/number": epoch };
      const all = { ...tagged(Object.fromEntries(rest)), ...own };
      return append(scalarRecord(all, step, seconds()));
    },
  };
}
