import { describe, expect, test } from "vitest";
import { checkOn, checkTogether, devicesUnderTest } from "./devices.ts";
import { randomGraph } from "./graphs.ts";

// Random graphs find what examples do not. Every run draws new ones; `NABLA_SEED` repeats a run, and
// `NABLA_GRAPHS` sets how many there are.
const given = process.env.NABLA_SEED;
const BASE = given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);
const DEVICES = devicesUnderTest();
const COUNT = Number(process.env.NABLA_GRAPHS ?? 2000);
const CHUNKS = 8;

console.log(`random graphs: NABLA_SEED=${BASE}`);

test("the seed is a number", () => {
  expect(Number.isInteger(BASE) && COUNT >= DEVICES.length).toBe(true);
});

const perDevice = Math.ceil(COUNT / DEVICES.length);
describe.each(DEVICES.map((name, i) => [name, i] as const))("%s", (device, index) => {
  const chunk = Math.ceil(perDevice / CHUNKS);
  test.each(Array.from({ length: CHUNKS }, (_, i) => i))(
    "random graphs, part %i",
    (part) => {
      for (let i = part * chunk; i < Math.min((part + 1) * chunk, perDevice); i++) {
        const seed = BASE + index * perDevice + i;
        checkOn(device, randomGraph(seed), `random graph NABLA_SEED=${seed}`);
      }
    },
    120_000,
  );
});

// What `native` would run on its first tier is compiled here: fewer graphs, in one program, because the
// compiler takes its time.
test.runIf(DEVICES.includes("native"))(
  "random graphs, compiled by the system's compiler",
  () => {
    process.env.NABLA_FIRST_TIER = "off";
    const graphs = Array.from({ length: Math.ceil(COUNT / 100) }, (_, i) => {
      const seed = BASE + COUNT + i;
      return { outputs: randomGraph(seed), what: `random graph NABLA_SEED=${seed}` };
    });
    try {
      checkTogether("native", graphs);
    } finally {
      delete process.env.NABLA_FIRST_TIER;
    }
  },
  240_000,
);
