import { afterEach, expect, test, vi } from "vitest";
import { manualSeed, nn, randn, setDevice, tensor } from "../../src/index.ts";

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** What `NABLA_DEBUG=stages` prints while `run` runs. */
function debugOutput(stages: string, run: () => void): string {
  const lines: unknown[] = [];
  vi.spyOn(console, "error").mockImplementation((text: unknown) => void lines.push(text));
  vi.stubEnv("NABLA_DEBUG", stages);
  run();
  return lines.join("\n");
}

/** Scores of a layer, the largest of each row taken away: a contraction and a region of rows. */
function centred(rows: number): () => number[] {
  manualSeed(0);
  setDevice("js");
  const layer = new nn.Linear(4, 3);
  const x = randn([rows, 4]);
  x.dataSync();
  layer.weight.dataSync();
  return () => {
    const scores = layer.forward(x).relu();
    return Array.from(scores.sub(scores.amax(1, { keepdim: true })).dataSync());
  };
}

test("every stage shows what it made", () => {
  const text = debugOutput("graph,simplify,fuse,schedule,memory,code", centred(2));
  for (const stage of ["graph", "simplify", "fuse", "schedule", "memory", "code"])
    expect(text).toContain(`── ${stage} ──\n`);
  expect(text).toMatch(/%\d+ = dot\(%\d+, %\d+\) .* : f32\[2, 3\]/);
  expect(text).toMatch(/contract over \[2, 3\]\n {2}%\d+ \(not stored\) = dot\(%\d+, %\d+\)/);
  expect(text).toMatch(
    /rows over \[2, 3\], reduced axes \[1\]\n {2}%\d+ \(not stored\) = reduceMax/,
  );
  expect(text).toMatch(/dot_.*: .*read %\d+.*write %\d+; pieces 1, cost \d+/);
  expect(text).toMatch(/arena \d+ bytes, scratch \d+ bytes a thread\n/);
  expect(text).toMatch(/output 0: f32\[6\], 24 bytes, steps 1 to 1/);
});

test("only the stages that were named are shown, and nothing without NABLA_DEBUG", () => {
  const run = centred(3);
  const text = debugOutput("schedule", run);
  expect(text).toMatch(/^── schedule ──\n/);
  expect(text).not.toMatch(/── (graph|simplify|fuse|memory|code) ──/);
  expect(debugOutput("", () => void tensor([1, 2, 3]).mul(2.5).dataSync())).toBe("");
});

test("views and gathers are readable", () => {
  setDevice("js");
  const x = tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  const text = debugOutput("fuse", () => {
    x.T.add(1).dataSync();
    x.indexSelect(1, tensor([2, 0], { dtype: "i32" })).dataSync();
  });
  expect(text).toContain("= add(%0[i0 + 3·i1], 1)");
  expect(text).toMatch(/= %\d+\[3·i0 \+ 1·\(%\d+\[i1\]\)\]/);
});
