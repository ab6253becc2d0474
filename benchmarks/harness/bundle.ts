import { build } from "esbuild";
import { readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { type Framework } from "../peers/framework.ts";
import { BENCHMARKS, BUILT } from "./environment.ts";

const WORKLOADS = path.join(BENCHMARKS, "workloads");

/**
 * Makes JavaScript of the programs of these frameworks, and of Nabla, so that their processes run nothing
 * but Node: a loader of TypeScript has a thread and memory of its own.
 */
export async function bundle(frameworks: readonly Framework[]): Promise<void> {
  const programs = frameworks
    .filter(({ runtime }) => runtime === "node")
    .flatMap(({ program }) => programFiles(`${program}.ts`));
  rmSync(BUILT, { recursive: true, force: true });
  await build({
    entryPoints: [path.join(BENCHMARKS, "harness/serve.ts"), ...programs],
    outdir: BUILT,
    outbase: BENCHMARKS,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    // The same modules for all, so that there is one registry of kernels and gradients of tfjs.
    mainFields: ["module", "main"],
    // Those with libraries of machine code find them beside their own files.
    external: ["onnxruntime-node", "koffi"],
    banner: { js: REQUIRE },
    tsconfig: path.join(BENCHMARKS, "../tsconfig.json"),
    logLevel: "error",
  });
}

// What bundled CommonJS expects.
const REQUIRE = `import { createRequire as makeRequire } from "node:module";
const require = makeRequire(import.meta.url);
const __filename = require("node:url").fileURLToPath(import.meta.url);
const __dirname = require("node:path").dirname(__filename);`;

/** The files of this name in the folders of the workloads. */
const programFiles = (name: string): string[] =>
  readdirSync(WORKLOADS, { recursive: true, encoding: "utf8" })
    .filter((file) => path.basename(file) === name)
    .map((file) => path.join(WORKLOADS, file));
