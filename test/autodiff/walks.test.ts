import { describe, expect, test } from "vitest";
import { batch, jvp, substitute, vjp } from "../../src/autodiff/index.ts";
import { make, type Node, primitive, setGradEnabled } from "../../src/ir/node.ts";
import * as ops from "../../src/ir/ops.ts";
import { array, list } from "../ir/util.ts";

/** The derivative of Σ y with respect to x, as numbers. */
function gradient(y: Node, x: Node): number[] | undefined {
  const [grad] = vjp([y], [ops.fullLike(y, 1)], [x]);
  return grad && list(grad);
}

describe("conventions at points without a derivative", () => {
  test("max and min share ties", () => {
    const [a, b] = [array([1, 2, 3]), array([1, 3, 2])];
    expect(gradient(ops.max(a, b), a)).toEqual([0.5, 0, 1]);
    expect(gradient(ops.max(a, b), b)).toEqual([0.5, 1, 0]);
    expect(gradient(ops.min(a, b), a)).toEqual([0.5, 1, 0]);
  });
  test("reduceMax and reduceMin share ties", () => {
    const x = array([3, 1, 3, 1]);
    expect(gradient(ops.reduceMax(x, [0]), x)).toEqual([0.5, 0, 0.5, 0]);
    expect(gradient(ops.reduceMin(x, [0]), x)).toEqual([0, 0.5, 0, 0.5]);
    const [tangent] = jvp([ops.reduceMax(x, [0])], [x], [array([1, 10, 3, 10])]);
    expect(list(tangent!)).toEqual([2]);
  });
  test("abs is flat at 0", () => {
    const x = array([-2, 0, 2]);
    expect(gradient(ops.abs(x), x)).toEqual([-1, 0, 1]);
  });
  test("pow at 0", () => {
    const a = array([0, 0, 0, 2, 0]);
    const b = array([0, 2, 1, 0, 0.5]);
    expect(gradient(ops.pow(a, b), a)).toEqual([0, 0, 1, 0, Infinity]);
    expect(gradient(ops.pow(a, b), b)).toEqual([0, 0, 0, Math.log(2), 0]);
    // The mixed derivative of aᵇ at b = 0 is 1 / a.
    const x = array([2]);
    const y = array([0]);
    const [byBase] = vjp([ops.pow(x, y)], [ops.fullLike(x, 1)], [x]);
    expect(gradient(byBase!, y)).toEqual([0.5]);
  });
  test("pow with a known exponent", () => {
    const x = array([0, -3, 2]);
    const power = (exponent: number): number[] | undefined =>
      gradient(ops.pow(x, ops.fullLike(x, exponent)), x);
    expect(power(2)).toEqual([0, -6, 4]);
    expect(power(1)).toEqual([1, 1, 1]);
    expect(power(0)).toEqual([0, 0, 0]);
    expect(power(3)).toEqual([0, 27, 12]);
  });
  test("steps have no derivative", () => {
    const x = array([0.5]);
    expect(gradient(ops.floor(x), x)).toBeUndefined();
    expect(gradient(ops.add(ops.round(x), x), x)).toEqual([1]);
  });
  test("products with zeros", () => {
    const x = array([0, 2, 3, 0, 0, 5, 4, 2, 1], "f64", [3, 3]);
    expect(gradient(ops.reduceProd(x, [1]), x)).toEqual([6, 0, 0, 0, 0, 0, 2, 4, 8]);
  });
});

describe("scatter and gather", () => {
  test("what is dropped receives nothing", () => {
    const base = array([1, 2, 3]);
    const updates = array([5, 6, 7]);
    const at = array([1, 9, 1], "i32");
    const by = (mode: ops.ScatterMode): (number[] | undefined)[] => {
      const y = ops.scatter(base, at, updates, 0, mode);
      return [gradient(y, base), gradient(y, updates)];
    };
    expect(by("set")).toEqual([
      [1, 0, 1],
      [0, 0, 1],
    ]);
    expect(by("add")).toEqual([
      [1, 1, 1],
      [1, 0, 1],
    ]);
    expect(by("max")).toEqual([
      [1, 0, 1],
      [0, 0, 1],
    ]);
  });
  test("ties of max share", () => {
    const base = array([5, 2]);
    const updates = array([5, 5, 1]);
    const y = ops.scatter(base, array([0, 0, 1], "i32"), updates, 0, "max");
    expect(gradient(y, base)![0]).toBeCloseTo(1 / 3, 15);
    expect(gradient(y, updates)![0]).toBeCloseTo(1 / 3, 15);
    const [tangent] = jvp([y], [base, updates], [array([3, 1]), array([6, 9, 1])]);
    expect(list(tangent!)).toEqual([6, 1]);
  });
  test("gather outside the axis has derivative 0", () => {
    const x = array([1, 2]);
    const y = ops.gather(x, array([1, 7, 1], "i32"), 0);
    expect(gradient(y, x)).toEqual([0, 2]);
    const [tangent] = jvp([y], [x], [array([3, 4])]);
    expect(list(tangent!)).toEqual([4, 0, 4]);
  });
});

describe("vjp", () => {
  test("what is not reached is undefined", () => {
    const [x, y] = [array([1]), array([2])];
    expect(vjp([ops.sin(x)], [array([1])], [y])).toEqual([undefined]);
    expect(vjp([ops.sin(x)], [undefined], [x])).toEqual([undefined]);
    expect(vjp([], [], [x])).toEqual([undefined]);
  });
  test("an output may be what is differentiated by, and may be there twice", () => {
    const x = array([3]);
    expect(gradient(x, x)).toEqual([1]);
    const y = ops.mul(x, x);
    const [grad] = vjp([y, y, x], [array([1]), array([10]), array([100])], [x]);
    expect(list(grad!)).toEqual([166]);
  });
  test("inner values and what they depend on together", () => {
    const x = array([3]);
    const y = ops.mul(x, x);
    const z = ops.mul(y, x);
    const [byY, byX] = vjp([z], [array([1])], [y, x]);
    expect(list(byY!)).toEqual([3]);
    expect(list(byX!)).toEqual([27]);
  });
  test("markers tell uses of a value apart", () => {
    const x = array([3]);
    const mark = ops.marker(x);
    expect(gradient(ops.mul(mark, x), mark)).toEqual([3]);
    expect(gradient(ops.mul(mark, x), x)).toEqual([6]);
  });
  test("nothing flows through stopGradient, or what was made without grad mode", () => {
    const x = array([3]);
    expect(gradient(ops.mul(ops.stopGradient(x), x), x)).toEqual([3]);
    const before = setGradEnabled(false);
    const y = ops.mul(x, x);
    setGradEnabled(before);
    expect(gradient(y, x)).toBeUndefined();
  });
  test("gradients can be differentiated when grad mode is on, and only then", () => {
    const x = array([2]);
    const y = ops.mul(ops.mul(x, x), x);
    const [first] = vjp([y], [array([1])], [x]);
    const [second] = vjp([first!], [array([1])], [x]);
    expect(list(second!)).toEqual([12]);
    expect(gradient(second!, x)).toEqual([6]);
    const before = setGradEnabled(false);
    const [last] = vjp([y], [array([1])], [x]);
    setGradEnabled(before);
    expect(last!.requiresGrad).toBe(false);
  });
  test("long chains do not exhaust the stack", () => {
    const x = array([1]);
    let y = x;
    for (let i = 0; i < 20_000; i++) y = make(primitive("add"), [y, x]);
    expect(gradient(y, x)).toEqual([20_001]);
  });
  test("a cotangent of the wrong shape is refused", () => {
    const x = array([1, 2]);
    expect(() => vjp([ops.sin(x)], [array([1])], [x])).toThrow(/expected a cotangent f64\[2\]/);
  });
});

test("jvp takes given tangents in place of computed ones", () => {
  const x = array([3]);
  const y = ops.mul(x, x);
  const z = ops.add(ops.mul(y, x), x);
  const [tangent] = jvp([z], [x, y], [array([1]), array([0])]);
  expect(list(tangent!)).toEqual([10]);
  expect(jvp([ops.argsort(x, 0), array([1])], [x], [array([1])])).toEqual([undefined, undefined]);
  expect(() => jvp([z], [x], [array([1, 2])])).toThrow(/expected a tangent f64\[1\], got f64\[2\]/);
});

test("batching leaves what does not depend on the batch", () => {
  const [x, y] = [array([1, 2]), array([3, 4])];
  const kept = ops.exp(y);
  const xs = array([1, 2, 3, 4, 5, 6], "f64", [3, 2]);
  const [both, untouched, replaced] = batch([ops.mul(x, y), kept, x], [x], [xs], 3);
  expect(both.batched).toBe(true);
  expect(list(both.node)).toEqual([3, 8, 9, 16, 15, 24]);
  expect(untouched).toEqual({ node: kept, batched: false });
  expect(replaced.node).toBe(xs);
  expect(() => batch([x], [x], [y], 3)).toThrow(/expected f64\[3, 2\] in place of f64\[2\]/);
});

test("a batch of gradients is the gradient of each", () => {
  const x = array([1, 2]);
  const [grad] = vjp([ops.reduceProd(ops.sin(x), [0])], [ops.constant(1, "f64")], [x]);
  const xs = [0.1, 0.2, 0.3, 0.4];
  const [all] = batch([grad!], [x], [array(xs, "f64", [2, 2])], 2);
  const expected = [0, 1].flatMap((i) => [
    Math.cos(xs[2 * i]) * Math.sin(xs[2 * i + 1]),
    Math.sin(xs[2 * i]) * Math.cos(xs[2 * i + 1]),
  ]);
  list(all.node).forEach((value, i) => expect(value).toBeCloseTo(expected[i], 14));
});

test("substitution gives markers of their own", () => {
  const [x, y] = [array([1]), array([2])];
  const mark = ops.marker(x);
  const [replaced] = substitute([ops.mul(mark, mark)], [x], [y]);
  expect(list(replaced)).toEqual([4]);
  expect(replaced.requiresGrad).toBe(true);
});

test("a scan that was traced without derivatives can be differentiated", () => {
  const before = setGradEnabled(false);
  const h = ops.placeholder([], "f64");
  const k = ops.placeholder([], "f64");
  const body = { params: [h, k], outputs: [ops.mul(h, k)] };
  setGradEnabled(before);
  const start = ops.reshape(array([2]), []);
  const factor = array([3], "f64", []);
  const power = ops.scan(body, [start], [], [factor], 4).carries[0];
  expect(gradient(power, factor)).toEqual([2 * 4 * 27]);
  const [first] = vjp([power], [ops.constant(1, "f64")], [factor]);
  const [second] = vjp([first!], [ops.constant(1, "f64")], [factor]);
  expect(list(second!)).toEqual([2 * 12 * 9]);
  const [third] = vjp([second!], [ops.constant(1, "f64")], [factor]);
  expect(list(third!)).toEqual([2 * 24 * 3]);
});

test("scans nest", () => {
  const inner = ops.placeholder([], "f64");
  const k = ops.placeholder([], "f64");
  const square = { params: [inner, k], outputs: [ops.mul(inner, k)] };
  const outer = ops.placeholder([], "f64");
  const c = ops.placeholder([], "f64");
  const body = { params: [outer, c], outputs: ops.scan(square, [outer], [], [c], 2).carries };
  const x = array([2], "f64", []);
  const start = array([1], "f64", []);
  const y = ops.scan(body, [start], [], [x], 3).carries[0];
  expect(list(y)).toEqual([64]);
  expect(gradient(y, x)).toEqual([6 * 32]);
  const [tangent] = jvp([y], [x], [ops.constant(1, "f64")]);
  expect(list(tangent!)).toEqual([6 * 32]);
  const [many] = batch([y], [x], [array([1, 2, 3])], 3);
  expect(list(many.node)).toEqual([1, 64, 729]);
});
