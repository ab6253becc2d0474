import { isFloat, newArray, type TypedArray } from "../dtype.ts";
import { evaluate } from "../evaluate.ts";
import { type NDArray } from "../ndarray.ts";
import {
  type Attrs,
  type BatchWalk,
  definePrimitive,
  type JvpWalk,
  type Node,
  sameSpec,
  type Spec,
  topological,
  type TupleRules,
} from "../node.ts";
import { permute, scan, zerosLike } from "../ops.ts";
import { sizeOf } from "../shape.ts";
import { checkCount, checkInts, range, showSpec, spread } from "./common.ts";
import { onlyTuple } from "./composed.ts";
import { fresh, grouped, type ScanAttrs, scanAttrs } from "./scan-parts.ts";
import { vjp } from "./scan-vjp.ts";

function check(inputs: readonly Node[], attrs: ScanAttrs): void {
  const { body, carries, xs, length } = attrs;
  checkInts("scan", "length", [length], 1, 0);
  checkCount("scan", inputs, body.params.length);
  if (inputs.length < carries + xs || body.outputs.length < carries)
    throw new Error(
      `scan: ${carries} carries and ${xs} sequences do not fit ${inputs.length} inputs and a ` +
        `body with ${body.outputs.length} outputs`,
    );
  if (body.outputs.length === 0) throw new Error("scan: the body has no outputs");
  const same = (what: string, expected: Spec, given: Spec): void => {
    if (!sameSpec(expected, given))
      throw new Error(`scan: ${what} must be ${showSpec(expected)}, got ${showSpec(given)}`);
  };
  inputs.forEach((x, i) => {
    const { shape, dtype } = body.params[i];
    if (i < carries) {
      same(`carry ${i}`, body.params[i], x);
      same(`next carry ${i}`, x, body.outputs[i]);
    } else if (i < carries + xs)
      same(`sequence ${i - carries}`, { shape: [length, ...shape], dtype }, x);
    else same(`constant ${i - carries - xs}`, body.params[i], x);
  });
  const own = new Set(body.params);
  for (const leaf of topological(body.outputs))
    if ((leaf.op.name === "placeholder" || leaf.op.name === "input") && !own.has(leaf))
      throw new Error(
        `scan: the body uses ${leaf.op.name} ${showSpec(leaf)} from outside: pass it as a constant`,
      );
}

/** One scan of the body and its forward derivative together. */
function jvp(
  node: Node,
  tangents: readonly (Node | undefined)[],
  walk: JvpWalk,
): (Node | undefined)[] {
  const attrs = scanAttrs(node.attrs);
  const { body } = attrs;
  const [carries, xs, constants] = grouped(node.inputs, attrs);
  const [pCarries, pXs, pConstants] = grouped(body.params, attrs);
  const [tCarries, tXs, tConstants] = grouped(tangents, attrs);
  const some = (list: readonly (Node | undefined)[]): number[] =>
    range(list.length).filter((i) => list[i]);
  const floats = range(carries.length).filter((i) => isFloat(carries[i].dtype));
  const withX = some(tXs);
  const withConstant = some(tConstants);
  const inCarries = floats.map((i) => fresh(carries[i]));
  const inXs = withX.map((i) => fresh(pXs[i]));
  const inConstants = withConstant.map((i) => fresh(constants[i]));
  const given = walk(
    body.outputs,
    [
      ...floats.map((i) => pCarries[i]),
      ...withX.map((i) => pXs[i]),
      ...withConstant.map((i) => pConstants[i]),
    ],
    [...inCarries, ...inXs, ...inConstants],
  );
  const nextCarries = body.outputs.slice(0, carries.length);
  const ys = body.outputs.slice(carries.length);
  const floatYs = range(ys.length).filter((i) => isFloat(ys[i].dtype));
  const both = scan(
    {
      params: [...pCarries, ...inCarries, ...pXs, ...inXs, ...pConstants, ...inConstants],
      outputs: [
        ...nextCarries,
        ...floats.map((i) => given[i] ?? zerosLike(nextCarries[i])),
        ...ys,
        ...floatYs.map((i) => given[carries.length + i] ?? zerosLike(ys[i])),
      ],
    },
    [...carries, ...floats.map((i) => tCarries[i] ?? zerosLike(carries[i]))],
    [...xs, ...withX.map((i) => tXs[i]!)],
    [...constants, ...withConstant.map((i) => tConstants[i]!)],
    attrs.length,
    attrs.reverse,
  );
  const result: (Node | undefined)[] = new Array<undefined>(2 * carries.length + ys.length).fill(
    undefined,
  );
  floats.forEach((i, at) => {
    result[i] = both.carries[carries.length + at];
    result[carries.length + ys.length + i] = both.histories[carries.length + at];
  });
  floatYs.forEach((i, at) => (result[carries.length + i] = both.ys[ys.length + at]));
  return result;
}

/** A scan of the batched body. The carries are all batched, since any may become so on the way. */
function batch(
  node: Node,
  inputs: readonly Node[],
  batched: readonly boolean[],
  size: number,
  walk: BatchWalk,
): Node[] {
  const attrs = scanAttrs(node.attrs);
  const { body } = attrs;
  const inner = body.params.map((p, i) =>
    i < attrs.carries || batched[i] ? fresh(p, p.requiresGrad, [size, ...p.shape]) : p,
  );
  const changed = range(inner.length).filter((i) => inner[i] !== body.params[i]);
  const outputs = walk(
    body.outputs,
    changed.map((i) => body.params[i]),
    changed.map((i) => inner[i]),
    size,
  ).map((out) => (out.batched ? out.node : spread(out.node, size)));
  /** The axes of the loop and of the batch change places. */
  const swap = (x: Node): Node => permute(x, [1, 0, ...range(x.shape.length).slice(2)]);
  const [carries, xs, constants] = grouped(
    inputs.map((x, i) => {
      if (i < attrs.carries) return batched[i] ? x : spread(x, size);
      return batched[i] && i < attrs.carries + attrs.xs ? swap(x) : x;
    }),
    attrs,
  );
  const result = scan(
    { params: inner, outputs },
    carries,
    xs,
    constants,
    attrs.length,
    attrs.reverse,
  );
  return [...result.carries, ...[...result.ys, ...result.histories].map(swap)];
}

function evaluateScan(inputs: readonly NDArray[], node: Node): NDArray[] {
  const attrs = scanAttrs(node.attrs);
  const { body, length, reverse } = attrs;
  const specs = results(node.inputs, node.attrs);
  const [first, xs, constants] = grouped(inputs, attrs);
  const stacks = specs
    .slice(first.length)
    .map(({ shape, dtype }) => newArray(dtype, sizeOf(shape)));
  let carries = first;
  const put = (stack: TypedArray, step: number, value: NDArray): void =>
    stack.set(value.data, step * value.data.length);
  const ys = stacks.length - first.length;
  for (let i = 0; i < length; i++) {
    const step = reverse ? length - 1 - i : i;
    carries.forEach((carry, k) => put(stacks[ys + k], step, carry));
    const slices = xs.map(({ shape, dtype, data }) => {
      const n = data.length / length;
      return { shape: shape.slice(1), dtype, data: data.slice(step * n, (step + 1) * n) };
    });
    const values = new Map(
      [...carries, ...slices, ...constants].map((value, k) => [body.params[k], value]),
    );
    const out = evaluate(body.outputs, (leaf) => values.get(leaf)!);
    carries = out.slice(0, first.length);
    out.slice(first.length).forEach((y, k) => put(stacks[k], step, y));
  }
  return specs.map(({ shape, dtype }, i) =>
    i < first.length ? carries[i] : { shape, dtype, data: stacks[i - first.length] },
  );
}

/** Final carries, stacked ys, stacked histories of the carries. */
function results(inputs: readonly Node[], attrs: Attrs): Spec[] {
  const { body, carries, length } = scanAttrs(attrs);
  const stacked = ({ shape, dtype }: Spec): Spec => ({ shape: [length, ...shape], dtype });
  return [
    ...inputs.slice(0, carries).map(({ shape, dtype }) => ({ shape, dtype })),
    ...body.outputs.slice(carries).map(stacked),
    ...inputs.slice(0, carries).map(stacked),
  ];
}

const tuple: TupleRules = { vjp, jvp, batch, evaluate: evaluateScan };

definePrimitive({
  name: "scan",
  // The tuple itself has no elements. It has a dtype so that derivatives know whether to pass.
  infer(inputs, attrs) {
    check(inputs, scanAttrs(attrs));
    const { outputs } = scanAttrs(attrs).body;
    return { shape: [], dtype: (outputs.find((x) => isFloat(x.dtype)) ?? outputs[0]).dtype };
  },
  outputs: results,
  tuple,
  ...onlyTuple("scan"),
  cost(node) {
    const { body, length } = scanAttrs(node.attrs);
    return length * topological(body.outputs).reduce((total, x) => total + x.op.cost(x), 0);
  },
});
