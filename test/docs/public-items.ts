import path from "node:path";
import ts from "typescript";
import { ROOT } from "../../tools/rooms.js";

/** A function or class that users can import, with what its comment says. */
export interface PublicItem {
  readonly name: string;
  /** Path of its file below the root. */
  readonly file: string;
  readonly documented: boolean;
  readonly example: string | undefined;
}

/** The entry points by the name that users import them by. */
export const ENTRIES: Readonly<Record<string, string>> = {
  nabla: "src/index.ts",
  "nabla/nn": "src/nn/index.ts",
  "nabla/optim": "src/optim/index.ts",
  "nabla/amp": "src/amp/index.ts",
  "nabla/data": "src/data/index.ts",
  "nabla/metrics": "src/metrics/index.ts",
  "nabla/extra": "src/extra/index.ts",
  "nabla/special": "src/special/index.ts",
  "nabla/complex": "src/complex/index.ts",
  "nabla/fft": "src/fft/index.ts",
  "nabla/linalg": "src/linalg/index.ts",
  "nabla/io": "src/io/index.ts",
  "nabla/train": "src/train/index.ts",
};

/** The project's compiler settings. */
export function compilerOptions(): ts.CompilerOptions {
  const file = path.join(ROOT, "tsconfig.json");
  const { config } = ts.readConfigFile(file, (name) => ts.sys.readFile(name)) as {
    config: unknown;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  return { ...options, incremental: false, tsBuildInfoFile: undefined };
}

/** The names that an entry point exports as values. */
export function exportedValues(program: ts.Program, entry: string): string[] {
  const checker = program.getTypeChecker();
  return exportsOf(program, entry)
    .filter((symbol) => resolve(symbol, checker).flags & ts.SymbolFlags.Value)
    .map((symbol) => symbol.name);
}

/** The names that an entry point exports as nothing but types. */
export function exportedTypes(program: ts.Program, entry: string): string[] {
  const values = new Set(exportedValues(program, entry));
  return exportsOf(program, entry)
    .map((symbol) => symbol.name)
    .filter((name) => !values.has(name));
}

/** Every function and class of the entry points, and of the namespaces that they export. */
export function publicItems(program: ts.Program): PublicItem[] {
  const checker = program.getTypeChecker();
  const seen = new Set<ts.Symbol>();
  const items: PublicItem[] = [];
  const visit = (exported: ts.Symbol, name: string): void => {
    const symbol = resolve(exported, checker);
    if (seen.has(symbol)) return;
    seen.add(symbol);
    if (symbol.flags & ts.SymbolFlags.ValueModule) {
      for (const inner of checker.getExportsOfModule(symbol)) visit(inner, `${name}.${inner.name}`);
      return;
    }
    const tags = symbol.getJsDocTags(checker);
    if (!isCallable(symbol, checker) || tags.some((tag) => tag.name === "internal")) return;
    const example = tags.find((tag) => tag.name === "example");
    items.push({
      name,
      file: path.relative(ROOT, symbol.declarations![0].getSourceFile().fileName),
      documented: symbol.getDocumentationComment(checker).length > 0,
      example: example && ts.displayPartsToString(example.text),
    });
  };
  for (const entry of Object.values(ENTRIES))
    for (const symbol of exportsOf(program, entry)) visit(symbol, symbol.name);
  return items;
}

function exportsOf(program: ts.Program, entry: string): ts.Symbol[] {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(path.join(ROOT, entry))!;
  return checker.getExportsOfModule(checker.getSymbolAtLocation(source)!);
}

const resolve = (symbol: ts.Symbol, checker: ts.TypeChecker): ts.Symbol =>
  symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;

function isCallable(symbol: ts.Symbol, checker: ts.TypeChecker): boolean {
  if (!(symbol.flags & ts.SymbolFlags.Value)) return false;
  const type = checker.getTypeOfSymbol(symbol);
  return (
    type.getCallSignatures().length > 0 ||
    type.getConstructSignatures().length > 0 ||
    (symbol.flags & ts.SymbolFlags.Class) !== 0
  );
}
