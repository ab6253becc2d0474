import { type Kernel, type Stmt, type Type, type Value } from "./loop.ts";

const showType = (type: Type): string =>
  type.lanes === 1 ? type.dtype : `${type.dtype}x${type.lanes}`;

function showValue(value: Value): string {
  if (value.kind === "var") return `${value.mutable ? "m" : "v"}${value.id}`;
  const number = Object.is(value.value, -0) ? "-0" : String(value.value);
  return value.type.dtype === "i32" && value.type.lanes === 1
    ? number
    : `${number}:${showType(value.type)}`;
}

const at = (offset: number, stride: Value | undefined): string =>
  (offset === 0 ? "" : ` + ${offset}`) + (stride ? ` step ${showValue(stride)}` : "");

function printStatements(body: readonly Stmt[], indent: string, lines: string[]): void {
  for (const s of body) {
    switch (s.kind) {
      case "let":
        lines.push(
          `${indent}${showValue(s.v)}: ${showType(s.v.type)} = ${s.op}(${s.args.map(showValue).join(", ")})`,
        );
        break;
      case "load":
        lines.push(
          `${indent}${showValue(s.v)}: ${showType(s.v.type)} = load ${showValue(s.pointer)}${at(s.offset, s.stride)}`,
        );
        break;
      case "store":
        lines.push(
          `${indent}store ${showValue(s.pointer)}${at(s.offset, s.stride)} = ${showValue(s.value)}${s.count ? ` to ${showValue(s.count)}` : ""}`,
        );
        break;
      case "merge":
        lines.push(
          `${indent}${showValue(s.v)}: ${showType(s.v.type)} = merge ${showValue(s.otherwise)}, lanes ${showValue(s.low)}..${showValue(s.high)} of ${showValue(s.pointer)}${at(0, s.stride)}`,
        );
        break;
      case "transpose":
        lines.push(
          `${indent}transpose ${showValue(s.to)} step ${showValue(s.toStride)} = ${showValue(s.from)} step ${showValue(s.fromStride)} x${s.lanes}`,
        );
        break;
      case "address":
        lines.push(
          `${indent}${showValue(s.v)} = &${s.base.kind === "buffer" ? s.base.name : showValue(s.base)}[${showValue(s.index)}]`,
        );
        break;
      case "mut":
        lines.push(`${indent}mut ${showValue(s.v)} = ${showValue(s.value)}`);
        break;
      case "set":
        lines.push(`${indent}${showValue(s.v)} = ${showValue(s.value)}`);
        break;
      case "advance":
        lines.push(`${indent}${showValue(s.v)} += ${showValue(s.by)}`);
        break;
      case "for":
        lines.push(
          `${indent}for ${showValue(s.v)} in ${showValue(s.from)}..${showValue(s.to)} by ${showValue(s.step)}`,
        );
        printStatements(s.body, indent + "  ", lines);
        break;
      case "while":
        lines.push(`${indent}while`);
        printStatements(s.test, indent + "  ? ", lines);
        lines.push(`${indent}  ? ${showValue(s.condition)}`);
        printStatements(s.body, indent + "  ", lines);
        break;
      case "if":
        lines.push(`${indent}if ${showValue(s.condition)}`);
        printStatements(s.then, indent + "  ", lines);
        if (s.otherwise.length > 0) {
          lines.push(`${indent}else`);
          printStatements(s.otherwise, indent + "  ", lines);
        }
        break;
    }
  }
}

/** Everything of a kernel but its name, readable. */
export function printBody(kernel: Omit<Kernel, "key" | "name">): string {
  const lines = [
    `buffers ${kernel.buffers.map((b) => `${b.name}: ${b.access} ${b.dtype}`).join(", ")}`,
    `ints ${kernel.ints.map(showValue).join(", ")}`,
    `scalars ${kernel.scalars.map((v) => `${showValue(v)}: ${v.type.dtype}`).join(", ")}`,
    `pieces ${showValue(kernel.begin)}..${showValue(kernel.end)}`,
  ];
  printStatements(kernel.body, "", lines);
  return lines.join("\n");
}

/** A kernel as `NABLA_DEBUG=code` shows it. */
export const printKernel = (kernel: Kernel): string => `kernel ${kernel.name}\n${kernel.key}`;
