import { isFloat, newArray, type TypedArray } from "../dtype.ts";
import { evaluate } from "../evaluate.ts";
import { type NDArray } from "../ndarray.ts";
import {
  type Attrs,
  type BatchWalk,
  definePrimitive,
  isGradEnabled,
  type JvpWalk,
  type Node,
  sameSpec,
  setGradEnabled,
  type Spec,
  topological,
  type TupleRules,
  type VjpWalk,
} from "../node.ts";
import { add, permute, pick, placeholder, scan, type ScanBody, zerosLike } from "../ops.ts";
import { type Shape, sizeOf } from "../shape.ts";
import { substitute } from "../substitute.ts";
import { checkCount, checkInts, range, showSpec, spread } from "./common.ts";

interface ScanAttrs {
  readonly body: ScanBody;
  /** How many inputs are carries, and how many are sequences; the rest are constants. */
  readonly carries: number;
  readonly xs: number;
  readonly length: number;
  readonly reverse: boolean;
}
const scanAttrs = (attrs: Attrs): ScanAttrs => attrs as unknown as ScanAttrs;

/** The inputs of a scan, or what belongs to each, in their three groups. */
function grouped<T>(list: readonly T[], { carries, xs }: ScanAttrs): [T[], T[], T[]] {
  return [list.slice(0, carries), list.slice(carries, carries + xs), list.slice(carries + xs)];
}

/** The results of a scan, or what belongs to each, in their three groups. */
function groupedResults<T>(list: readonly T[], { carries }: ScanAttrs): [T[], T[], T[]] {
  const histories = list.length - carries;
  return [list.slice(0, carries), list.slice(carries, histories), list.slice(histories)];
}

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

const fresh = (like: Spec, requiresGrad = false, shape: Shape = like.shape): Node =>
  placeholder(shape, like.dtype, requiresGrad);

/** Runs `build` with derivatives enabled: bodies are differentiated whatever the caller's mode is. */
function withGrad<T>(build: () => T): T {
  if (isGradEnabled()) return build();
  setGradEnabled(true);
  try {
    return build();
  } finally {
    setGradEnabled(false);
  }
}

/**
 * The body over placeholders of its own through which derivatives flow, whatever those it was traced
 * with were like.
 */
function differentiable(body: ScanBody): ScanBody {
  const params = body.params.map((p) => fresh(p, isFloat(p.dtype)));
  return { params, outputs: withGrad(() => substitute(body.outputs, body.params, params)) };
}

const sum = (a: Node | undefined, b: Node | undefined): Node | undefined =>
  a && b ? add(a, b) : (a ?? b);

/**
 * One scan the other way. Its carries are the cotangents of the carries and the totals of those of the
 * constants; its sequences the cotangents that arrive at each step, the carries' histories and the xs.
 */
function vjp(
  node: Node,
  cotangents: readonly (Node | undefined)[],
  needs: readonly boolean[],
  walk: VjpWalk,
): (Node | undefined)[] {
  const attrs = scanAttrs(node.attrs);
  const { length, reverse } = attrs;
  const body = differentiable(attrs.body);
  const [carries, xs, constants] = grouped(node.inputs, attrs);
  const [pCarries, pXs, pConstants] = grouped(body.params, attrs);
  const [, needsX, needsConstant] = grouped(needs, attrs);
  const [gFinal, gYs, gHistories] = groupedResults(cotangents, attrs);
  const floats = range(carries.length).filter((i) => isFloat(carries[i].dtype));
  const wantedXs = range(xs.length).filter((i) => needsX[i] && isFloat(xs[i].dtype));
  const totals = range(constants.length).filter(
    (i) => needsConstant[i] && isFloat(constants[i].dtype),
  );
  const ys = range(gYs.length).filter((i) => gYs[i]);
  const histories = floats.filter((i) => gHistories[i]);

  const inFinal = floats.map((i) => fresh(carries[i]));
  const inTotals = totals.map((i) => fresh(constants[i]));
  const inYs = ys.map((i) => fresh(body.outputs[carries.length + i]));
  const inHistories = histories.map((i) => fresh(carries[i]));
  const arriving: (Node | undefined)[] = body.outputs.map(() => undefined);
  floats.forEach((i, at) => (arriving[i] = inFinal[at]));
  ys.forEach((i, at) => (arriving[carries.length + i] = inYs[at]));

  const stepOutputs = withGrad(() => {
    const wrt = [
      ...floats.map((i) => pCarries[i]),
      ...totals.map((i) => pConstants[i]),
      ...wantedXs.map((i) => pXs[i]),
    ];
    const given = walk(body.outputs, arriving, wrt);
    return [
      ...floats.map((i, at) => {
        const own = histories.indexOf(i);
        return sum(given[at], own < 0 ? undefined : inHistories[own]) ?? zerosLike(pCarries[i]);
      }),
      ...totals.map((_, at) => sum(inTotals[at], given[floats.length + at])!),
      ...wantedXs.map((i, at) => given[floats.length + totals.length + at] ?? zerosLike(pXs[i])),
    ];
  });
  const back = scan(
    {
      params: [
        ...inFinal,
        ...inTotals,
        ...inYs,
        ...inHistories,
        ...pCarries,
        ...pXs,
        ...pConstants,
      ],
      outputs: stepOutputs,
    },
    [
      ...floats.map((i) => gFinal[i] ?? zerosLike(carries[i])),
      ...totals.map((i) => zerosLike(constants[i])),
    ],
    [
      ...ys.map((i) => gYs[i]!),
      ...histories.map((i) => gHistories[i]!),
      ...carries.map((_, i) => pick(node, carries.length + gYs.length + i)),
      ...xs,
    ],
    constants,
    length,
    !reverse,
  );
  const result: (Node | undefined)[] = node.inputs.map(() => undefined);
  floats.forEach((i, at) => (result[i] = back.carries[at]));
  wantedXs.forEach((i, at) => (result[carries.length + i] = back.ys[at]));
  totals.forEach(
    (i, at) => (result[carries.length + xs.length + i] = back.carries[floats.length + at]),
  );
  return result;
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

const severalResults = (): never => {
  throw new Error("scan: has several results; its rules for them are in `tuple`");
};

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
  batch: severalResults,
  evaluate: severalResults,
  cost(node) {
    const { body, length } = scanAttrs(node.attrs);
    return length * topological(body.outputs).reduce((total, x) => total + x.op.cost(x), 0);
  },
});
