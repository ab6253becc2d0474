import * as X from "../../../src/extra/index.ts";
import { type Tensor } from "../../../src/tensor/index.ts";
import { f, i, type Mistakes, no, x } from "../../tensor/mistakes/helpers.ts";

const square = (a: Tensor): Tensor => a.square();

/** Of transformations of functions. */
export const TRANSFORMATIONS: Mistakes = {
  checkpoint: [
    [() => X.checkpoint(no), "checkpoint: expected a function first, got a string"],
    [
      () => X.checkpoint(() => 3),
      "checkpoint: the function must return tensors, or a structure of them",
    ],
  ],
  detectAnomaly: [[() => X.detectAnomaly(no), "detectAnomaly: expected a function, got a string"]],
  setDetectAnomaly: [
    [() => X.setDetectAnomaly(no), "setDetectAnomaly: expected true or false, got x"],
  ],
  jacfwd: [
    [
      () => X.jacfwd(square)(i(2)),
      "jacfwd: the first argument must be a floating-point tensor, got a tensor i32[2]",
    ],
    [
      () => X.jacfwd((a: Tensor) => a.gt(0))(x),
      "jacfwd: the function must return a floating-point tensor, got a tensor bool[2, 3]",
    ],
  ],
  jacrev: [
    [
      () => X.jacrev((a: Tensor) => a.gt(0))(x),
      "jacobian: the function must return a floating-point tensor, got a tensor bool[2, 3]",
    ],
  ],
  hvp: [
    [
      () => X.hvp((a: Tensor) => a.sum(), [x], [f(2)]),
      "jvp: tangent: expected f32[2, 3], got f32[2]",
    ],
  ],
  vhp: [
    [
      () => X.vhp((a: Tensor) => a.sum(), [x], [f(2)]),
      "vhp: expected vectors f32[2, 3], got f32[2]",
    ],
  ],
  linearize: [
    [() => X.linearize(square, x)[1](f(2)), "linearize: expected tangents f32[2, 3], got f32[2]"],
  ],
};
