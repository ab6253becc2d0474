import { type Tensor } from "../tensor/index.ts";

/** The weights of Keys' cubic (1981) at the neighbours -1, 0, 1 and 2 of a place `t` behind neighbour 0. */
export function cubic(t: Tensor): Tensor[] {
  const A = -0.75;
  const near = (x: Tensor): Tensor =>
    x
      .mul(A + 2)
      .sub(A + 3)
      .mul(x)
      .mul(x)
      .add(1);
  const far = (x: Tensor): Tensor =>
    x
      .mul(A)
      .sub(5 * A)
      .mul(x)
      .add(8 * A)
      .mul(x)
      .sub(4 * A);
  const back = t.neg().add(1);
  return [far(t.add(1)), near(t), near(back), far(back.add(1))];
}
