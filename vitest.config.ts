import { fileURLToPath } from "node:url";
import { configDefaults, defineConfig } from "vitest/config";

const source = (path: string): string => fileURLToPath(new URL(`src/${path}`, import.meta.url));

// `npm test` leaves out *.full.test.ts: longer runs of what the other tests check in short.
export default defineConfig(({ mode }) => ({
  resolve: {
    alias: [
      { find: /^nabla$/, replacement: source("index.ts") },
      { find: /^nabla\/(.+)$/, replacement: source("$1/index.ts") },
    ],
  },
  test: {
    include: ["test/**/*.test.ts"],
    exclude: [...configDefaults.exclude, ...(mode === "full" ? [] : ["test/**/*.full.test.ts"])],
    // A process a file: devices start threads of their own, and the default device is global.
    pool: "forks",
    maxWorkers: 2,
    env: { NABLA_TEST_MODE: mode },
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
}));
