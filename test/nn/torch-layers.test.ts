import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { nn, setDevice } from "../../src/index.ts";
import { type DType } from "../../src/ir/dtype.ts";
import { Tensor, tensor } from "../../src/tensor/index.ts";
import { devicesUnderTest } from "../conformance/devices.ts";
import { camel, camelOptions, expectNumbers, type Options } from "./fixtures.ts";

// Layers against PyTorch: results, gradients of inputs and weights, buffers, in training and in use. The
// numbers are made by tools/fixtures-layers.py.

interface Dump {
  dtype: DType;
  shape: number[];
  data: (number | string | boolean)[];
}

interface Numbers {
  outputs: Dump[];
  inputGrads: (Dump | null)[];
}

interface LayerCase {
  kind: string;
  args: unknown[];
  options: Options;
  /** Options of `forward`. */
  call: Options;
  state: Record<string, Dump>;
  inputs: unknown[];
  /** Inputs of training runs before, which move running moments. */
  warm: unknown[][];
  modes: Record<
    string,
    Numbers & { grads: Record<string, Dump | null>; buffers: Record<string, Dump> }
  >;
}

interface FunctionCase extends Numbers {
  name: string;
  inputs: Dump[];
  options: Options;
}

function casesOf<T>(name: string): T[] {
  const url = new URL(`./torch/${name}.json`, import.meta.url);
  return (JSON.parse(readFileSync(url, "utf8")) as { cases: T[] }).cases;
}

const SPECIAL: Record<string, number> = { inf: Infinity, "-inf": -Infinity };
const isDump = (x: unknown): x is Dump => typeof x === "object" && x !== null && "dtype" in x;

const load = ({ dtype, shape, data }: Dump): Tensor =>
  tensor(
    data.map((v) => (typeof v === "string" ? SPECIAL[v] : Number(v))),
    { dtype },
  ).reshape(shape);

/** A structure with tensors for their dumps, of which `leaves` gets the floats. */
function loadAll(x: unknown, leaves?: Tensor[]): unknown {
  if (isDump(x)) {
    const loaded = load(x);
    if (leaves && x.dtype === "f64") leaves.push(loaded.requiresGrad_());
    return loaded;
  }
  if (Array.isArray(x)) return x.map((part) => loadAll(part, leaves));
  if (typeof x !== "object" || x === null) return x;
  return Object.fromEntries(Object.entries(x).map(([name, v]) => [name, loadAll(v, leaves)]));
}

const tensorsOf = (x: unknown): Tensor[] =>
  x instanceof Tensor ? [x] : Array.isArray(x) ? x.flatMap(tensorsOf) : [];

/** Gradients for outputs weighted with the cosines of their positions. */
function backward(outputs: readonly Tensor[]): void {
  let total = tensor(0, { dtype: "f64" });
  for (const y of outputs) {
    if (!y.requiresGrad) continue;
    const weights = tensor(
      Array.from({ length: y.size }, (_, i) => Math.cos(i)),
      { dtype: "f64" },
    );
    total = total.add(y.flatten().mul(weights).sum());
  }
  if (total.requiresGrad) total.backward();
}

function expectDump(actual: Tensor | undefined, expected: Dump | null, what: string): void {
  if (!expected) return expect(actual, what).toBeUndefined();
  expect(actual?.shape, `shape of ${what}`).toEqual(expected.shape);
  expect(actual?.dtype, `dtype of ${what}`).toBe(expected.dtype);
  expectNumbers(actual!, load(expected).dataSync() as unknown as number[], what, 1e-9);
}

type Construct = new (...args: unknown[]) => nn.Module;
const layers = nn as unknown as Record<string, Construct>;

const STACKS: Record<string, string> = {
  TransformerEncoder: "TransformerEncoderLayer",
  TransformerDecoder: "TransformerDecoderLayer",
};

function build({ kind, args, options }: LayerCase): nn.Module {
  const own = { ...camelOptions(options), dtype: "f64" };
  if (kind.includes("Pool") || kind === "Upsample")
    return new layers[kind](...args, camelOptions(options));
  const part = STACKS[kind] as string | undefined;
  if (!part) return new layers[kind](...args, own);
  const layer = new layers[part](args[0], args[1], own);
  const norm = new nn.LayerNorm(args[0] as number, { dtype: "f64" });
  return new layers[kind](layer, args[2], { norm });
}

type Forward = (...args: unknown[]) => unknown;

function forward(module: nn.Module, inputs: unknown[], call: Options): Tensor[] {
  const options = Object.keys(call).length > 0 ? [camelOptions(loadAll(call) as Options)] : [];
  return tensorsOf((module.forward as unknown as Forward).call(module, ...inputs, ...options));
}

function checkLayer(one: LayerCase, mode: string): void {
  const expected = one.modes[mode];
  const module = build(one);
  module.loadStateDict(
    Object.fromEntries(Object.entries(one.state).map(([name, x]) => [name, load(x)])),
  );
  for (const inputs of one.warm) forward(module, loadAll(inputs) as unknown[], one.call);
  module.train(mode === "train");
  const leaves: Tensor[] = [];
  const outputs = forward(module, loadAll(one.inputs, leaves) as unknown[], one.call);
  backward(outputs);
  expect(outputs.length).toBe(expected.outputs.length);
  outputs.forEach((y, i) => expectDump(y, expected.outputs[i], `output ${i}`));
  leaves.forEach((x, i) => expectDump(x.grad, expected.inputGrads[i], `gradient of input ${i}`));
  const parameters = module.namedParameters();
  expect(parameters.map(([name]) => name).sort()).toEqual(Object.keys(expected.grads).sort());
  for (const [name, p] of parameters)
    expectDump(p.grad, expected.grads[name], `gradient of ${name}`);
  const buffers = module.namedBuffers();
  expect(buffers.map(([name]) => name).sort()).toEqual(Object.keys(expected.buffers).sort());
  for (const [name, b] of buffers) expectDump(b, expected.buffers[name], name);
}

const shown = (value: unknown): string =>
  JSON.stringify(value, (_, v: unknown) => (isDump(v) ? `${v.dtype}[${v.shape.join()}]` : v));

const FAMILIES = [
  "convolutions",
  "pools",
  "norms",
  "embeddings",
  "recurrent",
  "multihead",
  "transformers",
];

// `native` runs graphs as small as these as JavaScript, and what layers are composed of has tests on every
// device.
const devices = devicesUnderTest().filter((name) => name !== "native");

describe.each(devices)("on %s", (device) => {
  for (const family of FAMILIES)
    describe(family, () => {
      casesOf<LayerCase>(family).forEach((one, i) => {
        const { kind, args, options, call, inputs } = one;
        const label = `#${i} ${kind}(${args.map(shown).join(", ")}) ${shown(options)} of ${shown(inputs)} ${shown(call)}`;
        for (const mode of Object.keys(one.modes))
          test(`${label}, ${mode}`, () => {
            setDevice(device);
            checkLayer(one, mode);
          });
      });
    });

  describe("attention", () => {
    casesOf<FunctionCase>("attention").forEach((one, i) => {
      test(`#${i} ${one.name} of ${shown(one.inputs)} ${shown(one.options)}`, () => {
        setDevice(device);
        const leaves: Tensor[] = [];
        const inputs = loadAll(one.inputs, leaves) as Tensor[];
        const functions = nn.functional as unknown as Record<string, Forward>;
        const y = functions[camel(one.name)](
          ...inputs,
          camelOptions(loadAll(one.options) as Options),
        );
        const outputs = tensorsOf(y);
        backward(outputs);
        outputs.forEach((x, k) => expectDump(x, one.outputs[k], `output ${k}`));
        leaves.forEach((x, k) => expectDump(x.grad, one.inputGrads[k], `gradient of input ${k}`));
      });
    });
  });
});
