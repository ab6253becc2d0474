import { describe, expect, it } from "vitest";
import {
  channelsLast,
  kernelLast,
  makeArray,
  transposed,
} from "../../benchmarks/harness/arrays.ts";
import { difference } from "../../benchmarks/harness/check.ts";
import { median, spread } from "../../benchmarks/harness/statistics.ts";

describe("comparing results of peers", () => {
  it("takes numbers within a thousandth for equal, and numbers near 0 by the largest", () => {
    expect(difference([1, 100], [1.0009, 100.09])).toBeUndefined();
    expect(difference([1e-9, 5], [-1e-9, 5])).toBeUndefined();
  });

  it("says what differs", () => {
    expect(difference([1, 1.002], [1, 1])).toBe("value 2 is 1.002 instead of 1");
    expect(difference([1], [1, 2])).toBe("1 values instead of 2");
    expect(difference([null], [null])).toBe("value 1 is null instead of null");
    expect(difference([1e-3], [0])).toBe("value 1 is 0.001 instead of 0");
  });
});

describe("statistics of rounds", () => {
  it("gives median and spread", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(spread([5, 1, 3, 2, 4])).toBeCloseTo(2 / 3);
    expect(spread([7])).toBe(0);
  });
});

describe("arrays of a case", () => {
  it("are the same for the same name, and within their bounds", () => {
    const spec = { shape: [4, 250], low: -2, high: 3 };
    const { data } = makeArray("x", spec);
    expect(makeArray("x", spec).data).toEqual(data);
    expect(makeArray("y", spec).data).not.toEqual(data);
    expect(Math.min(...data)).toBeLessThan(-1.9);
    expect(Math.min(...data)).toBeGreaterThanOrEqual(-2);
    expect(Math.max(...data)).toBeGreaterThan(2.9);
    expect(Math.max(...data)).toBeLessThan(3);
    const mean = [...data].reduce((sum, value) => sum + value, 0) / data.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.15);
  });

  it("hold integers below the upper bound, and constants", () => {
    const { data } = makeArray("labels", { shape: [1000], dtype: "i32", low: 0, high: 10 });
    expect(new Set(data)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
    expect([...makeArray("one", { shape: [2], low: 1, high: 1 }).data]).toEqual([1, 1]);
    // What python/arrays.py gives.
    expect([...data.slice(0, 5)]).toEqual([3, 3, 1, 0, 1]);
  });

  it("change their layout", () => {
    const data = Float32Array.from({ length: 24 }, (_, i) => i);
    expect(transposed({ data, shape: [4, 6] }).data.slice(0, 5)).toEqual(
      Float32Array.of(0, 6, 12, 18, 1),
    );
    const images = channelsLast({ data, shape: [2, 3, 2, 2] });
    expect(images.shape).toEqual([2, 2, 2, 3]);
    expect([...images.data.slice(0, 4)]).toEqual([0, 4, 8, 1]);
    expect([...images.data.slice(12, 15)]).toEqual([12, 16, 20]);
    const kernel = kernelLast({ data, shape: [2, 3, 2, 2] });
    expect(kernel.shape).toEqual([2, 2, 3, 2]);
    expect([...kernel.data.slice(0, 6)]).toEqual([0, 12, 4, 16, 8, 20]);
  });
});
