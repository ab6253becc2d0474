/**
 * The rooms of src/ in their order, and the rule on imports that follows from it. eslint.config.js
 * and test/architecture.test.ts both read this file; nothing else states the order.
 *
 * @module
 */
import path from "node:path";
import { fileURLToPath } from "node:url";

/** A room imports only from itself and from rooms that stand before it in this list. */
export const ROOMS = [
  "ir",
  "autodiff",
  "compiler",
  "codegen",
  "runtime",
  "tensor",
  "special",
  "complex",
  "fft",
  "linalg",
  "extra",
  "nn",
  "optim",
  "amp",
  "data",
  "metrics",
  "io",
  "models",
  "train",
  "tune",
  "explain",
  "distributed",
  "cli",
];

/** Rooms that hold one folder for each device. */
const DEVICE_ROOMS = ["codegen", "runtime"];

/**
 * Devices whose code is in a language of another name.
 *
 * @type {Record<string, string>}
 */
const LANGUAGES = { c: "native" };

/** The only file outside a device's own folders that may import them. */
const REGISTRY = "runtime/registry.ts";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));

/**
 * The room of a file, and the device whose folder it is in, if it is in one.
 *
 * @param {string} file its path below src/, as "codegen/js/generate.ts"
 */
function place(file) {
  const parts = file.split("/");
  const room = parts.length > 1 ? parts[0] : "";
  const folder = DEVICE_ROOMS.includes(room) && parts.length > 2 ? parts[1] : undefined;
  const device =
    room === "codegen" && folder !== undefined ? (LANGUAGES[folder] ?? folder) : folder;
  return { room, device, rank: ROOMS.indexOf(room) };
}

/**
 * What is wrong with an import between two files of src/: a sentence, or undefined where it is
 * allowed.
 *
 * @param {string} from path of the importing file below src/
 * @param {string} to path of the imported file below src/
 * @returns {string | undefined}
 */
export function importError(from, to) {
  if (!from.includes("/")) return undefined; // Entry points stand above every room.
  const here = place(from);
  const there = place(to);
  if (here.rank < 0) return `src/${here.room} is not in the list of rooms in tools/rooms.js`;
  if (!to.includes("/"))
    return `src/${to} is an entry point: import the file that defines the name`;
  if (there.rank < 0) return `src/${there.room} is not in the list of rooms in tools/rooms.js`;
  if (there.rank > here.rank) {
    return `src/${here.room} may import only from rooms before it in tools/rooms.js, and src/${there.room} comes later`;
  }
  if (there.device !== undefined && there.device !== here.device && from !== REGISTRY) {
    return here.device === undefined
      ? `the folders of a device are imported by src/${REGISTRY} alone`
      : `device ${here.device} may not import from device ${there.device}: share through the room's own files or an earlier room`;
  }
  return undefined;
}

/**
 * ESLint rule: static imports, re-exports, `import()` and `import("…")` types in src/ keep to the
 * order of the rooms, and name other files by relative paths.
 *
 * @type {import("eslint").Rule.RuleModule}
 */
export const importOrder = {
  meta: { type: "problem", schema: [] },
  create(context) {
    const src = path.join(ROOT, "src");
    const file = path.relative(src, context.filename).replaceAll(path.sep, "/");
    if (file.startsWith("..")) return {};

    /** @param {import("estree").Node | null | undefined} source */
    const check = (source) => {
      if (source?.type !== "Literal" || typeof source.value !== "string") return;
      const error = specifierError(src, context.filename, file, source.value);
      if (error !== undefined) context.report({ node: source, message: `${error}.` });
    };
    return {
      ImportDeclaration: (node) => check(node.source),
      ExportAllDeclaration: (node) => check(node.source),
      ExportNamedDeclaration: (node) => check(node.source),
      ImportExpression: (node) => check(node.source),
      /** @param {any} node `typeof import("…")`, a node that the types of ESLint do not know */
      TSImportType: (node) => check(node.source ?? node.argument?.literal),
    };
  },
};

/**
 * @param {string} src
 * @param {string} filename
 * @param {string} file
 * @param {string} specifier
 * @returns {string | undefined}
 */
function specifierError(src, filename, file, specifier) {
  if (/^nabla(\/|$)/.test(specifier)) {
    return `${specifier} is the package itself: import the file by its relative path`;
  }
  if (!specifier.startsWith(".")) return undefined;
  const target = path.relative(src, path.resolve(path.dirname(filename), specifier));
  const to = target.replaceAll(path.sep, "/");
  return to.startsWith("..") ? `${specifier} lies outside src/` : importError(file, to);
}
