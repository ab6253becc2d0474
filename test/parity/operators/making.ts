import * as X from "../../../src/extra/index.ts";
import { type DType, isDType } from "../../../src/ir/dtype.ts";
import * as T from "../../../src/tensor/index.ts";
import { type Args, numberOf, op, type Operator, type Options } from "../bind.ts";

const RANDOM: Options = { compare: "shapes" };
const REST = "dtype layout device pin_memory requires_grad memory_format";

const options = ({ dtype }: Args): { dtype?: DType } => (dtype === undefined ? {} : { dtype });
/** Sizes as one list or one by one. */
const sizes = (given: unknown): number[] => [given].flat(2) as number[];

const like = (make: (x: never, options: never) => unknown, settings?: Options): Operator =>
  op(`input ${REST}`, (a) => make(a.input, options(a) as never), settings);
const made = (make: (shape: number[], options: never) => unknown, settings?: Options): Operator =>
  op(`*size ${REST}`, (a) => make(sizes(a.size), options(a) as never), settings);
/** `x.new_zeros(size)`: of the dtype of x. */
const fresh = (make: (shape: number[], options: never) => unknown, settings?: Options): Operator =>
  op(
    `input size ${REST}`,
    (a) => make(sizes(a.size), { dtype: (a.input as T.Tensor).dtype, ...options(a) } as never),
    settings,
  );
const shaped = (make: (shape: readonly number[], a: Args) => unknown, names: string): Operator =>
  op(names, (a) => make((a.input as T.Tensor).shape, a), RANDOM);
const floats = (x: T.Tensor): { dtype: DType } => ({ dtype: x.dtype });

/** Creation and random numbers. */
export const MAKING: Record<string, Operator> = {
  zeros: made(T.zeros),
  ones: made(T.ones),
  full: op(`size fill_value ${REST}`, (a) => T.full(sizes(a.size), a.fillValue, options(a))),
  eye: op(`n m ${REST}`, (a) => T.eye(a.n, a.m, options(a))),
  scalar_tensor: op(`value ${REST}`, (a) => T.tensor(a.value, options(a))),
  zeros_like: like(T.zerosLike),
  ones_like: like(T.onesLike),
  zero_: like(T.zerosLike),
  full_like: op(`input fill_value ${REST}`, (a) => T.fullLike(a.input, a.fillValue, options(a))),
  fill: op("input value", (a) => T.fullLike(a.input, numberOf(a.value))),
  new_zeros: fresh(T.zeros),
  new_ones: fresh(T.ones),
  new_full: op(`input size fill_value ${REST}`, (a) =>
    T.full(sizes(a.size), a.fillValue, { ...floats(a.input), ...options(a) }),
  ),
  // Their elements are not determined.
  empty: made(T.zeros, RANDOM),
  empty_like: like(T.zerosLike, RANDOM),
  empty_strided: op(`size stride ${REST}`, (a) => T.zeros(a.size, options(a)), RANDOM),
  empty_permuted: op(`size physical_layout ${REST}`, (a) => T.zeros(a.size, options(a)), RANDOM),
  new_empty: fresh(T.zeros, RANDOM),
  new_empty_strided: op(
    `input size stride ${REST}`,
    (a) => T.zeros(a.size, { ...floats(a.input), ...options(a) }),
    RANDOM,
  ),
  arange: op(
    `start end step ${REST}`,
    (a) => {
      const numbers = [a.start, a.end, a.step].filter((n) => n !== undefined).map(Number);
      return T.arange(...(numbers as [number, number, number]), options(a));
    },
    { counts: true },
  ),
  linspace: op(`start end steps ${REST}`, (a) =>
    T.linspace(numberOf(a.start), numberOf(a.end), a.steps, options(a)),
  ),
  logspace: op(`start end steps base ${REST}`, (a) =>
    T.logspace(numberOf(a.start), numberOf(a.end), a.steps, { base: a.base, ...options(a) }),
  ),
  item: op("input", ({ input }) => numberOf(input)),
  to: op("input device dtype non_blocking copy memory_format", (a) => {
    const given: unknown[] = [a.device, a.dtype];
    const dtype = given.find(isDType);
    const input = a.input as T.Tensor;
    if (dtype !== undefined) return input.to(dtype);
    return (a.device as unknown) instanceof T.Tensor ? input.typeAs(a.device) : input;
  }),

  randn: made(T.randn, RANDOM),
  randn_like: like(T.randnLike, RANDOM),
  rand_like: like(T.randLike, RANDOM),
  randint: op(
    `low high size ${REST}`,
    (a) =>
      (a.size as unknown) === undefined
        ? T.randint(0, a.low, sizes(a.high), options(a))
        : T.randint(a.low, a.high, sizes(a.size), options(a)),
    RANDOM,
  ),
  randint_like: op(
    `input low high ${REST}`,
    (a) => {
      const x = a.input as T.Tensor;
      const [low, high] = a.high === undefined ? [0, a.low] : [a.low, a.high];
      return T.randint(low, high, x.shape, { ...floats(x), ...options(a) });
    },
    RANDOM,
  ),
  normal: op(
    "mean std generator dtype device layout pin_memory",
    (a) => {
      const [mean, std] = [a.mean, a.std] as T.Tensor[];
      const shape = T.add(mean, std);
      return T.randnLike(shape).mul(std).add(mean);
    },
    RANDOM,
  ),
  "normal[number_mean]": op(
    "mean std size dtype device layout pin_memory",
    (a) =>
      (a.std as unknown) instanceof T.Tensor
        ? T.randnLike(a.std).mul(a.std).add(a.mean)
        : T.normal(a.mean, a.std, a.size, options(a)),
    RANDOM,
  ),
  "normal[in_place]": shaped(
    (shape, a) => T.normal(a.mean, a.std, shape, floats(a.input)),
    "input mean std",
  ),
  uniform: shaped((shape, a) => T.uniform(shape, a.from, a.to, floats(a.input)), "input from to"),
  exponential: shaped(
    (shape, a) => X.exponential(shape, { lambda: a.lambd, ...floats(a.input) }),
    "input lambd",
  ),
  geometric: shaped((shape, a) => X.geometric(shape, a.p, floats(a.input)), "input p"),
  cauchy: shaped(
    (shape, a) => X.cauchy(shape, { median: a.median, sigma: a.sigma, ...floats(a.input) }),
    "input median sigma",
  ),
  log_normal: shaped(
    (shape, a) => X.logNormal(shape, { mean: a.mean, std: a.std, ...floats(a.input) }),
    "input mean std",
  ),
  bernoulli: op("input", (a) => T.bernoulli(a.input), RANDOM),
  multinomial: op(
    "input num_samples replacement",
    (a) => T.multinomial(a.input, a.numSamples, a),
    RANDOM,
  ),
  ...Object.fromEntries(
    (
      [
        ["dropout", T.dropout],
        ["dropout2d", X.featureDropout],
        ["dropout3d", X.featureDropout],
        ["alpha_dropout", X.alphaDropout],
        ["feature_alpha_dropout", X.featureAlphaDropout],
      ] as const
    ).map(([name, f]) => [
      `nn.functional.${name}`,
      op("input p training inplace", (a) => f(a.input, a.p, a), RANDOM),
    ]),
  ),
};
