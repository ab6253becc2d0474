import path from "node:path";
import ts from "typescript";
import { beforeAll, describe, expect, it, test } from "vitest";
import * as amp from "../../src/amp/index.ts";
import * as complex from "../../src/complex/index.ts";
import * as data from "../../src/data/index.ts";
import * as extra from "../../src/extra/index.ts";
import * as fft from "../../src/fft/index.ts";
import * as nabla from "../../src/index.ts";
import * as io from "../../src/io/index.ts";
import * as linalg from "../../src/linalg/index.ts";
import * as metrics from "../../src/metrics/index.ts";
import * as special from "../../src/special/index.ts";
import * as train from "../../src/train/index.ts";
import { ROOT } from "../../tools/rooms.js";
import { checkValue, readExpected } from "./expected.ts";
import {
  compilerOptions,
  ENTRIES,
  exportedTypes,
  exportedValues,
  type PublicItem,
  publicItems,
} from "./public-items.ts";

// What examples may use without making it: a program that is under way.
const AROUND = `
  class Net extends nn.Module {
    fc1 = new nn.Linear(784, 10);
    forward(x: Tensor): Tensor { return this.fc1.forward(x); }
  }
  const net = new Net();
  const copy = new Net();
  const criterion = new nn.CrossEntropyLoss();
  const optimizer = new optim.Adam(net.parameters());
  const images = rand([4, 784]);
  const labels = randint(0, 10, [4]);
  const dataset = new TensorDataset(images, labels);
  const testLoader = new DataLoader(dataset, { batchSize: 2 });
  const loss = criterion.forward(net.forward(images), labels);
  const x = randn([3, 4]);
`;
const ROOMS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "nabla/amp": amp,
  "nabla/data": data,
  "nabla/extra": extra,
  "nabla/linalg": linalg,
  "nabla/metrics": metrics,
  "nabla/special": special,
  "nabla/complex": complex,
  "nabla/fft": fft,
  "nabla/io": io,
  "nabla/train": train,
};
const OWN = Object.keys(ROOMS);
/** All names; the core's first where a room has the same. */
const EVERYTHING = Object.assign({}, ...Object.values(ROOMS), nabla) as Record<string, unknown>;

const options = compilerOptions();
const entries = Object.values(ENTRIES).map((entry) => path.join(ROOT, entry));
const program = ts.createProgram(entries, options);
const items = publicItems(program);

/** The names of the package, the room's own first where two have the same. */
function imports(room: string): string {
  const taken = new Set<string>();
  const rooms = ["nabla", ...OWN].sort((a, b) => Number(b === room) - Number(a === room));
  return rooms
    .map((name) => {
      const free = (names: string[]): string[] => names.filter((x) => !taken.has(x));
      // `variance` is also exported by the name of the method, which is none for a variable.
      const values = free(exportedValues(program, ENTRIES[name])).filter((x) => x !== "var");
      const types = free(exportedTypes(program, ENTRIES[name]));
      for (const x of [...values, ...types]) taken.add(x);
      const list = [...values, ...types.map((x) => `type ${x}`)].join(", ");
      return `import { ${list} } from "${name}";`;
    })
    .join("\n");
}

const roomOf = (item: PublicItem): string => `nabla/${item.file.split("/")[1]}`;

test("all public functions and classes are documented, with an example", () => {
  expect(items.length).toBeGreaterThan(250);
  expect(items.filter((item) => !item.documented).map((item) => item.name)).toEqual([]);
  expect(items.filter((item) => !item.example).map((item) => item.name)).toEqual([]);
});

test("examples are right for the type checker", () => {
  const files = new Map<string, string>();
  for (const room of ["nabla", ...OWN]) {
    const own = items.filter(
      (item) => (OWN.includes(roomOf(item)) ? roomOf(item) : "nabla") === room,
    );
    const bodies = own.map(({ name, example }) => `// ${name}\nasync () => {\n${example}\n};`);
    const text = `${imports(room)}\n${AROUND}\n${bodies.join("\n")}\nexport {};\n`;
    files.set(path.join(ROOT, `examples-of-${room.replace("/", "-")}.ts`), text);
  }
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (name) => files.has(name) || fileExists.call(host, name);
  host.readFile = (name) => files.get(name) ?? readFile.call(host, name);
  host.getSourceFile = (name, ...rest) =>
    files.has(name)
      ? ts.createSourceFile(name, files.get(name)!, ts.ScriptTarget.ES2022)
      : (program.getSourceFile(name) ?? getSourceFile.call(host, name, ...rest));
  const checked = ts.createProgram({
    rootNames: [...files.keys()],
    options: { ...options, noUnusedLocals: false, noUnusedParameters: false },
    host,
  });
  const problems = [...files.keys()].flatMap((name) => {
    const source = checked.getSourceFile(name)!;
    const found = [
      ...checked.getSyntacticDiagnostics(source),
      ...checked.getSemanticDiagnostics(source),
    ];
    return found.map(({ messageText, start }) => {
      const before = source.text.slice(0, start);
      const item = before.slice(before.lastIndexOf("\n// ") + 4).split("\n")[0];
      return `${item}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
    });
  });
  expect(problems).toEqual([]);
});

describe("values that examples give are right", () => {
  const STATEMENT = /^(?!const |let |class |for )(.+); \/\/ (.+)$/gm;
  const AsyncFunction = (async () => undefined).constructor as new (
    ...texts: string[]
  ) => (...values: unknown[]) => Promise<unknown>;
  let around: Record<string, unknown>;

  /** Runs TypeScript in which the names of `scope` are known, and may be defined anew. */
  const run = (code: string, scope: Record<string, unknown>): Promise<unknown> => {
    const { outputText } = ts.transpileModule(`{\n${code}\n}`, {
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
    });
    const known = Object.entries(scope).filter(([name]) => name !== "var");
    const body = new AsyncFunction(...known.map(([name]) => name), outputText);
    return body(...known.map(([, value]) => value));
  };

  beforeAll(async () => {
    nabla.manualSeed(0);
    const names = [...AROUND.matchAll(/const (\w+)/g)].map(([, name]) => name);
    const code = `${AROUND}\nreturn { Net, ${names.join(", ")} };`;
    around = (await run(code, EVERYTHING)) as Record<string, unknown>;
  });

  const checkable = items.filter(({ example }) =>
    [...(example ?? "").matchAll(STATEMENT)].some(([, , comment]) => readExpected(comment)),
  );
  it.each(checkable.map((item) => [item.name, item] as const))("%s", async (_, item) => {
    const room = roomOf(item);
    const own = ROOMS[room] ?? nabla;
    const code = item.example!.replace(
      STATEMENT,
      (_, expression: string, comment: string) =>
        `checkValue(${expression}, ${JSON.stringify(comment)});`,
    );
    await run(code, { ...EVERYTHING, ...own, ...around, checkValue });
  });
});
