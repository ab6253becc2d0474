/** Builds the package: src/ to JavaScript, type declarations and source maps in dist/. */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { ROOT } from "./rooms.js";

// What an earlier build left must not stay in the package.
rmSync(path.join(ROOT, "dist"), { recursive: true, force: true });

const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
const { status, error } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], {
  cwd: ROOT,
  stdio: "inherit",
});
if (error) throw error;
process.exitCode = status ?? 1;
