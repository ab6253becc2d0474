import { spawnSync } from "node:child_process";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { nativeProblem } from "../../src/runtime/native/device.ts";
import { ROOT } from "../../tools/rooms.js";

// Threads of the pool still look for work when a process ends right after a program: the code that they
// run must stay where it is until the end.

// More threads than processors, so that some are still busy when the last result is there.
const PROGRAM = `
  import { ones, setDevice } from ${JSON.stringify(path.join(ROOT, "src/index.ts"))};
  setDevice("native", { threads: 16 });
  const x = ones([512, 512]);
  for (let turn = 1; turn <= 20; turn++)
    if (x.mul(turn).matmul(x).at(0, 0).itemSync() !== 512 * turn) process.exitCode = 1;
`;

describe.skipIf(nativeProblem() !== undefined)("the end of a process", () => {
  it("comes in peace while the pool looks for work", () => {
    for (let round = 0; round < 10; round++) {
      const { stderr, signal, status } = spawnSync(
        process.execPath,
        ["--import", "tsx", "--input-type=module", "-e", PROGRAM],
        { cwd: ROOT, encoding: "utf8" },
      );
      expect({ stderr, signal, status }).toEqual({ stderr: "", signal: null, status: 0 });
    }
  });
});
