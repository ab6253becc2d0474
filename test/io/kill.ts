import { build } from "esbuild";
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { randomWords } from "../../src/data/random.ts";
import { loadSharded, openSafetensors } from "../../src/io/index.ts";
import { ROOT } from "../../tools/rooms.js";

/** Milliseconds from the first save after which a process has been killed at the latest. */
const WITHIN = 60;

/** Runs the writer until it has saved once and some time has passed, and kills it. */
function killed(args: readonly string[], after: number): Promise<number> {
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let printed = "";
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (text: string) => {
    if (printed === "") setTimeout(() => child.kill("SIGKILL"), after);
    printed += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (signal !== "SIGKILL") reject(new Error(`the writer ended by itself (${code})`));
      // The last whole line.
      else resolve(Number(printed.slice(0, printed.lastIndexOf("\n")).split("\n").at(-1)));
    });
  });
}

/** The one value that all tensors have. */
async function versionOf(kind: string, target: string): Promise<number> {
  const found = new Set<number>();
  if (kind === "sharded") {
    for (const x of Object.values(await loadSharded(target)))
      for (const value of await x.data()) found.add(value);
  } else {
    const file = await openSafetensors(target);
    for (const x of Object.values(await file.readAll()))
      for (const value of await x.data()) found.add(value);
    const { version, "nabla.checkpoint": checkpoint } = file.metadata;
    found.add(Number(version ?? (JSON.parse(checkpoint) as { step: number }).step));
    await file.close();
  }
  expect([...found]).toHaveLength(1);
  return [...found][0];
}

/** Tests that kill processes in the middle of their saves, `kills` of them for each kind of file. */
export function describeKills(kills: number): void {
  describe("a process that is killed while it saves", () => {
    let folder: string;
    let writer: string;

    beforeAll(async () => {
      folder = mkdtempSync(path.join(tmpdir(), "nabla-kill-"));
      writer = path.join(folder, "writer.mjs");
      await build({
        entryPoints: [path.join(ROOT, "test/io/kill-process.ts")],
        outfile: writer,
        bundle: true,
        platform: "node",
        format: "esm",
        target: "node20",
        external: ["koffi"],
        logLevel: "silent",
      });
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    test.each(["file", "checkpoint", "sharded"])(
      `leaves the last good one: ${kills} × %s`,
      async (kind) => {
        const inside = path.join(folder, kind);
        const target = kind === "sharded" ? inside : path.join(folder, `${kind}.safetensors`);
        const times = randomWords(kills, 1, kind.length);
        let version = 0;
        for (let i = 0; i < kills; i++) {
          const after = (times[i] / 2 ** 32) * WITHIN;
          const told = await killed([writer, kind, target, String(version + 1)], after);
          const found = await versionOf(kind, target);
          // What it told is saved; the save after it may have come to its end, too.
          expect([told, told + 1]).toContain(found);
          version = found;
        }
        // Each process removes what those before it left unfinished.
        const where = kind === "sharded" ? target : folder;
        const name = kind === "sharded" ? "model-" : `${kind}.`;
        const left = readdirSync(where).filter((file) => file.startsWith(`.${name}`));
        expect(left.length).toBeLessThanOrEqual(kind === "sharded" ? 8 : 1);
      },
      kills * 3_000 + 30_000,
    );
  });
}
