/**
 * Prints the size of the core (`nabla`, all of it) as a browser would load it: bundled, minified,
 * gzipped. Fails above the limit, and when the bundle could not start in a browser because it imports
 * a module of Node statically.
 */
import { build } from "esbuild";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { ROOT } from "./rooms.js";

const LIMIT = 120 * 1024;

const { outputFiles, metafile } = await build({
  entryPoints: [path.join(ROOT, "src/index.ts")],
  bundle: true,
  minify: true,
  format: "esm",
  platform: "browser",
  target: "es2022",
  // Devices in Node load these when they start, behind a check; a browser never reaches them.
  external: ["node:*"],
  write: false,
  metafile: true,
  absWorkingDir: ROOT,
  logLevel: "warning",
});

const bundle = outputFiles[0].contents;
const bytes = gzipSync(bundle, { level: 9 }).length;
console.log(`nabla: ${bundle.length} bytes minified, ${bytes} gzipped (limit ${LIMIT})`);
if (bytes > LIMIT) {
  console.error(`size: ${bytes - LIMIT} bytes too many. The largest files:`);
  const files = Object.entries(Object.values(metafile.outputs)[0].inputs);
  files.sort(([, a], [, b]) => b.bytesInOutput - a.bytesInOutput);
  for (const [file, { bytesInOutput }] of files.slice(0, 15)) {
    console.error(`  ${String(bytesInOutput).padStart(7)}  ${file}`);
  }
  process.exitCode = 1;
}

// `await import("node:…")` runs only where it is reached; a static import stops the whole page.
for (const { path: name, kind } of Object.values(metafile.outputs)[0].imports) {
  if (kind === "dynamic-import") continue;
  console.error(
    `size: the bundle imports ${name} statically; load it with import() where Node needs it`,
  );
  process.exitCode = 1;
}
