import { expect, test, vi } from "vitest";
import * as X from "../../src/extra/index.ts";
import { clearInternTable } from "../../src/ir/node.ts";
import { setDevice } from "../../src/runtime/registry.ts";
import * as S from "../../src/special/index.ts";
import { evalAll, jvp, stack, type Tensor, tensor, vmap } from "../../src/tensor/index.ts";
import { leavesOf, mapTree } from "../../src/tensor/tree.ts";
import { Excepted, Undetermined } from "./bind.ts";
import { operatorFor } from "./operators/index.ts";
import { tensorsOf } from "./run.ts";
import { type Case, decode, linesOf, type Vectors } from "./vectors.ts";

// Forward derivatives and batches of the functions of `nabla/extra` and `nabla/special`, on the samples by
// which they are compared with PyTorch.

const called = vi.hoisted(() => new Set<string>());
const noting = vi.hoisted(
  () =>
    async (original: () => Promise<Record<string, unknown>>): Promise<Record<string, unknown>> => {
      const noted = Object.entries(await original()).map(([name, f]) => [
        name,
        typeof f === "function"
          ? (...args: unknown[]): unknown => {
              called.add(name);
              return (f as (...args: unknown[]) => unknown)(...args);
            }
          : f,
      ]);
      return Object.fromEntries(noted) as Record<string, unknown>;
    },
);
vi.mock("../../src/extra/index.ts", noting);
vi.mock("../../src/special/index.ts", noting);

const vectors = linesOf(new URL("./vectors.jsonl.gz", import.meta.url)).map(
  (line) => JSON.parse(line) as Vectors,
);

type Call = (...leaves: Tensor[]) => Tensor[];

/** Floating-point arguments, by position, with respect to which a function has no derivative. */
const CONSTANT: Readonly<Record<string, number>> = {
  // Labels.
  "nn.functional.cosine_embedding_loss": 2,
  "nn.functional.hinge_embedding_loss": 1,
  // The order.
  igamma: 0,
  igammac: 0,
};
/** What looks at values, of which the sizes of results depend. */
const READ_VALUES = ["unique", "unique_consecutive"];

/** A case as a function of its f64 tensors, and these. */
function functionOf(name: string, { args, kwargs }: Case): [Call, Tensor[]] {
  const operator = operatorFor(name)!;
  const given = [
    args.map((arg) => decode(arg, [])),
    Object.fromEntries(Object.entries(kwargs).map(([k, v]) => [k, decode(v, [])])),
  ];
  const leaves = leavesOf(given).filter(({ dtype }, i) => dtype === "f64" && i !== CONSTANT[name]);
  const call: Call = (...others) => {
    const [a, k] = mapTree(given, (x) => others[leaves.indexOf(x)] ?? x) as [
      unknown[],
      Record<string, unknown>,
    ];
    return tensorsOf(operator.call(a, k)).filter(({ dtype }) => dtype === "f64");
  };
  return [call, leaves.map((x) => x.detach())];
}

const wave = (x: Tensor, phase: number): Tensor =>
  tensor(
    Array.from({ length: x.size }, (_, i) => Math.cos(i + phase)),
    { dtype: "f64" },
  ).reshape(x.shape);

const STEP = 1e-6;

/** What is compared: the forward derivative with differences, a batch with a loop. */
interface Compared {
  readonly what: string;
  readonly actual: Tensor;
  readonly expected: Tensor;
  readonly tolerance: number;
}

function compared(call: Call, xs: Tensor[]): Compared[] {
  const directions = xs.map((x, i) => wave(x, i));
  const [, tangents] = jvp(call, xs, directions);
  const at = (t: number): Tensor[] => call(...xs.map((x, i) => x.add(directions[i].mul(t))));
  const [high, low] = [at(STEP), at(-STEP)];
  const entries = [0, 1, 2].map((k) => xs.map((x) => x.mul(1 - 0.01 * k)));
  const batched = vmap(call)(...xs.map((_, i) => stack(entries.map((entry) => entry[i]))));
  const loop = entries.map((entry) => call(...entry));
  return [
    ...tangents.map((actual, i) => ({
      what: `tangent ${i}`,
      actual,
      expected: high[i].sub(low[i]).div(2 * STEP),
      tolerance: 1e-5,
    })),
    ...batched.map((actual, i) => ({
      what: `batch ${i}`,
      actual,
      expected: stack(loop.map((results) => results[i])),
      tolerance: 1e-9,
    })),
  ];
}

function problemOf({ what, actual, expected, tolerance }: Compared): string | undefined {
  if (actual.shape.join() !== expected.shape.join())
    return `${what}: expected [${expected.shape.join()}], got [${actual.shape.join()}]`;
  const [a, b] = [actual.dataSync(), expected.dataSync()];
  for (let i = 0; i < a.length; i++) {
    // Where a function is not defined, what its derivative is does not matter.
    if (a[i] === b[i] || (b[i] !== b[i] && (a[i] !== a[i] || what.startsWith("tangent")))) continue;
    if (!(Math.abs(a[i] - b[i]) <= tolerance * (1 + Math.abs(b[i]))))
      return `${what}[${i}]: expected ${b[i]}, got ${a[i]}`;
  }
  return undefined;
}

const isDifferentiable = (call: Call, xs: readonly Tensor[]): boolean =>
  call(...xs.map((x) => x.detach().requiresGrad_())).some((y) => y.requiresGrad);

/** The first cases of an operator that use the two entry points and have a derivative. */
function casesOf({ name, cases }: Vectors): Case[] {
  const operator = operatorFor(name);
  if (!operator || operator.compare === "shapes" || READ_VALUES.includes(name)) return [];
  const doubles = cases.filter(({ id }) => id.startsWith("f64"));
  const withGradient = doubles.filter(({ grads }) => grads?.some((g) => g));
  const usable = (withGradient.length > 0 ? withGradient : doubles).filter((one) => {
    called.clear();
    try {
      const [call, xs] = functionOf(name, one);
      if (!isDifferentiable(call, xs)) return false;
    } catch (error) {
      if (error instanceof Excepted || error instanceof Undetermined) return false;
      throw error;
    }
    return called.size > 0;
  });
  const chosen = usable.slice(0, 2);
  called.clear();
  for (const one of chosen) {
    const [call, xs] = functionOf(name, one);
    call(...xs);
  }
  for (const used of called) tried.add(used);
  return chosen;
}

const tried = new Set<string>();
const CASES = vectors
  .map((entry) => [entry.name, casesOf(entry)] as const)
  .filter(([, cases]) => cases.length > 0);

const f64 = (...values: number[]): Tensor => tensor(values, { dtype: "f64" });
const polynomial = (f: (x: Tensor, n: number) => Tensor): [Call, Tensor[]] => [
  (x) => [f(x, 4)],
  [f64(-1.3, 0.2, 0.7)],
];
const matrix = tensor(
  [
    [1, 0.5, 2],
    [-0.3, 2, 0.1],
  ],
  { dtype: "f64" },
);

/** Numbers of an image or a volume, no two of them alike. */
const grid = (...shape: number[]): Tensor =>
  tensor(
    Array.from({ length: shape.reduce((a, n) => a * n, 1) }, (_, i) => 1.5 + Math.sin(i * i)),
    { dtype: "f64" },
  ).reshape(shape);
const randomSamples = (axes: number): Tensor =>
  tensor([[[0.3, 0.8, 0.6].slice(0, axes)]], { dtype: "f64" });

/** Functions that the samples leave out, or use only where they are not defined. */
const MORE: Readonly<Record<string, readonly [Call, Tensor[]]>> = {
  lpPool1d: [(x) => [X.lpPool1d(x, 2.5, 2)], [grid(1, 1, 6)]],
  lpPool2d: [(x) => [X.lpPool2d(x, 3, 2)], [grid(1, 1, 4, 4)]],
  lpPool3d: [(x) => [X.lpPool3d(x, 2, 2)], [grid(1, 1, 2, 4, 4)]],
  fractionalMaxPool2d: [
    (x) => {
      const options = { outputSize: 2, randomSamples: randomSamples(2) };
      return [X.fractionalMaxPool2d(x, 2, options).values];
    },
    [grid(1, 1, 5, 5)],
  ],
  fractionalMaxPool3d: [
    (x) => {
      const options = { outputSize: 2, randomSamples: randomSamples(3) };
      return [X.fractionalMaxPool3d(x, 2, options).values];
    },
    [grid(1, 1, 4, 4, 4)],
  ],
  tripletMarginWithDistanceLoss: [
    (a, b, c) => [X.tripletMarginWithDistanceLoss(a, b, c, { margin: 3 })],
    [grid(2, 3), grid(2, 3).mul(0.5), grid(2, 3).exp()],
  ],
  fold: [(x) => [X.fold(x.reshape([1, 4, 1]), 2, 2)], [f64(1, 2, 3, 4)]],
  gammainc: [(x) => [S.gammainc(f64(0.5, 2), x)], [f64(0.7, 1.5)]],
  gammaincc: [(x) => [S.gammaincc(f64(0.5, 2), x)], [f64(0.7, 1.5)]],
  gammaln: [(x) => [S.gammaln(x)], [f64(0.7, 1.5)]],
  matrixNorm: [(x) => [X.matrixNorm(x)], [matrix]],
  matrixPower: [(x) => [X.matrixPower(x.matmul(x.T), 3)], [matrix]],
  multiDot: [(x) => [X.multiDot([x, x.T, x])], [matrix]],
  psi: [(x) => [S.psi(x)], [f64(0.7, 1.5)]],
  vecdot: [(x) => [X.vecdot(x, x.exp())], [matrix]],
  zeta: [(q) => [S.zeta(2.5, q)], [f64(0.7, 1.5)]],
  chebyshevPolynomialT: polynomial(S.chebyshevPolynomialT),
  chebyshevPolynomialU: polynomial(S.chebyshevPolynomialU),
  chebyshevPolynomialV: polynomial(S.chebyshevPolynomialV),
  chebyshevPolynomialW: polynomial(S.chebyshevPolynomialW),
  shiftedChebyshevPolynomialT: polynomial(S.shiftedChebyshevPolynomialT),
  shiftedChebyshevPolynomialU: polynomial(S.shiftedChebyshevPolynomialU),
  shiftedChebyshevPolynomialV: polynomial(S.shiftedChebyshevPolynomialV),
  shiftedChebyshevPolynomialW: polynomial(S.shiftedChebyshevPolynomialW),
  hermitePolynomialH: polynomial(S.hermitePolynomialH),
  hermitePolynomialHe: polynomial(S.hermitePolynomialHe),
  laguerrePolynomialL: polynomial(S.laguerrePolynomialL),
  legendrePolynomialP: polynomial(S.legendrePolynomialP),
};

/** Functions without a derivative: of integers, comparisons, steps, positions, random numbers. */
const NONE = (
  "isneginf isposinf signbit exponential geometric cauchy logNormal gcd lcm sgn angle isreal heaviside " +
  "bitwiseAnd bitwiseOr bitwiseXor bitwiseNot bitwiseLeftShift bitwiseRightShift unique " +
  "uniqueConsecutive isin searchsorted bucketize nonzeroStatic trilIndices triuIndices broadcastShapes " +
  "unravelIndex bincount histc histogram histogramdd"
).split(" ");
/** Random ones, whose numbers differ from call to call, and forms of others that return positions too. */
const ELSEWHERE = (
  "featureDropout alphaDropout featureAlphaDropout maxPool3dWithIndices adaptiveMaxPool2dWithIndices " +
  "adaptiveMaxPool3dWithIndices"
).split(" ");
/** Transformations themselves. */
const TRANSFORM = "detectAnomaly setDetectAnomaly checkpoint jacrev jacfwd hvp vhp linearize".split(
  " ",
);

test("every function that has a derivative is tried", () => {
  const known = new Set([...tried, ...Object.keys(MORE), ...NONE, ...ELSEWHERE, ...TRANSFORM]);
  const names = [...Object.entries(X), ...Object.entries(S)].flatMap(([name, f]) =>
    typeof f === "function" ? [name] : [],
  );
  expect(names.filter((name) => !known.has(name))).toEqual([]);
  expect([...known].filter((name) => !names.includes(name))).toEqual([]);
});

async function problemsOf(call: Call, xs: Tensor[]): Promise<string[]> {
  setDevice("js");
  const all = compared(call, xs);
  await evalAll(all.flatMap(({ actual, expected }) => [actual, expected]));
  clearInternTable();
  return all.flatMap((each) => problemOf(each) ?? []);
}

test.each(CASES)("%s", async (name, cases) => {
  for (const one of cases) expect(await problemsOf(...functionOf(name, one)), one.id).toEqual([]);
});

test.each(Object.entries(MORE))("%s, on samples of our own", async (_, [call, xs]) => {
  expect(isDifferentiable(call, xs)).toBe(true);
  expect(await problemsOf(call, xs)).toEqual([]);
});
