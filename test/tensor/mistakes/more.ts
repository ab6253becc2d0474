import * as T from "../../../src/tensor/index.ts";
import { axis, f, type Mistakes, no, x } from "./helpers.ts";

/** Of functions that came later. */
export const MORE: Mistakes = {
  round: [[() => T.round(x, 0.5), "round: decimals must be an integer, got 0.5"]],
  kthvalue: [
    [() => T.kthvalue(x, 4), "kthvalue: k must be an integer from 1 to 3, got 4"],
    [() => T.kthvalue(x, 0), "kthvalue: k must be an integer from 1 to 3, got 0"],
    [() => T.kthvalue(x, 1, 2), axis("kthvalue", 2)],
  ],
  registerHook: [
    [() => T.registerHook(x, no), "registerHook: expected a function, got a string"],
    [
      () => T.registerHook(x, (g) => g),
      "registerHook: f32[2, 3] requires no gradient, so none will come to it",
    ],
  ],
  retainGrad: [
    [() => T.retainGrad(x), "retainGrad: f32[2, 3] requires no gradient, so none will come to it"],
  ],
  registerPostAccumulateGradHook: [
    [
      () => T.registerPostAccumulateGradHook(x, no),
      "registerPostAccumulateGradHook: expected a function, got a string",
    ],
    [
      () => T.registerPostAccumulateGradHook(f(2).requiresGrad_().mul(2), () => undefined),
      "registerPostAccumulateGradHook: expected a parameter or a tensor with requiresGrad_(), got one that was computed: registerHook sees its gradient",
    ],
  ],
  customVjp: [
    [() => T.customVjp(no, no), "customVjp: expected two functions, got a string and a string"],
    [
      () =>
        T.customVjp(
          () => 3,
          () => [],
        )(),
      "customVjp: the function must return tensors, or a structure of them",
    ],
    [
      () =>
        T.grad(
          T.customVjp(
            (a: T.Tensor) => a.sum(),
            () => [] as never,
          ),
        )(x),
      "customVjp: backward must return a list of 1 gradients, one for each argument, got 0",
    ],
    [
      () =>
        T.grad(
          T.customVjp(
            (a: T.Tensor) => a.sum(),
            (g) => [g],
          ),
        )(x),
      "customVjp: expected a gradient f32[2, 3] for argument 0, got f32[]",
    ],
    [
      () =>
        T.grad(
          T.customVjp(
            (a: T.Tensor[]) => a[0].sum(),
            () => [[]],
          ),
        )([x]),
      "customVjp: argument 0 holds 1 tensors, got 0 gradients",
    ],
  ],
};
