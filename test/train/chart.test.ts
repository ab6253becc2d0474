import { describe, expect, it, test } from "vitest";
import { lineChart, type Point, reportPage } from "../../src/train/index.ts";

const ys = (svg: string): number[] => {
  const [, path] = /<path d="M([^"]+)" fill="none"/.exec(svg)!;
  return path.split("L").map((point) => Number(point.split(" ")[1]));
};

describe("a chart", () => {
  const points: Point[] = [[0, 1], [1, 0.1], [2, 0.01]]; // prettier-ignore

  it("has a logarithmic axis where one is asked for", () => {
    const svg = lineChart([{ name: "", points }], { title: "Loss", log: true });
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    const [a, b, c] = ys(svg);
    expect(b - a).toBeCloseTo(c - b, 0);
    expect(b).toBeGreaterThan(a);
  });

  it("has a linear one otherwise, with whole steps", () => {
    const svg = lineChart([{ name: "", points: [[0, 0.9], [1, 0.95], [2, 1]] }], { title: "Accuracy" }); // prettier-ignore
    const [a, b, c] = ys(svg);
    expect(a - b).toBeCloseTo(b - c, 0);
    for (const tick of ["0.9", "0.92", "1"]) expect(svg).toContain(`>${tick}</text>`);
  });

  it("leaves out what is not finite, and draws values that never change, and a single one", () => {
    const odd: Point[] = [[0, NaN], [1, 2], [2, Infinity], [3, 2]]; // prettier-ignore
    for (const list of [
      odd,
      [[1, 0]] as Point[],
      [
        [0, 0],
        [0, 0],
      ] as Point[],
    ]) {
      const svg = lineChart([{ name: "a", points: list }], { title: "t" });
      expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    }
    expect(lineChart([{ name: "a", points: [[1, 0]] }], { title: "t" })).toContain("<circle ");
    expect(() => lineChart([{ name: "a", points: [[0, NaN]] }], { title: "t" })).toThrow(
      "lineChart: expected at least one point, got none",
    );
  });

  it("names its curves, as text", () => {
    const svg = lineChart([{ name: "<a>", points }, { name: "b", points }], { title: "x & y" }); // prettier-ignore
    expect(svg).toContain("— &lt;a&gt;");
    expect(svg).toContain("x &amp; y");
  });
});

test("a report without epochs says so, and names of classes are one a class", () => {
  expect(reportPage({ title: "t", history: [] })).toContain("No epoch has come to its end.");
  const page = () =>
    reportPage({ title: "t", history: [], confusion: [[1]], classNames: ["a", "b"] });
  expect(page).toThrow("reportPage: classNames: expected 1 names, one a class, got 2");
});
