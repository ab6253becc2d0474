import {
  type BufferParam,
  type Kernel,
  type Stmt,
  type Type,
  type Value,
  type Var,
} from "../../compiler/loop/loop.ts";
import { type DType, isNarrow, itemBytes } from "../../ir/dtype.ts";
import { KERNEL_PARAMETERS, SCALAR_BYTES } from "./abi.ts";
import { STREAM_END } from "./block-helpers.ts";
import { createHelpers } from "./helpers.ts";
import { type Context, expression, showArgument } from "./operations.ts";
import { createTypes, type Element, ELEMENT_BYTES, memoryElement } from "./types.ts";

// Loop language to C. A pointer is a C pointer; statements map one to one, so the source reads like
// the printed kernel.

/** A kernel and the name of the function that it becomes. */
export interface NamedKernel {
  readonly symbol: string;
  readonly kernel: Kernel;
}

/**
 * The source of a translation unit that exports one function for each kernel.
 *
 * @param vectorBytes the width of the machine's vectors
 */
export function generateSource(kernels: readonly NamedKernel[], vectorBytes: number): string {
  const types = createTypes(vectorBytes);
  const context: Context = { types, helpers: createHelpers(types) };
  const functions = kernels.map(({ kernel, symbol }) => new Writer(context).kernel(kernel, symbol));
  return [
    "#ifndef __has_builtin\n#define __has_builtin(x) 0\n#endif",
    ...types.declarations,
    ...context.helpers.definitions,
    ...functions,
    "",
  ].join("\n");
}

class Writer {
  private readonly context: Context;
  private readonly lines: string[] = [];
  private indent = "  ";

  constructor(context: Context) {
    this.context = context;
  }

  kernel(kernel: Kernel, symbol: string): string {
    this.lines.push(
      `// ${kernel.name}`,
      `void ${symbol}(${KERNEL_PARAMETERS}) {`,
      `  i32 ${this.show(kernel.begin)} = begin, ${this.show(kernel.end)} = end;`,
    );
    kernel.buffers.forEach((b, i) => this.line(this.bufferDeclaration(b, i)));
    kernel.scalars.forEach((v, i) => {
      // Integers of fewer bits are handed over as i32.
      const { dtype } = v.type;
      const slot = itemBytes(dtype) >= 4 ? dtype : "i32";
      this.line(
        `const ${this.type(v.type)} ${this.show(v)} = *(const ${slot} *)((char *)scalars + ${SCALAR_BYTES * i});`,
      );
    });
    kernel.ints.forEach((v, i) =>
      this.line(`const i32 ${this.show(v)} = ((const i32 *)ints)[${i}];`),
    );
    this.statements(kernel.body);
    if (kernel.buffers.some(({ access }) => access === "stream")) this.lines.push(STREAM_END);
    this.lines.push("}");
    return this.lines.join("\n");
  }

  private bufferDeclaration({ name, dtype, access }: BufferParam, i: number): string {
    const type = `${access === "read" ? "const " : ""}${memoryElement(dtype)} *`;
    const place =
      access === "scratch"
        ? `(char *)scratch + ((__INTPTR_TYPE__ *)buffers)[${i}]`
        : `((char **)buffers)[${i}]`;
    return `${type}const ${name} = (${type})(${place});`;
  }

  private line(text: string): void {
    this.lines.push(this.indent + text);
  }

  private show(value: Value): string {
    return showArgument(this.context, value).text;
  }

  private type(type: Type): string {
    return this.context.types.of(type);
  }

  private statements(body: readonly Stmt[]): void {
    for (const s of body) this.statement(s);
  }

  private nested(body: readonly Stmt[]): void {
    this.indent += "  ";
    this.statements(body);
    this.indent = this.indent.slice(2);
  }

  private statement(s: Stmt): void {
    switch (s.kind) {
      case "let": {
        const args = s.args.map((x) => showArgument(this.context, x));
        const text = expression(this.context, s.op, s.v.type, args);
        return this.line(`const ${this.type(s.v.type)} ${this.show(s.v)} = ${text};`);
      }
      case "load":
        return this.line(`const ${this.type(s.v.type)} ${this.show(s.v)} = ${this.load(s)};`);
      case "store":
        return this.store(s);
      case "merge": {
        const { lanes } = s.v.type;
        const { dtype } = s.pointer.pointer!;
        const element = memoryElement(dtype);
        const otherwise = this.narrowed(dtype, s.otherwise);
        const place = [s.pointer, s.low, s.high].map((x) => this.show(x));
        const merged = this.context.helpers.merge(
          element,
          lanes,
          [...place, otherwise],
          s.stride && this.show(s.stride),
        );
        const value = this.widened(dtype, merged, s.v.type);
        return this.line(`const ${this.type(s.v.type)} ${this.show(s.v)} = ${value};`);
      }
      case "transpose": {
        const element = memoryElement(s.from.pointer!.dtype);
        const args = [s.from, s.fromStride, s.to, s.toStride].map((x) => this.show(x));
        return this.line(`${this.context.helpers.transpose(element, s.lanes, args)};`);
      }
      case "address": {
        const [base, buffer] =
          s.base.kind === "buffer" ? [s.base.name, s.base] : [this.show(s.base), s.base.pointer!];
        return this.line(
          `${this.pointer(buffer)}const ${this.show(s.v)} = ${base} + ${this.show(s.index)};`,
        );
      }
      case "mut": {
        const { pointer } = s.v;
        const type = pointer ? this.pointer(pointer) : `${this.type(s.v.type)} `;
        return this.line(`${type}${this.show(s.v)} = ${this.show(s.value)};`);
      }
      case "set":
        return this.line(`${this.show(s.v)} = ${this.show(s.value)};`);
      case "advance":
        return this.line(`${this.show(s.v)} += ${this.show(s.by)};`);
      case "for": {
        const v = this.show(s.v);
        const head = `i32 ${v} = ${this.show(s.from)}; ${v} < ${this.show(s.to)}; ${v} += ${this.show(s.step)}`;
        this.line(`for (${head}) {`);
        this.nested(s.body);
        return this.line("}");
      }
      case "while":
        this.line("for (;;) {");
        this.nested(s.test);
        this.line(`  if (!${this.show(s.condition)}) break;`);
        this.nested(s.body);
        return this.line("}");
      case "if":
        this.line(`if (${this.show(s.condition)}) {`);
        this.nested(s.then);
        if (s.otherwise.length > 0) {
          this.line("} else {");
          this.nested(s.otherwise);
        }
        return this.line("}");
    }
  }

  private pointer({ dtype, access }: BufferParam): string {
    return `${access === "read" ? "const " : ""}${memoryElement(dtype)} *`;
  }

  private place(pointer: Var, offset: number): string {
    const p = this.show(pointer);
    return offset === 0 ? p : offset < 0 ? `${p} - ${-offset}` : `${p} + ${offset}`;
  }

  private load(s: Extract<Stmt, { kind: "load" }>): string {
    const { lanes } = s.v.type;
    const { dtype } = s.pointer.pointer!;
    const place = this.place(s.pointer, s.offset);
    if (lanes === 1) return `*(${place})`;
    const { types } = this.context;
    const element = memoryElement(dtype);
    const bytes = s.stride
      ? this.gather(place, element, lanes, this.show(s.stride))
      : `*(const ${types.unaligned(element, lanes)} *)(${place})`;
    return this.widened(dtype, bytes, s.v.type);
  }

  /** A vector of memory as a value: bytes that are 0 or 1 as a mask, bits of narrow elements as i32. */
  private widened(dtype: DType, bytes: string, type: Type): string {
    if (dtype !== "bool" && !isNarrow(dtype)) return bytes;
    return `${dtype === "bool" ? "-" : ""}__builtin_convertvector(${bytes}, ${this.type(type)})`;
  }

  /** The reverse. */
  private narrowed(dtype: DType, value: Value): string {
    const text = this.show(value);
    if (dtype !== "bool" && !isNarrow(dtype)) return text;
    const elements = this.context.types.vector(memoryElement(dtype), value.type.lanes);
    return `__builtin_convertvector(${dtype === "bool" ? `${text} & 1` : text}, ${elements})`;
  }

  private gather(place: string, element: Element, lanes: number, stride: string): string {
    const type = this.context.types.vector(element, lanes);
    const list = Array.from({ length: lanes }, (_, i) => `(${place})[${i} * (i64)${stride}]`);
    return `(${type}){${list.join(", ")}}`;
  }

  private store(s: Extract<Stmt, { kind: "store" }>): void {
    const { lanes } = s.value.type;
    const { dtype } = s.pointer.pointer!;
    const place = this.place(s.pointer, s.offset);
    if (lanes === 1)
      return this.line(`*(${place}) = (${memoryElement(dtype)})${this.show(s.value)};`);
    const { types } = this.context;
    const element = memoryElement(dtype);
    const bytes = this.narrowed(dtype, s.value);
    if (s.count) {
      const args = [place, bytes, this.show(s.count)];
      const stride = s.stride && this.show(s.stride);
      return this.line(`${this.context.helpers.storePart(element, lanes, args, stride)};`);
    }
    const streams = s.pointer.pointer!.access === "stream" && lanes * ELEMENT_BYTES[element] >= 16;
    if (!s.stride && streams)
      return this.line(`${this.context.helpers.stream(element, lanes, [place, bytes])};`);
    if (!s.stride)
      return this.line(`*(${types.unaligned(element, lanes)} *)(${place}) = ${bytes};`);
    this.line(`{ const ${types.vector(element, lanes)} t = ${bytes};`);
    for (let i = 0; i < lanes; i++)
      this.line(`(${place})[${i} * (i64)${this.show(s.stride)}] = t[${i}];`);
    this.line("}");
  }
}
