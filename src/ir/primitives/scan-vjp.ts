import { isFloat } from "../dtype.ts";
import { inGradMode, type Node, topological, type VjpWalk } from "../node.ts";
import {
  add,
  dot,
  type DotAttrs,
  permute,
  pick,
  reduceSum,
  reshape,
  scan,
  type ScanBody,
  zerosLike,
} from "../ops.ts";
import { sizeOf } from "../shape.ts";
import { substitute } from "../substitute.ts";
import { range, shift, spread } from "./common.ts";
import { fresh, grouped, groupedResults, scanAttrs } from "./scan-parts.ts";

/**
 * The body over placeholders of its own through which derivatives flow, whatever those it was traced
 * with were like.
 */
function differentiable(body: ScanBody): ScanBody {
  const params = body.params.map((p) => fresh(p, isFloat(p.dtype)));
  return { params, outputs: inGradMode(true, () => substitute(body.outputs, body.params, params)) };
}

const sum = (a: Node | undefined, b: Node | undefined): Node | undefined =>
  a && b ? add(a, b) : (a ?? b);

/** The value that stands behind a gradient of its own. */
const plain = (x: Node): Node => (x.op.name === "customVjp" ? plain(x.inputs[0]) : x);

/** The summands of a value. */
const summands = (x: Node): Node[] => (x.op.name === "add" ? x.inputs.flatMap(summands) : [x]);

/**
 * Sums over all steps of values of a loop's body, computed after the loop: a product of two values of a
 * step becomes one contraction over steps and all, instead of a small one in each step and an array that
 * is read and written each time.
 */
class Hoist {
  /** Values of a step that the loop is to stack for this. */
  readonly emitted: Node[] = [];
  private readonly length: number;
  private readonly stacks: Map<Node, Node>;
  private readonly constants: ReadonlySet<Node>;
  /** Elements a step that may yet be emitted. */
  private room: number;

  /** `stacks`: values of a step whose values of all steps are there already. */
  constructor(length: number, stacks: Map<Node, Node>, constants: readonly Node[], room: number) {
    this.length = length;
    this.stacks = stacks;
    this.constants = new Set(constants);
    this.room = room;
  }

  /** A stand-in for the sum of `x` over all steps, or undefined where the loop had better add it up. */
  sum(x: Node): Node | undefined {
    switch (x.op.name) {
      case "permute":
      case "reshape": {
        const inner = this.sum(x.inputs[0]);
        if (!inner) return undefined;
        return x.op.name === "reshape"
          ? reshape(inner, x.shape)
          : permute(inner, x.attrs.axes as readonly number[]);
      }
      case "dot": {
        const stacked = this.stackAll(x.inputs);
        if (!stacked) return undefined;
        const { lhsBatch, rhsBatch, lhsContract, rhsContract } = x.attrs as unknown as DotAttrs;
        return dot(stacked[0], stacked[1], {
          lhsBatch: shift(lhsBatch),
          rhsBatch: shift(rhsBatch),
          lhsContract: [0, ...shift(lhsContract)],
          rhsContract: [0, ...shift(rhsContract)],
        });
      }
      case "reduceSum": {
        const stacked = this.stackAll(x.inputs);
        return stacked && reduceSum(stacked[0], [0, ...shift(x.attrs.axes as readonly number[])]);
      }
      default:
        return undefined;
    }
  }

  private stackAll(values: readonly Node[]): Node[] | undefined {
    const fresh = [...new Set(values)].filter((x) => !this.hasStack(x));
    const size = fresh.reduce((n, x) => n + sizeOf(x.shape), 0);
    if (size > this.room) return undefined;
    this.room -= size;
    return values.map((x) => this.stack(x));
  }

  private hasStack(x: Node): boolean {
    if (this.stacks.has(x) || this.constants.has(x)) return true;
    return x.op.name === "permute" && this.hasStack(x.inputs[0]);
  }

  private stack(x: Node): Node {
    if (this.constants.has(x)) return spread(x, this.length);
    let known = this.stacks.get(x);
    if (known) return known;
    if (x.op.name === "permute" && this.hasStack(x.inputs[0]))
      return permute(this.stack(x.inputs[0]), [0, ...shift(x.attrs.axes as readonly number[])]);
    known = fresh(x, false, [this.length, ...x.shape]);
    this.stacks.set(x, known);
    this.emitted.push(x);
    return known;
  }

  /** What stands for the stack of an emitted value. */
  standIn(emitted: Node): Node {
    return this.stacks.get(emitted)!;
  }
}

/**
 * One scan the other way. Its carries are the cotangents of the carries, and the totals of those
 * cotangents of constants that are not added up after the loop; its sequences the cotangents that arrive
 * at each step, the carries' histories, the xs, and those ys of the body that need not be computed again.
 */
export function vjp(
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
  const wantedConstants = range(constants.length).filter(
    (i) => needsConstant[i] && isFloat(constants[i].dtype),
  );
  const arrivingYs = range(gYs.length).filter((i) => gYs[i]);
  const arrivingHistories = floats.filter((i) => gHistories[i]);
  const bodyYs = body.outputs.slice(carries.length);
  const result = (i: number): Node => pick(node, i);

  const inFinal = floats.map((i) => fresh(carries[i]));
  const inYs = arrivingYs.map((i) => fresh(bodyYs[i]));
  const inHistories = arrivingHistories.map((i) => fresh(carries[i]));
  const arriving: (Node | undefined)[] = body.outputs.map(() => undefined);
  floats.forEach((i, at) => (arriving[i] = inFinal[at]));
  arrivingYs.forEach((i, at) => (arriving[carries.length + i] = inYs[at]));
  const given = inGradMode(true, () =>
    walk(body.outputs, arriving, [
      ...floats.map((i) => pCarries[i]),
      ...wantedXs.map((i) => pXs[i]),
      ...wantedConstants.map((i) => pConstants[i]),
    ]),
  );

  const histories = carries.map((_, i) => result(carries.length + gYs.length + i));
  const sequences: [param: Node, whole: Node][] = [
    ...arrivingYs.map((i, at): [Node, Node] => [inYs[at], gYs[i]!]),
    ...arrivingHistories.map((i, at): [Node, Node] => [inHistories[at], gHistories[i]!]),
    ...pCarries.map((p, i): [Node, Node] => [p, histories[i]]),
    ...pXs.map((p, i): [Node, Node] => [p, xs[i]]),
  ];
  const stacks = new Map(sequences);
  bodyYs.forEach((y, i) => {
    if (!stacks.has(y)) stacks.set(y, result(carries.length + i));
  });

  return inGradMode(true, () => {
    const nextFinal = floats.map((i, at) => {
      const own = arrivingHistories.indexOf(i);
      return sum(given[at], own < 0 ? undefined : inHistories[own]) ?? zerosLike(pCarries[i]);
    });
    const toXs = wantedXs.map((i, at) => given[floats.length + at] ?? zerosLike(pXs[i]));
    // What the loop stacks for the xs is there for the constants too.
    const wholeXs = toXs.map((x) => fresh(x, false, [length, ...x.shape]));
    toXs.forEach((x, at) => {
      if (!stacks.has(x)) stacks.set(x, wholeXs[at]);
    });
    const room = [...pCarries, ...pXs, ...bodyYs].reduce((n, x) => n + sizeOf(x.shape), 0);
    const hoist = new Hoist(length, stacks, pConstants, room);
    const totals = wantedConstants.map((_, at) => {
      const total = given[floats.length + wantedXs.length + at];
      let outside: Node | undefined;
      let inside: Node | undefined;
      for (const term of total ? summands(total) : []) {
        const hoisted = hoist.sum(term);
        if (hoisted) outside = sum(outside, hoisted);
        else inside = sum(inside, term);
      }
      return { outside, inside };
    });
    const inLoop = range(totals.length).filter((at) => totals[at].inside);
    const inTotals = inLoop.map((at) => fresh(constants[wantedConstants[at]]));
    const outputs = [
      ...nextFinal,
      ...inLoop.map((at, k) => add(inTotals[k], totals[at].inside!)),
      ...toXs,
      ...hoist.emitted,
    ];

    // Values that the loop has stored are read and not computed again.
    const values = bodyYs.map(plain);
    const seen = new Set(topological(outputs));
    const stored = range(values.length).filter(
      (i) => seen.has(values[i]) && !body.params.includes(values[i]),
    );
    const inStored = stored.map((i) => fresh(values[i], isFloat(values[i].dtype)));
    const direct = substitute(
      outputs,
      stored.map((i) => values[i]),
      inStored,
    );
    const read = new Set(topological(direct));
    const used = [
      ...sequences,
      ...stored.map((i, at): [Node, Node] => [inStored[at], result(carries.length + i)]),
    ].filter(([param]) => read.has(param));

    // All there is to sum may be outside already.
    const back =
      direct.length === 0
        ? { carries: [], ys: [] }
        : scan(
            {
              params: [...inFinal, ...inTotals, ...used.map(([param]) => param), ...pConstants],
              outputs: direct,
            },
            [
              ...floats.map((i) => gFinal[i] ?? zerosLike(carries[i])),
              ...inLoop.map((at) => zerosLike(constants[wantedConstants[at]])),
            ],
            used.map(([, whole]) => whole),
            constants,
            length,
            !reverse,
          );

    const after = [...pConstants, ...wholeXs, ...hoist.emitted.map((x) => hoist.standIn(x))];
    const known = [...constants, ...back.ys];
    const cotangentsOf: (Node | undefined)[] = node.inputs.map(() => undefined);
    floats.forEach((i, at) => (cotangentsOf[i] = back.carries[at]));
    wantedXs.forEach((i, at) => (cotangentsOf[carries.length + i] = back.ys[at]));
    wantedConstants.forEach((i, at) => {
      const { outside } = totals[at];
      const own = inLoop.indexOf(at);
      cotangentsOf[carries.length + xs.length + i] = sum(
        outside && substitute([outside], after, known)[0],
        own < 0 ? undefined : back.carries[floats.length + own],
      );
    });
    return cotangentsOf;
  });
}
