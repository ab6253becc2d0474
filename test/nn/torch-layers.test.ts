import { describe, expect, test } from "vitest";
import { setDevice } from "../../src/index.ts";
import { devicesOfCompositions } from "../conformance/devices.ts";
import { camel } from "./fixtures.ts";
import {
  build,
  checkFunction,
  checkLayer,
  functionCases,
  type LayerCase,
  layerFamilies,
  shown,
} from "./vectors.ts";

// Layers and losses against PyTorch: results, gradients of inputs and weights, buffers, in training and in
// use, in double and in single precision.

const PRECISIONS = ["f64", "f32"] as const;

const titleOf = ({ kind, args, options, call, inputs }: LayerCase): string =>
  `${kind}(${args.map(shown).join(", ")}) ${shown(options)} of ${shown(inputs)} ${shown(call)}`;

describe.each(devicesOfCompositions())("on %s", (device) => {
  describe.each(PRECISIONS)("in %s", (precision) => {
    for (const [family, cases] of layerFamilies())
      describe(family, () => {
        cases.forEach((one, i) => {
          for (const mode of Object.keys(one.modes))
            test(`#${i} ${titleOf(one)}, ${mode}`, () => {
              setDevice(device);
              checkLayer(one, mode, precision);
            });
        });
      });

    describe("functions", () => {
      functionCases().forEach((one, i) => {
        test(`#${i} ${one.name} of ${shown(one.inputs)} ${shown(one.options)}`, () => {
          setDevice(device);
          checkFunction(one, precision);
        });
      });
    });
  });
});

describe("settings are printed as PyTorch prints them", () => {
  const sameBrackets = (text: string): string =>
    text
      .replace(/\[/g, "(")
      .replace(/\]/g, ")")
      .replace(/\((\d+),?\)/g, "$1");

  /** PyTorch's text with names and values as they are here. */
  const ownText = (text: string): string =>
    sameBrackets(camel(text))
      .replace(/, (inplace=False|options=None)/, "")
      .replace(/\d[\d.]*(e[-+]\d+)?/g, (digits) => String(Number(digits)))
      .replace(/True|False/g, (word) => word.toLowerCase())
      .replace("=inf", "=Infinity")
      .replaceAll("None", "null")
      .replaceAll("'", "");

  test.each(layerFamilies())("%s", (_, cases) => {
    // Where PyTorch prints nothing, there may be something.
    const printed = cases.filter(({ repr }) => repr !== "");
    const texts = printed.map((one) => [
      sameBrackets(build(one, "f64").extraRepr()),
      ownText(one.repr),
    ]);
    const wrong = texts.flatMap(([own, wanted], i) =>
      own === wanted ? [] : [`${titleOf(printed[i])}: expected ${wanted}, got ${own}`],
    );
    expect(wrong).toEqual([]);
  });
});
