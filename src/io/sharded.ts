import { type Tensor } from "../tensor/index.ts";
import { nodeFiles, nodePath, pathOf, writeAtomically } from "./atomic.ts";
import { naming } from "./bytes.ts";
import { loadSafetensors, openSafetensors } from "./files.ts";
import { contentsOf, layOut, placeTensors, type SaveOptions, type Tensors } from "./layout.ts";

/** Options of `saveSharded`. */
export interface ShardedOptions extends SaveOptions {
  /** Bytes of tensors that a file has at most, unless a single tensor has more. Default 5 · 10⁹. */
  readonly maxShardBytes?: number;
  /** What the files' names begin with. Default "model". */
  readonly name?: string;
}

/** Which tensor is in which file: what an index file says. */
type WeightMap = ReadonlyMap<string, string>;

type Placed = ReturnType<typeof placeTensors>[number];

/** Tensors by the files that hold them, filled one after the other. */
function intoShards(placed: readonly Placed[], most: number): Placed[][] {
  const shards: Placed[][] = [[]];
  let filled = 0;
  for (const tensor of placed) {
    if (filled > 0 && filled + tensor.bytes > most) {
      shards.push([]);
      filled = 0;
    }
    shards.at(-1)!.push(tensor);
    filled += tensor.bytes;
  }
  return shards;
}

const number = (n: number): string => String(n).padStart(5, "0");

/** Names that Hugging Face's libraries give; with `edition`, others that are free. */
const shardNames = (name: string, count: number, edition: string): string[] =>
  Array.from(
    { length: count },
    (_, i) => `${name}-${number(i + 1)}-of-${number(count)}${edition}.safetensors`,
  );

const indexName = (name: string): string => `${name}.safetensors.index.json`;

/**
 * Writes tensors into several safetensors files and an index, named as Hugging Face's libraries do:
 * `model-00001-of-00003.safetensors`, …, `model.safetensors.index.json`. The index is written last and at once. Where there is
 * one already, the new files get other names (`…-b.safetensors`), and files with such names that the index does not name are
 * removed after it: a crash at any moment leaves all of the old tensors or all of the new.
 *
 * @param folder - Made where it does not exist.
 * @returns The names of the files, that of the index last.
 * @throws As `saveSafetensors`; RangeError for a limit that is no integer >= 1 and a name that is a path.
 *
 * @example
 * const save = () => saveSharded("gpt", net.stateDict(), { maxShardBytes: 2e9 });
 */
export async function saveSharded(
  folder: string | URL,
  tensors: Tensors,
  options: ShardedOptions = {},
): Promise<string[]> {
  const what = "saveSharded";
  const { maxShardBytes = 5e9, name = "model", metadata } = options;
  if (!Number.isInteger(maxShardBytes) || maxShardBytes < 1)
    throw new RangeError(`${what}: maxShardBytes must be an integer >= 1, got ${maxShardBytes}`);
  if (!isPlainName(name))
    throw new RangeError(`${what}: name must be a file's name, got ${JSON.stringify(name)}`);
  const placed = placeTensors(tensors, options, what);
  const whole = { head: new Uint8Array(), tensors: placed, fileBytes: 0 };
  // All at once, so that all files show the same moment.
  const contents = new Map((await contentsOf(whole)).map((bytes, i) => [placed[i], bytes]));
  const shards = intoShards(placed, maxShardBytes);
  const [fs, path, directory] = await Promise.all([nodeFiles(), nodePath(), pathOf(folder)]);
  await fs.mkdir(directory, { recursive: true });
  const old = await oldShards(directory, name);
  const names = ["", "-b"]
    .map((edition) => shardNames(name, shards.length, edition))
    .find((list) => !list.some((file) => old.has(file)))!;
  const weights: [string, string][] = [];
  for (const [i, shard] of shards.entries()) {
    const { head } = layOut(shard, metadata, what);
    const parts = [head, ...shard.map((tensor) => contents.get(tensor)!)];
    await writeAtomically(path.join(directory, names[i]), parts);
    for (const tensor of shard) weights.push([tensor.name, names[i]]);
  }
  const total = placed.reduce((sum, { bytes }) => sum + bytes, 0);
  const index = indexName(name);
  const text = JSON.stringify(
    { metadata: { total_size: total }, weight_map: Object.fromEntries(weights.sort()) },
    undefined,
    2,
  );
  await writeAtomically(path.join(directory, index), [new TextEncoder().encode(`${text}\n`)]);
  await removeOthers(directory, name, names);
  return [...names, index];
}

/** Removes the files of earlier checkpoints, also of those that a crash left without an index. */
async function removeOthers(
  directory: string,
  name: string,
  kept: readonly string[],
): Promise<void> {
  const [fs, path] = await Promise.all([nodeFiles(), nodePath()]);
  for (const file of await fs.readdir(directory)) {
    const isShard =
      file.startsWith(`${name}-`) &&
      /^\d{5,}-of-\d{5,}(-b)?\.safetensors$/.test(file.slice(name.length + 1));
    if (isShard && !kept.includes(file)) await fs.rm(path.join(directory, file), { force: true });
  }
}

/** The files of the checkpoint that is there; none where there is no readable index. */
async function oldShards(directory: string, name: string): Promise<Set<string>> {
  const [fs, path] = await Promise.all([nodeFiles(), nodePath()]);
  try {
    const file = path.join(directory, indexName(name));
    return new Set(readIndex(await fs.readFile(file, "utf8")).values());
  } catch {
    return new Set();
  }
}

/** Whether it names a file in the same folder, and nothing else. */
const isPlainName = (name: unknown): name is string =>
  typeof name === "string" && /^(?!\.{1,2}$)[^/\\:\0]+$/.test(name);

/** More than any index needs. */
const MAX_INDEX_BYTES = 100_000_000;

function readIndex(text: string): WeightMap {
  let index: unknown;
  try {
    index = JSON.parse(text);
  } catch {
    throw new Error("expected JSON, an index of safetensors files");
  }
  const map: unknown = isRecord(index) ? index.weight_map : undefined;
  if (!isRecord(map))
    throw new Error("expected an object with weight_map, the names of files by those of tensors");
  for (const [tensor, file] of Object.entries(map))
    if (!isPlainName(file))
      throw new Error(
        `weight_map: ${tensor}: expected the name of a file in the same folder, got ${JSON.stringify(file)}`,
      );
  return new Map(Object.entries(map as Record<string, string>));
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Options of `loadSharded`. */
export interface LoadShardedOptions {
  /** What the files' names begin with. Default "model". */
  readonly name?: string;
  /** Which tensors are read. Default all. */
  readonly names?: Iterable<string>;
}

/**
 * Reads tensors that lie in several safetensors files, as `saveSharded` and Hugging Face's libraries write them: those that
 * the index names. Without an index, `model.safetensors` is read.
 *
 * @param folder - The folder of the files.
 * @throws Error for an index or files that are damaged, and for tensors that are not in the file of which the
 * index says so.
 *
 * @example
 * const load = async () => net.loadStateDict(await loadSharded("gpt"));
 */
export async function loadSharded(
  folder: string | URL,
  { name = "model", names }: LoadShardedOptions = {},
): Promise<Record<string, Tensor>> {
  const [fs, path, directory] = await Promise.all([nodeFiles(), nodePath(), pathOf(folder)]);
  const file = path.join(directory, indexName(name));
  const size = await fs.stat(file).then(
    (found) => found.size,
    () => undefined,
  );
  if (size === undefined)
    return loadSafetensors(path.join(directory, `${name}.safetensors`), { names });
  if (size > MAX_INDEX_BYTES)
    throw new Error(`${file}: expected an index of at most ${MAX_INDEX_BYTES} bytes, got ${size}`);
  const text = await fs.readFile(file, "utf8");
  const index = naming(file, () => readIndex(text));
  const byFile = new Map<string, string[]>();
  for (const tensor of names ?? index.keys()) {
    const shard = index.get(tensor);
    if (shard === undefined)
      throw new Error(`${file}: expected the name of a tensor, got ${JSON.stringify(tensor)}`);
    byFile.set(shard, [...(byFile.get(shard) ?? []), tensor]);
  }
  const found: [string, Tensor][] = [];
  for (const [shard, list] of byFile) {
    const opened = await openSafetensors(path.join(directory, shard));
    try {
      found.push(...Object.entries(await opened.readAll(list)));
    } finally {
      await opened.close();
    }
  }
  return Object.fromEntries(found);
}
