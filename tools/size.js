/**
 * Prints what a browser loads, bundled, minified and gzipped: of the core (tensors, derivatives, the
 * compiler and its devices: `nabla` without the layers of `nn` and the optimisers of `optim`, of which
 * a bundler takes what a program uses), and of a whole program, the one on README's first page. Fails
 * above the limit, and when a bundle could not start in a browser because it imports a module of Node
 * statically.
 */
import { build } from "esbuild";
import { readFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { ROOT } from "./rooms.js";

const LIMIT = 120 * 1024;

const entry = readFileSync(path.join(ROOT, "src/index.ts"), "utf8");
const LAYERS = /^export \* as (nn|optim) from .*\n/gm;
if (entry.match(LAYERS)?.length !== 2)
  throw new Error("src/index.ts no longer exports nn and optim");

// From their own entry points: esbuild takes a namespace that is exported as a name whole.
const PROGRAM = `
  import * as nn from "./nn/index.ts";
  import * as optim from "./optim/index.ts";
  class Net extends nn.Module {
    fc1 = new nn.Linear(784, 128);
    fc2 = new nn.Linear(128, 64);
    fc3 = new nn.Linear(64, 10);
    forward(x) {
      x = this.fc1.forward(x).relu();
      x = this.fc2.forward(x).relu();
      return this.fc3.forward(x);
    }
  }
  const net = new Net();
  const criterion = new nn.CrossEntropyLoss();
  const optimizer = new optim.Adam(net.parameters(), { lr: 0.001 });
  export function step(data, target) {
    optimizer.zeroGrad();
    const loss = criterion.forward(net.forward(data), target);
    loss.backward();
    optimizer.step();
    return loss;
  }
`;

for (const [name, contents] of [
  ["core", entry.replace(LAYERS, "")],
  ["program", PROGRAM],
]) {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: path.join(ROOT, "src"), loader: "ts" },
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
  console.log(`${name}: ${bundle.length} bytes minified, ${bytes} gzipped (limit ${LIMIT})`);
  const output = Object.values(metafile.outputs)[0];
  if (bytes > LIMIT) {
    console.error(`size: ${bytes - LIMIT} bytes too many. The largest files:`);
    const files = Object.entries(output.inputs);
    files.sort(([, a], [, b]) => b.bytesInOutput - a.bytesInOutput);
    for (const [file, { bytesInOutput }] of files.slice(0, 15)) {
      console.error(`  ${String(bytesInOutput).padStart(7)}  ${file}`);
    }
    process.exitCode = 1;
  }
  const modules = output.imports
    .filter(({ path: module, kind }) => module.startsWith("node:") && kind === "import-statement")
    .map(({ path: module }) => module);
  if (modules.length > 0) {
    console.error(`size: a browser has no ${modules.join(", ")}, which the bundle imports`);
    process.exitCode = 1;
  }
}
