import { describe, expect, test } from "vitest";
import { nn, optim } from "../../src/index.ts";
import { type DType } from "../../src/ir/dtype.ts";
import { cat, type Tensor, tensor } from "../../src/tensor/index.ts";
import { camelDeep, expectRelative, valuesOf, vectors } from "./vectors.ts";

/** The objective of tools/fixtures-optim.py: two Rosenbrock valleys. */
function problem(dtype: DType, options: optim.LBFGSOptions) {
  const x = new nn.Parameter(tensor([-0.8, 0.3], { dtype }));
  const y = new nn.Parameter(tensor([[0.7], [-0.5]], { dtype }));
  const optimizer = new optim.LBFGS([x, y], options);
  const count = { evaluations: 0 };
  const closure = (): Tensor => {
    count.evaluations++;
    optimizer.zeroGrad();
    const valley = y.reshape(-1).sub(x.square()).square().sum().mul(10);
    const loss = x.neg().add(1).square().sum().add(valley);
    loss.backward();
    return loss;
  };
  const step = (): Tensor => optimizer.step(closure);
  return { params: [x, y], optimizer, count, closure, step };
}

describe("steps as in PyTorch", () => {
  for (const { options, dtype, path } of vectors.lbfgs)
    test(`${JSON.stringify(camelDeep(options))}, ${dtype}`, () => {
      const { params, step, count } = problem(dtype, camelDeep(options) as optim.LBFGSOptions);
      path.forEach(([evaluations, loss, ...values], i) => {
        const [tolerance, least] = dtype === "f64" ? [1e-9, 1e-9] : [1e-3, 0.01];
        const found = step().itemSync();
        expectRelative([found], [loss], tolerance, `loss of step ${i + 1}`, least);
        expectRelative(valuesOf(params), values, tolerance, `after ${i + 1} steps`, least);
        if (dtype === "f64") expect(count.evaluations).toBe(evaluations);
      });
    });
});

describe("state", () => {
  const options = { maxIter: 2, historySize: 3, lineSearchFn: "strongWolfe" } as const;

  test("goes on to the same bits", () => {
    const [a, b] = [problem("f32", options), problem("f32", options)];
    for (let i = 0; i < 3; i++) a.step();
    b.params.forEach((p, i) => p.rebind(a.params[i].detach()));
    b.optimizer.loadStateDict(a.optimizer.stateDict());
    for (let i = 0; i < 3; i++) a.step();
    for (let i = 0; i < 3; i++) b.step();
    expect(valuesOf(b.params)).toEqual(valuesOf(a.params));
    expect(b.optimizer.stateDict().state[0].nIter.itemSync()).toBe(6);
  });

  test("one that does not fit is refused", () => {
    const a = problem("f32", options);
    for (let i = 0; i < 3; i++) a.step();
    const saved = a.optimizer.stateDict();
    expect(() => problem("f64", options).optimizer.loadStateDict(saved)).toThrow(
      /does not fit LBFGS:\n {2}state 0: d: expected f64\[4\], got f32\[4\]/,
    );
    const short = {
      ...saved,
      paramGroups: saved.paramGroups.map((g) => ({ ...g, historySize: 1 })),
    };
    expect(() => a.optimizer.loadStateDict(short)).toThrow(
      /oldDirs: expected at most historySize 1, got 2/,
    );
    const entries = Object.entries(saved.state[0]).filter(([name]) => name !== "d");
    expect(() =>
      a.optimizer.loadStateDict({ ...saved, state: { 0: Object.fromEntries(entries) } }),
    ).toThrow(/state 0: unexpected t\n/);
  });
});

test("mistakes", () => {
  const { optimizer, params } = problem("f32", {});
  expect(() => optimizer.step(undefined as unknown as optim.Closure)).toThrow(
    new TypeError(
      "LBFGS: step needs a function that evaluates the model and returns the loss, got a undefined",
    ),
  );
  const [p, q] = params;
  expect(() => new optim.LBFGS([{ params: [p] }, { params: [q] }])).toThrow(
    "LBFGS: expected one group of parameters, got 2",
  );
  const wide = new nn.Parameter(cat([p, p]).to("f64"));
  expect(() => new optim.LBFGS([p, wide])).toThrow(
    "LBFGS: expected parameters of one dtype, got f32 and f64",
  );
  expect(() => optimizer.addParamGroup()).toThrow(/parameters cannot be added/);
});
