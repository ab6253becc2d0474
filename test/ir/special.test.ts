import { expect, test } from "vitest";
import { constant, randomBits } from "../../src/ir/ops.ts";
import { erf, philox, power, roundEven } from "../../src/ir/special.ts";
import { list } from "./util.ts";

// To 20 digits, by mpmath.
const ERF: readonly (readonly [number, number])[] = [
  [1e-10, 1.128379167095512615e-10],
  [0.01, 0.011283415555849617151],
  [0.1, 0.1124629160182848984],
  [0.5, 0.52049987781304653768],
  [0.84375, 0.76722566123234163346],
  [1, 0.84270079294971486934],
  [1.25, 0.92290012825645823014],
  [1.7, 0.98379045859077456084],
  [2, 0.99532226501895273416],
  [2.4999, 0.99959283009966654862],
  [2.5, 0.99959304798255504106],
  [3, 0.99997790950300141456],
  [3.7, 0.99999983284894209085],
  [4.5, 0.99999999980338395585],
  [5.5, 0.99999999999999264215],
  [5.9, 0.9999999999999999281],
];

test("erf is right to 1e-15, relative", () => {
  for (const [x, expected] of ERF) {
    expect(Math.abs(erf(x) / expected - 1), `erf(${x})`).toBeLessThan(1.2e-15);
    expect(erf(-x)).toBe(-erf(x));
  }
});

test("erf of the ends", () => {
  expect(erf(Infinity)).toBe(1);
  expect(erf(-Infinity)).toBe(-1);
  expect(erf(7)).toBe(1);
  expect(erf(NaN)).toBeNaN();
  expect(erf(-0)).toBe(-0);
  expect(erf(0)).toBe(0);
});

test("rounding goes to the even neighbour at halves", () => {
  const given = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 2.4, 2.6, -2.4, -2.6, 0.49999999999999994, -0];
  expect(given.map(roundEven)).toEqual([-2, -2, -0, 0, 2, 2, 2, 3, -2, -3, 0, -0]);
  expect(roundEven(Infinity)).toBe(Infinity);
  expect(roundEven(NaN)).toBeNaN();
  expect(roundEven(4503599627370497)).toBe(4503599627370497);
});

test("powers follow C where JavaScript does not", () => {
  expect(power(1, NaN)).toBe(1);
  expect(power(-1, Infinity)).toBe(1);
  expect(power(NaN, 0)).toBe(1);
  expect(power(2, 0.5)).toBe(Math.SQRT2);
});

// The known answers that are published with Random123.
test("Philox 4x32-10 gives the published words", () => {
  const hex = (words: readonly number[]): string =>
    words.map((word) => word.toString(16).padStart(8, "0")).join(" ");
  const ones = 0xffffffff;
  expect(hex(philox([0, 0, 0, 0], [0, 0]))).toBe("6627e8d5 e169c58d bc57ac4c 9b00dbd8");
  expect(hex(philox([ones, ones, ones, ones], [ones, ones]))).toBe(
    "408f276d 41c83b0e a20bc7c6 6d5451fd",
  );
  expect(
    hex(philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])),
  ).toBe("d16cfe09 94fdcceb 5001e420 24126ea1");
});

test("element i of n is word floor(i / q) of counter i mod q, q = ceil(n / 4)", () => {
  const [low, high, stream] = [123, 4_000_000_000, 7].map((x) => constant(x, "u32"));
  for (const n of [0, 1, 3, 4, 5, 10]) {
    const q = Math.ceil(n / 4);
    const expected = Array.from(
      { length: n },
      (_, i) => philox([i % q, 7, 0, 0], [123, 4_000_000_000])[Math.floor(i / q)],
    );
    expect(list(randomBits(low, high, stream, [n]))).toEqual(expected);
  }
  expect(list(randomBits(low, high, stream, [2, 5]))).toEqual(
    list(randomBits(low, high, stream, [10])),
  );
});
