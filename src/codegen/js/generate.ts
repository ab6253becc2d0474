import { type TypedArray } from "../../ir/dtype.ts";
import { type Kernel, type Stmt, type Value, type Var } from "../../compiler/loop/loop.ts";
import { HELPERS } from "./helpers.ts";
import { expression, wrap } from "./operations.ts";

// Loop language to JavaScript. A pointer is an index into its buffer's typed array; statements map
// one to one, so the source reads like the printed kernel.

/** A kernel as a function: `buffers` in the kernel's order, each starting where its argument does. */
export type CompiledKernel = (
  buffers: readonly TypedArray[],
  ints: readonly number[],
  scalars: readonly number[],
  begin: number,
  end: number,
) => void;

function show(value: Value): string {
  if (value.kind === "var") return `${value.mutable ? "m" : "v"}${value.id}`;
  const number = Object.is(value.value, -0) ? "-0" : String(value.value);
  const text = value.type.dtype === "i64" ? `${number}n` : number;
  // In parentheses, because an operator may come before it.
  return text.startsWith("-") ? `(${text})` : text;
}

function offsetBy(pointer: Var, offset: number): string {
  const place = offset === 0 ? "" : offset < 0 ? ` - ${-offset}` : ` + ${offset}`;
  return `${pointer.pointer!.name}[${show(pointer)}${place}]`;
}

function checkScalar(v: Value, kernel: string): void {
  if (v.type.lanes !== 1)
    throw new Error(`kernel ${kernel}: JavaScript has one lane, not ${v.type.lanes}`);
}

function writeStatements(body: readonly Stmt[], indent: string, lines: string[], name: string) {
  const inner = indent + "  ";
  const line = (text: string): void => void lines.push(indent + text);
  for (const s of body) {
    switch (s.kind) {
      case "let": {
        checkScalar(s.v, name);
        const from = s.args[s.op === "select" ? 1 : 0].type.dtype;
        line(`const ${show(s.v)} = ${expression(s.op, s.v.type, from, s.args.map(show))};`);
        break;
      }
      case "load":
        checkScalar(s.v, name);
        line(`const ${show(s.v)} = ${offsetBy(s.pointer, s.offset)};`);
        break;
      case "store":
        checkScalar(s.value, name);
        line(`${offsetBy(s.pointer, s.offset)} = ${show(s.value)};`);
        break;
      case "merge":
        checkScalar(s.v, name);
        line(
          `const ${show(s.v)} = ${show(s.low)} <= 0 && ${show(s.high)} > 0 ? ${offsetBy(s.pointer, 0)} : ${show(s.otherwise)};`,
        );
        break;
      case "transpose": {
        const element = (pointer: Var, row: string, stride: Value, column: string): string =>
          `${pointer.pointer!.name}[${show(pointer)} + ${row} * ${show(stride)} + ${column}]`;
        line(`for (let i = 0; i < ${s.lanes}; i++) for (let j = 0; j < ${s.lanes}; j++)`);
        line(
          `  ${element(s.to, "j", s.toStride, "i")} = ${element(s.from, "i", s.fromStride, "j")};`,
        );
        break;
      }
      case "address": {
        const from = s.base.kind === "buffer" ? "" : `${show(s.base)} + `;
        line(`const ${show(s.v)} = ${from}${show(s.index)};`);
        break;
      }
      case "mut":
        checkScalar(s.v, name);
        line(`let ${show(s.v)} = ${show(s.value)};`);
        break;
      case "set":
        line(`${show(s.v)} = ${show(s.value)};`);
        break;
      case "advance":
        line(`${show(s.v)} += ${show(s.by)};`);
        break;
      case "for": {
        const v = show(s.v);
        const step =
          s.step.kind === "literal" && s.step.value === 1 ? `${v}++` : `${v} += ${show(s.step)}`;
        line(`for (let ${v} = ${show(s.from)}; ${v} < ${show(s.to)}; ${step}) {`);
        writeStatements(s.body, inner, lines, name);
        line("}");
        break;
      }
      case "while":
        line("for (;;) {");
        writeStatements(s.test, inner, lines, name);
        lines.push(`${inner}if (${show(s.condition)} === 0) break;`);
        writeStatements(s.body, inner, lines, name);
        line("}");
        break;
      case "if":
        line(`if (${show(s.condition)} !== 0) {`);
        writeStatements(s.then, inner, lines, name);
        if (s.otherwise.length > 0) {
          line("} else {");
          writeStatements(s.otherwise, inner, lines, name);
        }
        line("}");
        break;
    }
  }
}

/** The source of a kernel: one function, which uses the functions of `HELPERS` by name. */
export function printSource(kernel: Kernel): string {
  // The prefix keeps a kernel from hiding the helper of its name.
  const name = `kernel_${kernel.name.replace(/[^A-Za-z0-9_]/g, "_")}`;
  const lines = [
    `function ${name}(buffers, ints, scalars, ${show(kernel.begin)}, ${show(kernel.end)}) {`,
  ];
  kernel.buffers.forEach((b, i) =>
    lines.push(`  const ${b.name} = buffers[${i}]; // ${b.access} ${b.dtype}`),
  );
  kernel.ints.forEach((v, i) => lines.push(`  const ${show(v)} = ints[${i}] | 0;`));
  kernel.scalars.forEach((v, i) =>
    lines.push(`  const ${show(v)} = ${wrap(v.type.dtype, `scalars[${i}]`)};`),
  );
  writeStatements(kernel.body, "  ", lines, kernel.name);
  lines.push("}");
  return lines.join("\n");
}

/** A kernel made ready to run. The optimiser of each kernel stands alone: it has a closure of its own. */
export function compileKernel(kernel: Kernel, source = printSource(kernel)): CompiledKernel {
  // The text is printed from the loop language above, and holds nothing that came from outside.
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  const make = new Function(...Object.keys(HELPERS), `"use strict";\nreturn ${source};`) as (
    ...helpers: unknown[]
  ) => CompiledKernel;
  return make(...Object.values(HELPERS));
}
