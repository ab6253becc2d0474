import { batch as batchNodes } from "../autodiff/batch.ts";
import { jvp as jvpNodes } from "../autodiff/jvp.ts";
import { substitute } from "../autodiff/substitute.ts";
import { vjp as vjpNodes } from "../autodiff/vjp.ts";
import { isFloat } from "../ir/dtype.ts";
import { inGradMode, type Node, sameSpec, setGradEnabled } from "../ir/node.ts";
import * as ops from "../ir/ops.ts";
import { normalizeAxis, showShape, sizeOf } from "../ir/shape.ts";
import { running } from "./modes.ts";
import { describe } from "./operand.ts";
import { asWritten } from "./precision.ts";
import { movedim } from "./shape.ts";
import { Tensor } from "./tensor.ts";
import { leavesOf, mapTree, rebuildTree } from "./tree.ts";

const withGrad = running(setGradEnabled);

/**
 * Runs `fn` without recording what derivatives need: results do not require a gradient. `fn` may be
 * asynchronous; then nothing else that needs derivatives should run until it has ended.
 *
 * @example
 * const accuracy = noGrad(() => net.forward(images).argmax(1).eq(labels).float().mean());
 */
export function noGrad<R>(fn: () => R): R {
  return withGrad(false, fn);
}

/**
 * Runs `fn` with derivatives, also inside `noGrad`.
 *
 * @example
 * noGrad(() => enableGrad(() => tensor(3).requiresGrad_().square()).requiresGrad); // true
 */
export function enableGrad<R>(fn: () => R): R {
  return withGrad(true, fn);
}

const names = (node: Node): string => `${node.dtype}${showShape(node.shape)}`;

/** What a transformation of `fn` works on: its tensors as nodes of their own. */
interface Traced {
  /** The tensors of the arguments that are differentiated. */
  readonly originals: readonly Node[];
  /** The nodes that stood for them while `fn` ran. */
  readonly markers: readonly Node[];
  readonly output: unknown;
}

/**
 * Runs `fn` with every tensor of the arguments in `which` replaced by a marker of it. Tensors that `fn`
 * takes from outside are constants, also when they are the same tensors.
 */
function trace(
  fn: (...args: never[]) => unknown,
  args: readonly unknown[],
  which: readonly number[],
  what: string,
): Traced {
  const originals: Node[] = [];
  const markers: Node[] = [];
  const replaced = args.slice();
  for (const i of which) {
    const leaves = leavesOf(args[i]);
    if (leaves.length === 0)
      throw new TypeError(`${what}: argument ${i} holds no tensor, got ${describe(args[i])}`);
    replaced[i] = mapTree(args[i], ({ node }) => {
      if (!isFloat(node.dtype))
        throw new TypeError(
          `${what}: argument ${i} is ${names(node)}; only floating-point tensors have derivatives`,
        );
      const marker = ops.marker(node);
      originals.push(node);
      markers.push(marker);
      return new Tensor(marker);
    });
  }
  return inGradMode(true, () => ({ originals, markers, output: fn(...(replaced as never[])) }));
}

/** The nodes in terms of the arguments instead of their markers. */
const settled = (nodes: readonly Node[], { markers, originals }: Traced): Tensor[] =>
  substitute(nodes, markers, originals).map((node) => new Tensor(node));

function cotangentsOf(
  outputs: readonly Node[],
  seeds: readonly Node[],
  wrt: readonly Node[],
): Node[] {
  // With derivatives on, so that an enclosing transformation can differentiate the result.
  return asWritten(() =>
    inGradMode(true, () =>
      vjpNodes(outputs, seeds, wrt).map((ct, i) => ct ?? ops.zerosLike(wrt[i])),
    ),
  );
}

function scalarOutput(output: unknown, what: string): Node {
  if (!(output instanceof Tensor) || output.size !== 1 || !isFloat(output.dtype))
    throw new TypeError(
      `${what}: the function must return a floating-point tensor of one element, got ${describe(output)}`,
    );
  return output.node;
}

/** Which arguments to differentiate: a position, or several. */
export type ArgNums = number | readonly number[];

/** The arguments that `N` names. */
export type Picked<A extends unknown[], N extends ArgNums> = N extends readonly number[]
  ? { -readonly [K in keyof N]: A[N[K] & number] }
  : A[N & number];

/**
 * The function that computes `fn` and its gradient with respect to the arguments at `argnums` (the first
 * by default): `[value, gradient]`. Arguments may be tensors, or arrays and objects of tensors; the
 * gradient has the same structure.
 *
 * @example
 * const size = (w: Tensor, x: Tensor) => x.matmul(w).square().sum();
 * valueAndGrad(size)(tensor([1, 2]), tensor([[1, 0], [0, 1]])); // 5, [2, 4]
 */
export function valueAndGrad<A extends unknown[], const N extends ArgNums = 0>(
  fn: (...args: A) => Tensor,
  argnums: N = 0 as N,
): (...args: A) => [value: Tensor, gradient: Picked<A, N>] {
  return gradientOf(fn, argnums, "valueAndGrad");
}

function gradientOf<A extends unknown[], const N extends ArgNums>(
  fn: (...args: A) => Tensor,
  argnums: N,
  what: string,
): (...args: A) => [value: Tensor, gradient: Picked<A, N>] {
  return (...args) => {
    const which: readonly number[] = typeof argnums === "number" ? [argnums] : argnums;
    for (const i of which)
      if (!Number.isInteger(i) || i < 0 || i >= args.length)
        throw new RangeError(`${what}: there is no argument ${i}; got ${args.length} arguments`);
    const traced = trace(fn, args, which, what);
    const output = scalarOutput(traced.output, what);
    const gradients = cotangentsOf([output], [ops.fullLike(output, 1)], traced.markers);
    const [value, ...leaves] = settled([output, ...gradients], traced);
    const trees = rebuildTree(
      which.map((i) => args[i]),
      leaves,
    ) as unknown[];
    return [value, (typeof argnums === "number" ? trees[0] : trees) as Picked<A, N>];
  };
}

/**
 * The function that computes the gradient of `fn`, which returns one number, with respect to the
 * arguments at `argnums` (the first by default). Tensors that `fn` takes from outside are constants.
 *
 * @example
 * const cube = (x: Tensor) => x.pow(3).sum();
 * grad(cube)(tensor(2)); // 12
 * grad(grad(cube))(tensor(2)); // 12
 */
export function grad<A extends unknown[], const N extends ArgNums = 0>(
  fn: (...args: A) => Tensor,
  argnums: N = 0 as N,
): (...args: A) => Picked<A, N> {
  const both = gradientOf(fn, argnums, "grad");
  return (...args) => both(...args)[1];
}

function checkTangents(nodes: readonly Node[], given: readonly Tensor[], what: string): void {
  if (nodes.length !== given.length)
    throw new Error(`${what}: expected ${nodes.length} tensors, got ${given.length}`);
  nodes.forEach((node, i) => {
    if (!sameSpec(node, given[i].node))
      throw new Error(`${what}: expected ${names(node)}, got ${names(given[i].node)}`);
  });
}

/**
 * `fn(...primals)` and the function that pulls a cotangent of the result back to the arguments: the
 * cotangent times the Jacobian matrix, one entry for each argument.
 *
 * @example
 * const [y, pull] = vjp((x: Tensor) => x.sin(), x);
 * const [dx] = pull(onesLike(y));
 */
export function vjp<A extends unknown[], R>(
  fn: (...args: A) => R,
  ...primals: A
): [output: R, pull: (cotangent: R) => A] {
  const all = primals.map((_, i) => i);
  const traced = trace(fn, primals, all, "vjp");
  const outputs = leavesOf(traced.output).map((x) => x.node);
  const output = rebuildTree(traced.output, settled(outputs, traced)) as R;
  const pull = (cotangent: R): A => {
    const seeds = leavesOf(cotangent);
    checkTangents(outputs, seeds, "vjp: cotangent");
    const cotangents = cotangentsOf(
      outputs,
      seeds.map((x) => x.node),
      traced.markers,
    );
    return rebuildTree(primals, settled(cotangents, traced)) as A;
  };
  return [output, pull];
}

/**
 * `fn(...primals)` and its derivative in the direction of `tangents`: the Jacobian matrix times the
 * tangents.
 *
 * @example
 * const [y, dy] = jvp((x: Tensor) => x.sin(), [x], [onesLike(x)]); // sin(x) and cos(x)
 */
export function jvp<A extends unknown[], R>(
  fn: (...args: A) => R,
  primals: readonly [...A],
  tangents: readonly [...A],
): [output: R, tangent: R] {
  const traced = trace(
    fn,
    primals,
    primals.map((_, i) => i),
    "jvp",
  );
  const directions = leavesOf(tangents);
  checkTangents(traced.markers, directions, "jvp: tangent");
  const outputs = leavesOf(traced.output).map((x) => x.node);
  const derived = inGradMode(true, () =>
    jvpNodes(
      outputs,
      traced.markers,
      directions.map((x) => x.node),
    ).map((tangent, i) => tangent ?? ops.zerosLike(outputs[i])),
  );
  const all = settled([...outputs, ...derived], traced);
  return [
    rebuildTree(traced.output, all.slice(0, outputs.length)) as R,
    rebuildTree(traced.output, all.slice(outputs.length)) as R,
  ];
}

/** Options of `vmap`. */
export interface VmapOptions {
  /**
   * The axis of each argument that is mapped over, `null` for arguments that are the same for all; one
   * number for all arguments. Default 0.
   */
  inDims?: number | readonly (number | null)[];
  /** Where the mapped axis is in the results. Default 0. */
  outDims?: number;
}

/**
 * The function that applies `fn` to every entry along an axis of its arguments, all at once: `fn` is
 * written for one example and runs for a batch. Random numbers inside are the same for all entries.
 *
 * @example
 * const dots = vmap((a: Tensor, b: Tensor) => a.dot(b));
 * dots(rand([8, 3]), rand([8, 3])); // (8)
 * const error = (w: Tensor, x: Tensor, y: Tensor) => x.dot(w).sub(y).square();
 * const each = vmap(grad(error), { inDims: [null, 0, 0] }); // the gradient of every example
 * each(rand([3]), rand([8, 3]), rand([8])); // (8, 3)
 */
export function vmap<A extends unknown[], R>(
  fn: (...args: A) => R,
  options: VmapOptions = {},
): (...args: A) => R {
  const { inDims = 0, outDims = 0 } = options;
  return (...args) => {
    const dims = typeof inDims === "number" ? args.map(() => inDims) : inDims;
    if (dims.length !== args.length)
      throw new RangeError(`vmap: ${dims.length} inDims do not match ${args.length} arguments`);
    const from: Node[] = [];
    const to: Node[] = [];
    let size = -1;
    const inner = args.map((arg, i) => {
      const dim = dims[i];
      if (dim === null) return arg;
      return mapTree(arg, (x) => {
        if (x.ndim === 0) throw new RangeError(`vmap: argument ${i} is a scalar and has no axis`);
        const axis = normalizeAxis(dim, x.ndim, "vmap");
        const count = x.shape[axis];
        if (size >= 0 && size !== count)
          throw new Error(
            `vmap: mapped axes must have one size, got ${size} and ${count} (argument ${i})`,
          );
        size = count;
        const { node } = movedim(x, axis, 0);
        const hole = ops.placeholder(node.shape.slice(1), node.dtype, node.requiresGrad);
        from.push(hole);
        to.push(node);
        return new Tensor(hole);
      });
    });
    if (size < 0) throw new TypeError("vmap: no argument is mapped");
    const output = fn(...(inner as A));
    const results = batchNodes(
      leavesOf(output).map((x) => x.node),
      from,
      to,
      size,
    ).map(({ node, batched }) => {
      const whole = batched ? node : ops.broadcastTo(node, [size, ...node.shape]);
      normalizeAxis(outDims, whole.shape.length, "vmap: outDims");
      return movedim(new Tensor(whole), 0, outDims);
    });
    return rebuildTree(output, results) as R;
  };
}

/**
 * The function that computes the Jacobian matrix of `fn` with respect to its first argument: of a result
 * (…out) and an argument (…in) it has the shape (…out, …in).
 *
 * @example
 * jacobian((x: Tensor) => x.square())(tensor([1, 2])); // [[2, 0], [0, 4]]
 */
export function jacobian<A extends [Tensor, ...unknown[]]>(
  fn: (...args: A) => Tensor,
): (...args: A) => Tensor {
  return rowsOf(fn, "jacobian");
}

function rowsOf<A extends [Tensor, ...unknown[]]>(
  fn: (...args: A) => Tensor,
  what: string,
): (...args: A) => Tensor {
  return (...args) => {
    const traced = trace(fn, args, [0], what);
    if (!(traced.output instanceof Tensor) || !isFloat(traced.output.dtype))
      throw new TypeError(
        `${what}: the function must return a floating-point tensor, got ${describe(traced.output)}`,
      );
    const output = traced.output.node;
    const argument = traced.markers[0];
    const size = sizeOf(output.shape);
    const seed = ops.placeholder(output.shape, output.dtype);
    const row = cotangentsOf([output], [seed], [argument])[0];
    // Every row of the unit matrix asks for one row of the Jacobian.
    const unit = ops.eq(ops.iota([size, size], 0), ops.iota([size, size], 1));
    const seeds = ops.reshape(ops.cast(unit, output.dtype), [size, ...output.shape]);
    const [{ node, batched }] = batchNodes([row], [seed], [seeds], size);
    const rows = batched ? node : ops.broadcastTo(node, [size, ...node.shape]);
    return settled([ops.reshape(rows, [...output.shape, ...argument.shape])], traced)[0];
  };
}

/**
 * The function that computes the second derivatives of `fn`, which returns one number.
 *
 * @example
 * hessian((x: Tensor) => x.pow(3).sum())(tensor([1, 2])); // [[6, 0], [0, 12]]
 */
export function hessian<A extends [Tensor, ...unknown[]]>(
  fn: (...args: A) => Tensor,
): (...args: A) => Tensor {
  const both = gradientOf<A, 0>(fn, 0, "hessian");
  return rowsOf<A>((...args) => both(...args)[1], "hessian");
}
