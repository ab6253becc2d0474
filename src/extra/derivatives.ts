import { isFloat } from "../ir/dtype.ts";
import { placeholder } from "../ir/ops.ts";
import { substitute } from "../ir/substitute.ts";
import { eye, grad, jacobian, jvp, Tensor, valueAndGrad, vmap } from "../tensor/index.ts";
import { describe } from "../tensor/operand.ts";
import { leavesOf, rebuildTree } from "../tensor/tree.ts";

// Derivatives by the names of torch.func and torch.autograd.functional, made of those of the core.

/**
 * As `jacobian`: the Jacobian matrix of `fn` with respect to its first argument, row by row in reverse
 * mode. Of a result (…out) and an argument (…in) it has the shape (…out, …in). Better than `jacfwd` where
 * the result is smaller than the argument.
 *
 * @example
 * jacrev((x: Tensor) => x.square())(tensor([1, 2])); // [[2, 0], [0, 4]]
 */
export function jacrev<A extends [Tensor, ...unknown[]]>(
  fn: (...args: A) => Tensor,
): (...args: A) => Tensor {
  return jacobian(fn);
}

/**
 * The Jacobian matrix of `fn` with respect to its first argument, column by column in forward mode. Of a
 * result (…out) and an argument (…in) it has the shape (…out, …in). Better than `jacrev` where the result
 * is larger than the argument.
 *
 * @throws TypeError when the first argument or the result is no floating-point tensor.
 *
 * @example
 * jacfwd((x: Tensor) => x.square())(tensor([1, 2])); // [[2, 0], [0, 4]]
 */
export function jacfwd<A extends [Tensor, ...unknown[]]>(
  fn: (...args: A) => Tensor,
): (...args: A) => Tensor {
  return (...args) => {
    const [x, ...rest] = args;
    if (!(x instanceof Tensor) || !isFloat(x.dtype))
      throw new TypeError(
        `jacfwd: the first argument must be a floating-point tensor, got ${describe(x)}`,
      );
    const column = (tangent: Tensor): Tensor => {
      const [y, pushed] = jvp((a: Tensor) => fn(...([a, ...rest] as unknown as A)), [x], [tangent]);
      if (!(y instanceof Tensor) || !isFloat(y.dtype))
        throw new TypeError(
          `jacfwd: the function must return a floating-point tensor, got ${describe(y)}`,
        );
      return pushed;
    };
    const unit = eye(x.size, x.size, { dtype: x.dtype }).reshape([x.size, ...x.shape]);
    const columns = vmap(column)(unit).movedim(0, -1);
    return columns.reshape([...columns.shape.slice(0, -1), ...x.shape]);
  };
}

const positions = (list: readonly unknown[]): number[] => list.map((_, i) => i);

/**
 * `fn(...primals)`, which is one number, and its matrix of second derivatives times `vectors`, one entry
 * for each argument: forward over reverse mode, at a small multiple of the cost of `fn`.
 *
 * @example
 * const cubes = (x: Tensor) => x.pow(3).sum();
 * const [value, [product]] = hvp(cubes, [tensor([1, 2])], [tensor([1, 1])]);
 * value; // 9
 * product; // [6, 12]
 */
export function hvp<A extends unknown[]>(
  fn: (...args: A) => Tensor,
  primals: readonly [...A],
  vectors: readonly [...A],
): [value: Tensor, product: A] {
  const both = valueAndGrad(fn, positions(primals));
  const [[value], [, product]] = jvp(both, primals, vectors);
  return [value, product as unknown as A];
}

/**
 * `fn(...primals)`, which is one number, and `vectors` times its matrix of second derivatives, one entry
 * for each argument: reverse over reverse mode. The same numbers as `hvp` where second derivatives are
 * symmetric; for functions without forward derivatives.
 *
 * @throws Error when the vectors do not have the shapes of the arguments.
 *
 * @example
 * const cubes = (x: Tensor) => x.pow(3).sum();
 * const [value, [product]] = vhp(cubes, [tensor([1, 2])], [tensor([1, 1])]);
 * value; // 9
 * product; // [6, 12]
 */
export function vhp<A extends unknown[]>(
  fn: (...args: A) => Tensor,
  primals: readonly [...A],
  vectors: readonly [...A],
): [value: Tensor, product: A] {
  const which = positions(primals);
  const weights = leavesOf(vectors);
  const show = (x: Tensor): string => `${x.dtype}[${x.shape.join(", ")}]`;
  const expected = leavesOf(primals).map(show).join(", ");
  const given = weights.map(show).join(", ");
  if (expected !== given) throw new Error(`vhp: expected vectors ${expected}, got ${given}`);
  const along = (...args: A): Tensor => {
    const gradients = leavesOf(grad(fn, which)(...args));
    return gradients
      .map((gradient, i) => gradient.mul(weights[i]).sum())
      .reduce((sum, term) => sum.add(term));
  };
  const product = grad(along, which)(...primals) as unknown as A;
  return [fn(...primals), product];
}

/**
 * `fn(...primals)` and the linear function that comes closest to `fn` there: it takes tangents of the
 * arguments and gives that of the result, as `jvp` does. `fn` runs once, however often that is called.
 *
 * @throws Error when tangents do not have the shapes of the arguments.
 *
 * @example
 * const [y, push] = linearize((x: Tensor) => x.square(), tensor([1, 2]));
 * y; // [1, 4]
 * push(tensor([1, 0])); // [2, 0]
 * push(tensor([0, 1])); // [0, 4]
 */
export function linearize<A extends unknown[], R>(
  fn: (...args: A) => R,
  ...primals: A
): [output: R, push: (...tangents: A) => R] {
  const holes = leavesOf(primals).map(({ node }) => placeholder(node.shape, node.dtype, true));
  const tangents = rebuildTree(
    primals,
    holes.map((node) => new Tensor(node)),
  ) as A;
  const [output, derived] = jvp(fn, primals, tangents);
  const nodes = leavesOf(derived).map((x) => x.node);
  const push = (...given: A): R => {
    const leaves = leavesOf(given);
    const show = (list: readonly { dtype: string; shape: readonly number[] }[]): string =>
      list.map((x) => `${x.dtype}[${x.shape.join(", ")}]`).join(", ");
    if (show(holes) !== show(leaves))
      throw new Error(`linearize: expected tangents ${show(holes)}, got ${show(leaves)}`);
    const filled = substitute(
      nodes,
      holes,
      leaves.map((x) => x.node),
    );
    return rebuildTree(
      derived,
      filled.map((node) => new Tensor(node)),
    ) as R;
  };
  return [output, push];
}
