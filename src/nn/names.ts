import { type Named } from "./module.ts";

/** `runningMean` as `running_mean`. */
const snake = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Fields under the names that they have in PyTorch's states, so that those can be loaded. */
export const torchFields = (fields: Iterable<Named<unknown>>): Named<unknown>[] =>
  Array.from(fields, ([name, value]) => [snake(name), value]);
