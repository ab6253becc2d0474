import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const tsx = createRequire(import.meta.url).resolve("tsx/cli");

/** What `npm run example -- …` does. */
export function runExamples(...args: string[]): {
  status: number | null;
  stdout: string;
  stderr: string;
} {
  return spawnSync(process.execPath, [tsx, "examples/run.ts", ...args], {
    cwd: root,
    encoding: "utf8",
  });
}

/** The line of JSON that an example prints. */
export interface Printed {
  readonly example: string;
  readonly epochs: number;
  readonly figures: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly pytorch: {
    readonly epochs: number;
    readonly recorded: boolean;
    readonly figures: Readonly<Record<string, number>>;
  };
}
