import { expect, test } from "vitest";
import { evaluate } from "../../src/ir/evaluate.ts";
import { fill } from "../../src/ir/ndarray.ts";
import { make, primitive, setGradEnabled, topological } from "../../src/ir/node.ts";
import * as ops from "../../src/ir/ops.ts";
import { printGraph } from "../../src/ir/print.ts";
import { substitute } from "../../src/ir/substitute.ts";
import { array, list } from "./util.ts";

test("equal nodes are one object, leaves are not", () => {
  const x = ops.placeholder([2], "f32");
  expect(ops.add(x, x)).toBe(ops.add(x, x));
  expect(ops.sin(x)).not.toBe(ops.cos(x));
  expect(ops.pad(x, [1], [0], 0)).not.toBe(ops.pad(x, [1], [0], -0));
  expect(ops.constant(NaN, "f32")).toBe(ops.constant(NaN, "f32"));
  expect(ops.placeholder([2], "f32")).not.toBe(x);
  expect(ops.marker(x)).not.toBe(ops.marker(x));
});

test("derivatives flow through floats, in grad mode, until they are stopped", () => {
  const x = ops.placeholder([2], "f32", true);
  expect(ops.sin(x).requiresGrad).toBe(true);
  expect(ops.cast(x, "i32").requiresGrad).toBe(false);
  expect(ops.lt(x, x).requiresGrad).toBe(false);
  expect(ops.stopGradient(x).requiresGrad).toBe(false);
  expect(ops.argsort(x, 0).requiresGrad).toBe(false);
  const before = setGradEnabled(false);
  const free = ops.sin(x);
  setGradEnabled(before);
  expect(free.requiresGrad).toBe(false);
  expect(ops.sin(x).requiresGrad).toBe(true);
});

test("steps that change nothing return their input", () => {
  const x = ops.placeholder([2, 3], "f32");
  expect(ops.permute(ops.permute(x, [1, 0]), [1, 0])).toBe(x);
  expect(ops.reshape(ops.reshape(x, [6]), [2, 3])).toBe(x);
  expect(ops.add(x, ops.zerosLike(x))).toBe(x);
  expect(ops.mul(ops.fullLike(x, 1), x)).toBe(x);
  expect(ops.slice(x, [0, 0], [2, 3])).toBe(x);
  expect(ops.reduceSum(x, [])).toBe(x);
});

test("evaluation computes shared nodes once and takes known values", () => {
  const x = ops.placeholder([2], "f64");
  const y = ops.mul(x, x);
  let asked = 0;
  const known = (): ReturnType<typeof fill> => {
    asked++;
    return fill([2], "f64", (i) => i + 2);
  };
  const [a, b] = evaluate([ops.add(y, x), ops.sub(y, x)], known);
  expect([Array.from(a.data), Array.from(b.data)]).toEqual([
    [6, 12],
    [2, 6],
  ]);
  expect(asked).toBe(1);
  y.value = fill([2], "f64", () => 100);
  expect(list(y)).toEqual([100, 100]);
  expect(Array.from(evaluate([ops.neg(y)], (leaf) => leaf.value as never)[0].data)).toEqual([
    -100, -100,
  ]);
});

test("evaluation refuses a value that does not fit", () => {
  const x = ops.placeholder([2], "f64");
  expect(() => evaluate([ops.neg(x)], () => fill([3], "f64", () => 0))).toThrow(
    /expected f64\[2\] for placeholder \d+, got 3 elements of f64/,
  );
});

test("long chains do not exhaust the stack", () => {
  const x = array([1]);
  let y = x;
  for (let i = 0; i < 50_000; i++) y = make(primitive("add"), [y, x]);
  expect(topological([y])).toHaveLength(50_001);
  expect(list(y)).toEqual([50_001]);
  expect(list(substitute([y], [x], [array([2])])[0])).toEqual([100_002]);
});

test("substitution keeps what does not depend on what is replaced", () => {
  const [x, y, z] = [array([1]), array([2]), array([3])];
  const kept = ops.exp(y);
  const out = ops.add(ops.sin(x), kept);
  const [replaced, same] = substitute([out, kept], [x], [z]);
  expect(same).toBe(kept);
  expect(replaced).toBe(ops.add(ops.sin(z), kept));
  expect(substitute([out], [array([0])], [z])).toEqual([out]);
  expect(substitute([x], [x], [z])).toEqual([z]);
});

test("graphs print one line a node, bodies indented", () => {
  const a = ops.placeholder([64, 784], "f32");
  const b = ops.placeholder([784, 128], "f32");
  const attrs = { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] };
  const y = ops.max(ops.dot(a, b, attrs), ops.full([64, 128], 0, "f32"));
  expect(printGraph([y])).toBe(
    [
      "%0 = placeholder() : f32[64, 784]",
      "%1 = placeholder() : f32[784, 128]",
      "%2 = dot(%0, %1) {lhsBatch=[], rhsBatch=[], lhsContract=[1], rhsContract=[0]} : f32[64, 128]",
      "%3 = const() {value=0} : f32[]",
      "%4 = reshape(%3) : f32[1, 1]",
      "%5 = expand(%4) : f32[64, 128]",
      "%6 = max(%2, %5) : f32[64, 128]",
      "return %6",
    ].join("\n"),
  );
  const h = ops.placeholder([], "f32");
  const x = ops.placeholder([], "f32");
  const start = ops.placeholder([], "f32");
  const xs = ops.placeholder([5], "f32");
  const body = { params: [h, x], outputs: [ops.add(h, x)] };
  const loop = ops.scan(body, [start], [xs], [], 5);
  expect(printGraph([loop.carries[0]])).toBe(
    [
      "%0 = placeholder() : f32[]",
      "%1 = placeholder() : f32[5]",
      "%2 = scan(%0, %1) {carries=1, xs=1, length=5, reverse=false} : (f32[], f32[5])",
      "  %0 = placeholder() : f32[]",
      "  %1 = placeholder() : f32[]",
      "  %2 = add(%0, %1) : f32[]",
      "  return %2",
      "%3 = pick(%2) {index=0} : f32[]",
      "return %3",
    ].join("\n"),
  );
});
