import { type Type } from "../../compiler/loop/loop.ts";
import { type FunctionBody, type ModuleWriter, type ValueType } from "./encoder.ts";
import { createHelper, type HelperName } from "./helpers.ts";
import { type Opcode } from "./opcodes.ts";

/** The type of the local that holds a value. Masks, and bytes in vectors, are as wide as their neighbours. */
export function valueType(type: Type): ValueType {
  if (type.lanes > 1) return "v128";
  const { dtype } = type;
  return dtype === "f32" || dtype === "f64" || dtype === "i64" ? dtype : "i32";
}

/** A value that code can put on the stack. */
export interface Operand {
  readonly type: Type;
  /** Its number, where known. */
  readonly literal?: number;
  /** Whether it may be pushed more than once: it lies in a local or is a constant. */
  readonly repeatable: boolean;
  push(): void;
}

/** Writes the body of a kernel: its instructions, its locals, the helpers it calls. */
export class CodeWriter {
  readonly body: FunctionBody;
  /** Whether multiply-add of vectors may round once. */
  readonly relaxed: boolean;
  private readonly module: ModuleWriter;
  private readonly helpers = new Map<HelperName, number>();
  private readonly unused = new Map<ValueType, number[]>();
  private temporaries: [ValueType, number][] = [];

  constructor(module: ModuleWriter, body: FunctionBody, relaxed: boolean) {
    this.module = module;
    this.body = body;
    this.relaxed = relaxed;
  }

  op(name: Opcode, ...immediates: number[]): this {
    this.body.op(name, ...immediates);
    return this;
  }

  /** A local that is the caller's until given back. */
  take(type: ValueType): number {
    return this.unused.get(type)?.pop() ?? this.body.local(type);
  }

  giveBack(type: ValueType, local: number): void {
    const list = this.unused.get(type);
    if (list) list.push(local);
    else this.unused.set(type, [local]);
  }

  /** A local until the end of the statement. */
  temporary(type: ValueType): number {
    const local = this.take(type);
    this.temporaries.push([type, local]);
    return local;
  }

  endStatement(): void {
    for (const [type, local] of this.temporaries) this.giveBack(type, local);
    this.temporaries = [];
  }

  /** What lies in a local, as an operand. */
  inLocal(type: Type, local: number): Operand {
    return { type, repeatable: true, push: () => void this.body.get(local) };
  }

  /** Takes the value on top of the stack into a local. */
  keep(type: Type): Operand {
    const local = this.temporary(valueType(type));
    this.body.set(local);
    return this.inLocal(type, local);
  }

  /** The operand, made ready to be pushed several times. */
  repeatable(x: Operand): Operand {
    if (x.repeatable) return x;
    x.push();
    return this.keep(x.type);
  }

  call(name: HelperName): this {
    let index = this.helpers.get(name);
    if (index === undefined) {
      index = this.module.function(createHelper(name));
      this.helpers.set(name, index);
    }
    return this.op("call", index);
  }
}
