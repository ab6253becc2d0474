import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { randomWords } from "../../src/data/random.ts";
import { nativeProblem } from "../../src/runtime/native/device.ts";
import { ROOT } from "../../tools/rooms.js";

/** Eight steps an epoch. */
const STEPS = 32;

/** Runs the training; kills it after some steps of its own, or returns what it ends with. */
function train(args: readonly string[], kill = Infinity): Promise<string | undefined> {
  const script = path.join(ROOT, "test/train/resume-process.ts");
  const child = spawn(process.execPath, ["--import", "tsx", script, ...args], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (text: string) => {
    printed += text;
    if (printed.split("\n").length > kill) child.kill("SIGKILL");
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (signal !== "SIGKILL" && code !== 0) reject(new Error(`the training failed (${code})`));
      else resolve(/^result (.*)$/m.exec(printed)?.[1]);
    });
  });
}

/** Tests that kill a training at random steps and let it go on, `rounds` times. */
export function describeResume(rounds: number): void {
  describe("a training that is killed and goes on", () => {
    let folder: string;
    beforeAll(() => {
      folder = mkdtempSync(path.join(tmpdir(), "nabla-resume-"));
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    for (const [device, precision] of [
      ["native", "f32"],
      ["wasm", "f32"],
      ["wasm", "f16"],
    ]) {
      const absent = device === "native" && nativeProblem() !== undefined;
      test.skipIf(absent)(
        `ends with the same bits as one that was not: ${device}, ${precision}, ${rounds} times`,
        async () => {
          const name = `${device}-${precision}`;
          const whole = await train([device, path.join(folder, `${name}-whole`), "3", precision]);
          expect(whole).toBeDefined();
          const draws = randomWords(2 * rounds, 7, device.length);
          const below = (n: number, i: number): number => Math.floor((draws[i] / 2 ** 32) * n);
          for (let round = 0; round < rounds; round++) {
            const checkpoint = path.join(folder, `${name}-${round}`);
            // From the first checkpoint to shortly before the end.
            const steps = 4 + below(STEPS - 8, 2 * round);
            const killed = await train([device, checkpoint, "3", precision], steps);
            expect(killed).toBeUndefined();
            expect(existsSync(checkpoint)).toBe(true);
            // Some are killed twice, the second time maybe before there was another checkpoint.
            if (round % 2 === 1)
              await train([device, checkpoint, "99", precision], 1 + below(6, 2 * round + 1));
            // Another seed: the checkpoint's counts.
            expect(await train([device, checkpoint, "1234", precision])).toBe(whole);
          }
        },
        (rounds + 1) * 60_000,
      );
    }
  });
}
