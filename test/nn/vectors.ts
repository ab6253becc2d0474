import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect } from "vitest";
import { nn } from "../../src/index.ts";
import { type DType } from "../../src/ir/dtype.ts";
import { Tensor, tensor } from "../../src/tensor/index.ts";
import { camel, camelOptions, expectNumbers, type Options } from "./fixtures.ts";

// PyTorch's layers and losses: made by tools/fixtures-layers.py.

export interface Dump {
  readonly dtype: DType;
  readonly shape: number[];
  readonly data: (number | string | boolean)[];
}

interface Numbers {
  readonly outputs: Dump[];
  readonly inputGrads: (Dump | null)[];
}

export interface LayerCase {
  readonly kind: string;
  readonly args: unknown[];
  readonly options: Options;
  /** Options of `forward`. */
  readonly call: Options;
  readonly state: Readonly<Record<string, Dump>>;
  readonly inputs: unknown[];
  /** Inputs of training runs before, which move running moments. */
  readonly warm: unknown[][];
  readonly modes: Readonly<
    Record<
      string,
      Numbers & {
        readonly grads: Readonly<Record<string, Dump | null>>;
        readonly buffers: Readonly<Record<string, Dump>>;
      }
    >
  >;
  /** What PyTorch prints of the settings. */
  readonly repr: string;
  /** A parametrization and its options. */
  readonly parametrize?: [string, Options];
  /** Whether the first input goes through logSoftmax before. */
  readonly logs?: boolean;
  /** Lengths of packed sequences. */
  readonly lengths?: number[];
  /** Called instead of `forward`. */
  readonly method?: string;
  /** How many inputs have gradients; all floats if not given. */
  readonly leaves?: number | null;
}

export interface FunctionCase extends Numbers {
  readonly name: string;
  readonly inputs: Dump[];
  readonly options: Options;
  /** How many inputs have gradients; all floats if not given. */
  readonly leaves?: number;
}

/** An initialiser that draws nothing. */
export interface InitCase {
  readonly name: string;
  readonly args: number[];
  readonly value: Dump;
}

/** Mean, deviation, least and greatest of truncated normal numbers. */
export interface TruncatedCase {
  readonly args: number[];
  readonly numbers: [mean: number, std: number, min: number, max: number];
}

interface Vectors {
  readonly source: string;
  /** What PyTorch's modules export. */
  readonly names: Readonly<Record<string, string[]>>;
  readonly families: Readonly<Record<string, unknown[]>>;
}

const file = new URL("./torch.json.gz", import.meta.url);
export const vectors = JSON.parse(gunzipSync(readFileSync(file)).toString("utf8")) as Vectors;

/** Families of cases that are not of layers. */
const OTHERS = ["attention", "others", "penalties", "initialisers", "truncated"];

/** All cases of layers, by family. */
export const layerFamilies = (): [string, LayerCase[]][] =>
  Object.entries(vectors.families).filter(([name]) => !OTHERS.includes(name)) as [
    string,
    LayerCase[],
  ][];

export const functionCases = (): FunctionCase[] =>
  ["attention", "others", "penalties"].flatMap(
    (family) => vectors.families[family] as FunctionCase[],
  );

const SPECIAL: Readonly<Record<string, number>> = { inf: Infinity, "-inf": -Infinity, nan: NaN };

const isDump = (x: unknown): x is Dump => typeof x === "object" && x !== null && "dtype" in x;

/** How numbers are compared: the vectors are of double precision, which single precision must be near. */
export type Precision = "f32" | "f64";
const TOLERANCES: Readonly<Record<Precision, number>> = { f64: 1e-9, f32: 2e-5 };
/** Of layers in which PyTorch has a constant of single precision. */
const LOOSE: Readonly<Record<string, number>> = { Hardsigmoid: 1e-8 };

/** Loads the dumps of a case in a precision. */
class Loader {
  readonly precision: Precision;
  private readonly tolerance: number;

  constructor(precision: Precision, kind = "") {
    this.precision = precision;
    this.tolerance = Math.max(TOLERANCES[precision], LOOSE[kind] ?? 0);
  }

  dtypeOf({ dtype }: Dump): DType {
    return dtype === "f64" ? this.precision : dtype;
  }

  tensor(dump: Dump): Tensor {
    const data = dump.data.map((v) => (typeof v === "string" ? SPECIAL[v] : Number(v)));
    return tensor(data, { dtype: this.dtypeOf(dump) }).reshape(dump.shape);
  }

  /** A structure with tensors for their dumps, of which `leaves` gets the floats. */
  all(x: unknown, leaves?: Tensor[]): unknown {
    if (isDump(x)) {
      const loaded = this.tensor(x);
      if (leaves && x.dtype === "f64") leaves.push(loaded.requiresGrad_());
      return loaded;
    }
    if (typeof x === "string") return SPECIAL[x] ?? x;
    if (Array.isArray(x)) return x.map((part) => this.all(part, leaves));
    if (typeof x !== "object" || x === null) return x;
    return Object.fromEntries(Object.entries(x).map(([name, v]) => [name, this.all(v, leaves)]));
  }

  options(x: Options): Options {
    // A private option of PyTorch is a public one here.
    const named = Object.entries(x).map(([name, value]) => [
      name.replace(/^_/, ""),
      this.all(value),
    ]);
    return camelOptions(Object.fromEntries(named) as Options);
  }

  expect(actual: Tensor | undefined, expected: Dump | null, what: string): void {
    if (!expected) {
      // Where PyTorch's layer skipped a part, its gradient is 0.
      if (actual) expect(actual.ne(0).any().itemSync(), `${what}, of none`).toBe(0);
      return;
    }
    expect(actual?.shape, `shape of ${what}`).toEqual(expected.shape);
    expect(actual?.dtype, `dtype of ${what}`).toBe(this.dtypeOf(expected));
    const numbers = expected.data.map((v) => (typeof v === "string" ? SPECIAL[v] : Number(v)));
    expectNumbers(actual!, numbers, what, this.tolerance);
  }
}

/** The tensors of a result, in order. */
function tensorsOf(x: unknown): Tensor[] {
  if (x instanceof Tensor) return [x];
  if (x instanceof nn.utils.rnn.PackedSequence) return [nn.utils.rnn.padPackedSequence(x)[0]];
  if (Array.isArray(x)) return x.flatMap(tensorsOf);
  return typeof x === "object" && x !== null ? Object.values(x).flatMap(tensorsOf) : [];
}

/** Gradients for outputs weighted with the cosines of their positions. */
function backward(outputs: readonly Tensor[]): void {
  let total: Tensor | undefined;
  for (const y of outputs) {
    if (!y.requiresGrad) continue;
    const cosines = Array.from({ length: y.size }, (_, i) => Math.cos(i));
    const part = y
      .flatten()
      .mul(tensor(cosines, { dtype: y.dtype }))
      .sum();
    total = total ? total.add(part) : part;
  }
  total?.backward();
}

type Construct = new (...args: unknown[]) => nn.Module;
type Forward = (...args: unknown[]) => unknown;
const layers = nn as unknown as Record<string, Construct>;
const parametrizations = nn.utils.parametrizations as unknown as Record<
  string,
  (module: nn.Module, options: Options) => nn.Module
>;

const STACKS: Readonly<Record<string, string>> = {
  TransformerEncoder: "TransformerEncoderLayer",
  TransformerDecoder: "TransformerDecoderLayer",
};

/** The layer of a case. */
export function build(one: LayerCase, precision: Precision): nn.Module {
  const load = new Loader(precision);
  const { kind, state, parametrize } = one;
  const args = load.all(one.args) as unknown[];
  // What has no weights takes no dtype.
  const dtype = Object.keys(state).length > 0 ? { dtype: precision } : {};
  const options = { ...load.options(one.options), ...dtype };
  const part = STACKS[kind] as string | undefined;
  if (part) {
    const layer = new layers[part](args[0], args[1], options);
    const norm = new nn.LayerNorm(args[0] as number, dtype);
    return new layers[kind](layer, args[2], { norm });
  }
  const module = new layers[kind](...args, ...(Object.keys(options).length > 0 ? [options] : []));
  if (!parametrize) return module;
  const [name, settings] = parametrize;
  const named = Object.entries(settings).map(([key, value]) => [
    key,
    typeof value === "string" ? camel(value) : value,
  ]);
  return parametrizations[camel(name)](module, camelOptions(Object.fromEntries(named) as Options));
}

function forward(module: nn.Module, one: LayerCase, inputs: unknown[], load: Loader): Tensor[] {
  const { call, lengths, logs, method = "forward" } = one;
  const [given, ...rest] = inputs as [Tensor, ...unknown[]];
  const { batchFirst = false } = module as { batchFirst?: boolean };
  const x = logs ? given.logSoftmax(-1) : given;
  const first = lengths ? nn.utils.rnn.packPaddedSequence(x, lengths, { batchFirst }) : x;
  const options = Object.keys(call).length > 0 ? [load.options(call)] : [];
  const fn = (module as unknown as Record<string, Forward>)[camel(method)];
  const result = fn.call(module, first, ...rest, ...options);
  const outputs = tensorsOf(result);
  // PyTorch pads what it gives by the layer's order of axes.
  return lengths && batchFirst ? [outputs[0].transpose(0, 1), ...outputs.slice(1)] : outputs;
}

/** Compares a layer with PyTorch's in one of its modes. */
export function checkLayer(one: LayerCase, mode: string, precision: Precision): void {
  const load = new Loader(precision, one.kind);
  const expected = one.modes[mode];
  const module = build(one, precision);
  module.loadStateDict(
    Object.fromEntries(Object.entries(one.state).map(([name, x]) => [name, load.tensor(x)])),
  );
  for (const inputs of one.warm) forward(module, one, load.all(inputs) as unknown[], load);
  module.train(mode === "train");
  const leaves: Tensor[] = [];
  const inputs = one.inputs.map((x, i) =>
    load.all(x, i < (one.leaves ?? Infinity) ? leaves : undefined),
  );
  const outputs = forward(module, one, inputs, load);
  backward(outputs);
  expect(outputs.length).toBe(expected.outputs.length);
  outputs.forEach((y, i) => load.expect(y, expected.outputs[i], `output ${i}`));
  leaves.forEach((x, i) => load.expect(x.grad, expected.inputGrads[i], `gradient of input ${i}`));
  const parameters = module.namedParameters();
  expect(parameters.map(([name]) => name).sort()).toEqual(Object.keys(expected.grads).sort());
  for (const [name, p] of parameters)
    load.expect(p.grad, expected.grads[name], `gradient of ${name}`);
  const buffers = module.namedBuffers();
  expect(buffers.map(([name]) => name).sort()).toEqual(Object.keys(expected.buffers).sort());
  for (const [name, b] of buffers) load.expect(b, expected.buffers[name], name);
}

/** The gradient penalty of the critic that has these weights. */
function penalty(inputs: readonly Tensor[], options: Options): Tensor {
  const [real, fake, mix, w1, b1, w2] = inputs;
  const critic = (x: Tensor): Tensor => x.matmul(w1).add(b1).tanh().matmul(w2);
  return nn.functional.gradientPenalty(critic, real, fake, { ...options, mix });
}

/** Compares a function with PyTorch's, or with its definition. */
export function checkFunction(one: FunctionCase, precision: Precision): void {
  const load = new Loader(precision);
  const leaves: Tensor[] = [];
  const inputs = one.inputs.map((x, i) =>
    load.all(x, i < (one.leaves ?? Infinity) ? leaves : undefined),
  ) as Tensor[];
  const options = load.options(one.options);
  const functions = nn.functional as unknown as Record<string, Forward>;
  const outputs = tensorsOf(
    one.name === "gradientPenalty"
      ? penalty(inputs, options)
      : functions[camel(one.name)](...inputs, options),
  );
  backward(outputs);
  outputs.forEach((x, k) => load.expect(x, one.outputs[k], `output ${k}`));
  leaves.forEach((x, k) => load.expect(x.grad, one.inputGrads[k], `gradient of input ${k}`));
}

/** Values of a case as a test's title shows them. */
export const shown = (value: unknown): string =>
  JSON.stringify(value, (_, v: unknown) => (isDump(v) ? `${v.dtype}[${v.shape.join()}]` : v));
