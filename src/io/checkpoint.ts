import type { GradScaler, GradScalerState } from "../amp/grad-scaler.ts";
import { showShape } from "../ir/shape.ts";
import type { Module } from "../nn/module.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import type { OptimizerOptions } from "../optim/param-group.ts";
import type { OptimizerState, SavedGroup } from "../optim/state.ts";
import { defaultGenerator, type Generator, type Tensor } from "../tensor/index.ts";
import { naming } from "./bytes.ts";
import { openSafetensors, type SafetensorsFile, saveSafetensors } from "./files.ts";
import { type JsonValue, parseJson, stringifyJson } from "./json.ts";

/** What has a state that JSON can hold: schedules of learning rates, loaders, samplers, callbacks. */
export interface Stateful {
  stateDict(): unknown;
  loadStateDict(state: never): void;
}

/** What a checkpoint is made of, and what it is loaded into. */
export interface CheckpointParts {
  readonly model: Module;
  readonly optimizer?: Optimizer<OptimizerOptions>;
  readonly scheduler?: Stateful;
  /** The scaler of gradients, in training with f16. */
  readonly scaler?: GradScaler;
  /** A `DataLoader`, of which the position is saved, or anything else with a state. */
  readonly loader?: Stateful;
  /** Where random numbers come from. Default: the generator that `manualSeed` seeds. */
  readonly generator?: Generator;
}

/** What a checkpoint says beside the states of its parts. */
export interface CheckpointInfo {
  readonly epoch?: number;
  readonly step?: number;
  /** The last values, by name. */
  readonly metrics?: Readonly<Record<string, number>>;
  /** Anything else that JSON can hold; numbers may also be NaN or infinite. */
  readonly extra?: JsonValue;
}

/** The only key of the metadata: one JSON text, so that all of it is from one moment. */
const KEY = "nabla.checkpoint";
const VERSION = 1;
const MODEL = "model.";
const OPTIMIZER = "optimizer.";
const SCALER = "scaler.";

/** The parts that are no tensors. */
interface Saved extends CheckpointInfo {
  readonly version: number;
  readonly optimizer?: readonly SavedGroup[];
  readonly scheduler?: JsonValue;
  readonly scaler?: JsonValue;
  readonly loader?: JsonValue;
  readonly generator: { readonly seed: number; readonly stream: number };
}

function optimizerTensors({ state }: OptimizerState): [string, Tensor][] {
  return Object.entries(state).flatMap(([position, cells]) =>
    Object.entries(cells).map(([name, cell]): [string, Tensor] => [
      `${OPTIMIZER}${position}.${name}`,
      cell,
    ]),
  );
}

/** The numbers of a scaler's state that are tensors, and those that are not. */
function scalerParts(
  state: GradScalerState | Record<string, never>,
): [tensors: [string, Tensor][], settings: Record<string, number>] {
  const tensors: [string, Tensor][] = [];
  const settings: Record<string, number> = {};
  for (const [name, value] of Object.entries(state) as [string, Tensor | number][])
    if (typeof value === "number") settings[name] = value;
    else tensors.push([SCALER + name, value]);
  return [tensors, settings];
}

/**
 * Writes the whole state of a training into one safetensors file: the model's tensors as `model.…`, those of the
 * optimiser as `optimizer.…` and of the scaler as `scaler.…`, and the rest as JSON in the metadata. All of it
 * is as it was at the call, and the file replaces the one before at once: a crash at any moment leaves one of
 * them.
 *
 * @throws As `saveSafetensors`; TypeError for states that JSON cannot hold.
 *
 * @example
 * const loader = new DataLoader(dataset, { batchSize: 2, shuffle: true });
 * const scheduler = new optim.lrScheduler.StepLR(optimizer, 30);
 * const parts = { model: net, optimizer, scheduler, loader };
 * const save = (epoch: number) => saveCheckpoint("last.safetensors", { ...parts, epoch });
 * const resume = () => loadCheckpoint("last.safetensors", parts);
 */
export async function saveCheckpoint(
  path: string | URL,
  checkpoint: CheckpointParts & CheckpointInfo,
): Promise<void> {
  const { model, optimizer, scheduler, scaler, loader } = checkpoint;
  const { generator = defaultGenerator } = checkpoint;
  const { epoch, step, metrics, extra } = checkpoint;
  const optimizerState = optimizer?.stateDict();
  const [scale, scalerSettings] = scaler ? scalerParts(scaler.stateDict()) : [[], undefined];
  const saved = {
    version: VERSION,
    optimizer: optimizerState?.paramGroups,
    scheduler: scheduler?.stateDict(),
    scaler: scalerSettings,
    loader: loader?.stateDict(),
    generator: generator.getState(),
    epoch,
    step,
    metrics,
    extra,
  };
  const metadata = { [KEY]: stringifyJson(saved, "saveCheckpoint") };
  const weights = Object.entries(model.stateDict()).map(([name, cell]): [string, Tensor] => [
    MODEL + name,
    cell,
  ]);
  const moments = optimizerState ? optimizerTensors(optimizerState) : [];
  await saveSafetensors(path, Object.fromEntries([...weights, ...moments, ...scale]), { metadata });
}

/** What is wrong with the file's tensors for this model, if anything is. */
function modelProblems(model: Module, file: SafetensorsFile): string[] {
  const own = model.stateDict();
  const names = file.names.filter((name) => name.startsWith(MODEL));
  const unexpected = names.filter((name) => !Object.hasOwn(own, name.slice(MODEL.length)));
  return [
    ...Object.entries(own).flatMap(([name, { dtype, shape }]) => {
      if (!file.has(MODEL + name)) return [`${name}: missing`];
      const found = file.info(MODEL + name);
      const expected = `${dtype}${showShape(shape)}`;
      const got = `${found.dtype ?? found.format}${showShape(found.shape)}`;
      return got === expected ? [] : [`${name}: expected ${expected}, got ${got}`];
    }),
    ...unexpected.map((name) => `${name.slice(MODEL.length)}: unexpected`),
  ];
}

function readSaved(file: SafetensorsFile): Saved {
  const text = file.metadata[KEY];
  if (text === undefined)
    throw new Error(
      "expected a checkpoint of saveCheckpoint, got other safetensors: use loadSafetensors for weights alone",
    );
  const saved = parsed(text) as Partial<Saved> | null;
  if (saved?.version !== VERSION)
    throw new Error(`expected a checkpoint of version ${VERSION}, got ${String(saved?.version)}`);
  const { generator, optimizer } = saved;
  const damaged =
    !isWhole(generator?.seed) || !isWhole(generator?.stream)
      ? "generator"
      : optimizer !== undefined && !(Array.isArray(optimizer) && optimizer.every(isGroup))
        ? "optimizer"
        : undefined;
  if (damaged !== undefined) throw new Error(`the state of the ${damaged} is damaged`);
  return saved as Saved;
}

function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    throw new Error("the JSON of the checkpoint is damaged");
  }
}

const isWhole = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

const isGroup = (group: unknown): boolean =>
  typeof group === "object" && group !== null && "params" in group && Array.isArray(group.params);

/** The state of an optimiser in a file, its tensors read. */
async function readOptimizer(
  file: SafetensorsFile,
  paramGroups: readonly SavedGroup[],
): Promise<OptimizerState> {
  const state: Record<number, Record<string, Tensor>> = {};
  for (const name of file.names) {
    const [, position, field] = /^optimizer\.(\d+)\.(\w+)$/.exec(name) ?? [];
    if (position === undefined) continue;
    (state[Number(position)] ??= {})[field] = await file.read(name);
  }
  return { state, paramGroups };
}

/** The state of a scaler in a file, its tensors read. */
async function readScaler(file: SafetensorsFile, settings: JsonValue): Promise<unknown> {
  const names = file.names.filter((name) => name.startsWith(SCALER));
  const tensors = Object.entries(await file.readAll(names));
  const own = tensors.map(([name, x]) => [name.slice(SCALER.length), x] as const);
  return { ...(settings as Readonly<Record<string, unknown>>), ...Object.fromEntries(own) };
}

/** The state that a scaler has now, which later steps do not change. */
async function presentState(scaler: GradScaler): Promise<Record<string, number>> {
  const [tensors, settings] = scalerParts(scaler.stateDict());
  const numbers = tensors.map(async ([name, x]) => [name.slice(SCALER.length), await x.item()]);
  return { ...settings, ...(Object.fromEntries(await Promise.all(numbers)) as typeof settings) };
}

/** Throws unless the file has the parts that it is to be loaded into, of their kinds. */
function checkParts(saved: Saved, parts: CheckpointParts, file: SafetensorsFile): void {
  const problems = modelProblems(parts.model, file).map((problem) => `model: ${problem}`);
  for (const part of ["optimizer", "scheduler", "scaler", "loader"] as const)
    if (parts[part] && saved[part] === undefined) problems.push(`${part}: not in the checkpoint`);
  if (problems.length > 0)
    throw new Error(`the checkpoint does not fit:\n  ${problems.join("\n  ")}`);
}

/**
 * Takes over a state that `saveCheckpoint` wrote: all of it or, when anything does not fit, nothing. Parts that are
 * not given stay as they are, except for the random state.
 *
 * @returns What the checkpoint says beside the states.
 * @throws Error, naming the file, that lists what does not fit.
 *
 * @example
 * const resume = async () => {
 *   const { epoch = 0 } = await loadCheckpoint("last.safetensors", { model: net, optimizer });
 *   console.log(`goes on after epoch ${epoch}`);
 * };
 */
export async function loadCheckpoint(
  path: string | URL,
  parts: CheckpointParts,
): Promise<CheckpointInfo> {
  const file = await openSafetensors(path);
  try {
    const saved = naming(String(path), () => readSaved(file));
    naming(String(path), () => checkParts(saved, parts, file));
    const weights = await file.readAll(file.names.filter((name) => name.startsWith(MODEL)));
    const optimizerState = parts.optimizer && (await readOptimizer(file, saved.optimizer!));
    const scalerState = parts.scaler && (await readScaler(file, saved.scaler!));
    const scalerBefore = parts.scaler && (await presentState(parts.scaler));
    const states = { optimizer: optimizerState, scaler: scalerState, scalerBefore };
    naming(String(path), () => apply(saved, parts, weights, states));
    const { epoch, step, metrics, extra } = saved;
    return { epoch, step, metrics, extra };
  } finally {
    await file.close();
  }
}

/** Gives the parts their states. Each takes all or nothing; what was given before an error is taken back. */
function apply(
  saved: Saved,
  { model, optimizer, scheduler, scaler, loader, generator = defaultGenerator }: CheckpointParts,
  weights: Readonly<Record<string, Tensor>>,
  states: {
    readonly optimizer: OptimizerState | undefined;
    readonly scaler: unknown;
    readonly scalerBefore: unknown;
  },
): void {
  const undo: (() => void)[] = [];
  const give = (part: Stateful | undefined, state: unknown, before = part?.stateDict()): void => {
    if (!part) return;
    part.loadStateDict(state as never);
    undo.push(() => part.loadStateDict(before as never));
  };
  const random = generator.getState();
  try {
    generator.setState(saved.generator);
    undo.push(() => generator.setState(random));
    give(loader, saved.loader);
    give(scheduler, saved.scheduler);
    give(scaler, states.scaler, states.scalerBefore);
    if (states.optimizer) optimizer!.loadStateDict(states.optimizer);
  } catch (error) {
    for (const back of undo) back();
    throw error;
  }
  // Compared with the file before.
  const own = Object.entries(weights).map(([name, x]) => [name.slice(MODEL.length), x] as const);
  model.loadStateDict(Object.fromEntries(own));
}
