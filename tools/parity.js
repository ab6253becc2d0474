/**
 * Compares the library with PyTorch on all samples that PyTorch has for its own operators:
 *
 *     node tools/parity.js [--devices js,wasm,native]    all of them
 *     node tools/parity.js sample                        writes the selection that `npm test` uses
 *     node tools/parity.js install                       only installs PyTorch
 *     node tools/parity.js fixtures                      makes committed vectors anew, and compares
 *
 * Needs Python 3.10 or later. PyTorch comes into a virtual environment in node_modules/.cache/parity,
 * unless `NABLA_PARITY_PYTHON` names a Python that has it.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "./rooms.js";

const PACKAGES = ["torch==2.13.*", "numpy", "scipy", "expecttest", "opt_einsum"];
/** Scripts whose vectors are committed, which compare them with PyTorch's when given --check. */
const FIXTURES = [
  "fixtures-optim.py",
  "fixtures-dtypes.py",
  "fixtures-layers.py",
  "fixtures-amp.py",
];
const cache = path.join(ROOT, "node_modules/.cache/parity");

/**
 * @param {string} command
 * @param {string[]} args
 */
function run(command, args) {
  execFileSync(command, args, { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"] });
}

/** @returns {string} a Python that has PyTorch */
function python() {
  const given = process.env.NABLA_PARITY_PYTHON;
  if (given) return given;
  const own = path.join(cache, "venv/bin/python");
  const complete = path.join(cache, "venv/complete");
  if (!existsSync(complete)) {
    run("python3", ["-m", "venv", path.join(cache, "venv")]);
    run(own, ["-m", "pip", "install", "--quiet", ...PACKAGES]);
    writeFileSync(complete, "");
  }
  return own;
}

/** @param {string[]} args */
const tsx = (...args) => run(process.execPath, ["--import", "tsx", ...args]);

mkdirSync(cache, { recursive: true });
if (process.argv[2] === "install") {
  python();
  process.exit();
}
if (process.argv[2] === "fixtures") {
  for (const name of FIXTURES) run(python(), [path.join(ROOT, "tools", name), "--check"]);
  process.exit();
}
const script = path.join(ROOT, "tools/parity-vectors.py");
const names = path.join(cache, "names");
const list = execFileSync(process.execPath, ["--import", "tsx", "test/parity/names.ts"], {
  cwd: ROOT,
  encoding: "utf8",
});
writeFileSync(names, list);

if (process.argv[2] === "sample") {
  run(python(), [script, "names", path.join(ROOT, "test/parity/op-db.json")]);
  run(python(), [script, "sample", path.join(ROOT, "test/parity/vectors.jsonl.gz"), names]);
} else {
  const vectors = path.join(cache, "vectors.jsonl");
  run(python(), [script, "all", vectors, names]);
  tsx("test/parity/main.ts", vectors, ...process.argv.slice(2));
}
