/**
 * Runs benchmarks/main.ts with the arguments given: `npm run bench -- --help` lists them. The
 * frameworks that it compares against are installed under benchmarks/ the first time.
 */
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { ROOT } from "./rooms.js";

const folder = path.join(ROOT, "benchmarks");

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {string} cwd
 */
function runOrExit(command, args, cwd) {
  // npm is a script on Windows, which only a shell can start.
  const shell = process.platform === "win32" && command === "npm";
  const { status, error } = spawnSync(command, args, { cwd, shell, stdio: "inherit" });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

const installed = path.join(folder, "node_modules/.package-lock.json");
const wanted = path.join(folder, "package-lock.json");
if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(wanted).mtimeMs) {
  runOrExit("npm", ["ci", "--no-audit"], folder);
}

const tsx = createRequire(import.meta.url).resolve("tsx/cli");
const args = [tsx, path.join(folder, "main.ts"), ...process.argv.slice(2)];
runOrExit(process.execPath, args, ROOT);
