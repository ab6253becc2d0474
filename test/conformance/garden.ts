import { coerce, type DType, isFloat, limits } from "../../src/ir/dtype.ts";
import { fill, type NDArray } from "../../src/ir/ndarray.ts";
import { type Node } from "../../src/ir/node.ts";
import * as ops from "../../src/ir/ops.ts";
import { type Shape, sizeOf } from "../../src/ir/shape.ts";
import { integer, type Rng } from "../ir/util.ts";
import { hostLeaf } from "./devices.ts";
import { evaluateNode, isExact, valueOf } from "./naive.ts";

/** A node of a graph that grows, with its value. */
export interface Grown {
  readonly node: Node;
  readonly value: NDArray;
  /** Whether its bits are the same everywhere: what jumps (floor, comparisons) is fed such values. */
  readonly exact: boolean;
}

const SIZES = [1, 1, 2, 2, 3, 3, 4, 5, 7, 8, 9, 13, 16, 17, 33];
const LARGEST = 3000;

interface GardenOptions {
  readonly wild: boolean;
  readonly depth: number;
  /** Makes a leaf: in the body of a loop there are none but its parameters. */
  readonly leaf?: (value: NDArray) => Node;
}

/** One way for a random graph to grow: new nodes, or undefined where nothing fits. */
export type Step = (g: Garden) => Node | readonly Node[] | undefined;

interface Known {
  readonly value: NDArray | readonly NDArray[];
  readonly exact: boolean;
}

/** A graph that grows by one random step after the other; values are known all the time. */
export class Garden {
  readonly rng: Rng;
  readonly grown: Grown[] = [];
  /** Leaves that a derivative can be taken with respect to. */
  readonly wrt: Node[] = [];
  /** Whether NaN, infinities and large numbers are welcome. */
  readonly wild: boolean;
  /** How deep this one lies in the bodies of loops. */
  readonly depth: number;
  private readonly options: GardenOptions;
  private readonly known = new Map<Node, Known>();

  constructor(rng: Rng, options: GardenOptions) {
    this.rng = rng;
    this.options = options;
    this.wild = options.wild;
    this.depth = options.depth;
  }

  /** A garden of its own with one of this one's nodes in it, by whose values it can go on. */
  fork(first: Grown): Garden {
    const fork = new Garden(this.rng, this.options);
    this.known.forEach((value, node) => fork.known.set(node, value));
    fork.grown.push(first);
    return fork;
  }

  chance(probability: number): boolean {
    return this.rng() < probability;
  }
  pick<T>(list: readonly T[]): T {
    return list[integer(this.rng, 0, list.length - 1)];
  }
  int(low: number, high: number): number {
    return integer(this.rng, low, high);
  }

  shape(): Shape {
    const rank = this.pick([0, 1, 1, 2, 2, 2, 3, 3, 4]);
    const shape: number[] = [];
    for (let i = 0; i < rank; i++) {
      let n = this.pick(SIZES);
      if (this.chance(0.01)) n = 0;
      if (rank <= 2 && this.chance(0.03)) n = this.pick([37, 64, 129, 300]);
      shape.push(sizeOf(shape) * n > LARGEST ? 1 : n);
    }
    return shape;
  }

  dtype(): DType {
    if (this.chance(0.2)) return this.pick(["f16", "bf16", "i16", "i8"]);
    const floats = ["f32", "f32", "f32", "f32", "f64", "f64"] as const;
    return this.pick([...floats, "i32", "i32", "i64", "u32", "u8", "bool"]);
  }

  private element(dtype: DType): number {
    const [lowest, highest] = limits(dtype);
    switch (dtype) {
      case "bool":
        return this.int(0, 1);
      case "u8":
      case "u32":
        return this.chance(0.05)
          ? this.pick([highest, highest - 1, highest >>> 1])
          : this.int(0, 9);
      case "i64":
        return this.chance(0.2)
          ? coerce(dtype, (2 * this.rng() - 1) * 2 ** this.int(30, 62))
          : this.element("i32");
      case "i32":
      case "i16":
      case "i8":
        return this.chance(0.03) ? this.pick([lowest, highest, -1]) : this.int(-6, 6);
      default:
        if (this.wild && this.chance(0.03)) return this.pick([NaN, Infinity, -Infinity, -0, 1e30]);
        // Whole numbers meet one another often.
        return this.chance(0.3) ? this.int(-2, 2) : 4 * this.rng() - 2;
    }
  }

  leaf(shape: Shape, dtype: DType, element = (): number => this.element(dtype)): Grown {
    const value = fill(shape, dtype, element);
    if (!this.options.leaf) {
      const node = hostLeaf(value, isFloat(dtype) && this.chance(0.7));
      if (node.requiresGrad) this.wrt.push(node);
      return this.keep(node, value, true);
    }
    return this.keep(this.options.leaf(value), value, true);
  }

  keep(node: Node, value: NDArray, exact: boolean): Grown {
    const grown = { node, value, exact };
    this.known.set(node, grown);
    this.grown.push(grown);
    return grown;
  }

  /** One that has been grown and fits, mostly a late one; undefined when none does. */
  find(fits: (x: Grown) => boolean): Grown | undefined {
    const fitting = this.grown.filter(fits);
    if (fitting.length === 0) return undefined;
    const late = this.chance(0.6) ? Math.min(3, fitting.length) : fitting.length;
    return fitting[fitting.length - this.int(1, late)];
  }

  /** One of this dtype, or a new leaf. */
  any(fits: (x: Grown) => boolean, dtype: DType): Grown {
    return this.find(fits) ?? this.leaf(this.shape(), dtype);
  }

  /** A value of this shape and dtype: one that broadcasts to it, a number, or a new leaf. */
  like(shape: Shape, dtype: DType): Node {
    const kind = this.rng();
    const found =
      kind < 0.6
        ? this.find((x) => x.node.dtype === dtype && broadcasts(x.node.shape, shape))
        : undefined;
    if (found) return ops.broadcastTo(found.node, shape);
    if (kind < 0.75) return ops.full(shape, this.element(dtype), dtype);
    const own = shape.map((n) => (this.chance(0.2) ? 1 : n));
    const cut = this.chance(0.2) ? this.int(0, shape.length) : 0;
    return ops.broadcastTo(this.leaf(own.slice(cut), dtype).node, shape);
  }

  /** Known values of nodes between what has been grown and `node`, which is kept when it is fit to be. */
  grow(node: Node): boolean {
    const { known } = this;
    const visit = (x: Node): Known => {
      let found = known.get(x);
      if (!found) {
        const inputs = x.inputs.map(visit);
        found =
          x.value !== undefined
            ? { value: valueOf(x), exact: true }
            : {
                value: evaluateNode(
                  x,
                  inputs.map((input) => input.value),
                ),
                exact: isExact(x) && inputs.every((input) => input.exact),
              };
        known.set(x, found);
      }
      return found;
    };
    const { value, exact } = visit(node) as { value: NDArray; exact: boolean };
    if (!this.fit(value)) return false;
    this.keep(node, value, exact);
    return true;
  }

  private fit({ data, dtype }: NDArray): boolean {
    if (data.length > 4 * LARGEST) return false;
    if (!isFloat(dtype) || (this.wild && this.chance(0.5))) return true;
    // The ends do not fit the means of naive evaluation, which NaN and overflow soon fill entirely.
    const bound = 1e4;
    return data.every((x) => Math.abs(x) < bound);
  }

  /** Grows by one random step, if the first few tries succeed. */
  step(steps: readonly Step[]): void {
    for (let attempt = 0; attempt < 8; attempt++) {
      const node = this.pick(steps)(this);
      if (!node) continue;
      const nodes = Array.isArray(node) ? (node as readonly Node[]) : [node as Node];
      if (nodes.every((x) => this.grow(x))) return;
    }
  }
}

const broadcasts = (from: Shape, to: Shape): boolean =>
  from.length <= to.length &&
  from.every((n, i) => n === 1 || n === to[to.length - from.length + i]);
