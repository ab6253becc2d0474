import { itemBytes } from "../../ir/dtype.ts";
import { type Kernel, type Stmt, type Value, type Var } from "../../compiler/loop/loop.ts";
import { argumentLayout, KERNEL_EXPORT } from "./abi.ts";
import { FunctionBody, ModuleWriter } from "./encoder.ts";
import { pushLiteral } from "./lanes.ts";
import {
  type Location,
  pushBytes,
  pushLoad,
  pushLoadSplat,
  pushMerge,
  writeStore,
} from "./memory.ts";
import { pushScalar } from "./operations.ts";
import { writeTranspose } from "./transpose.ts";
import { findUses, type Uses, valuesOf } from "./uses.ts";
import { pushVector } from "./vector.ts";
import { isWalk, type Loop, type Walk, writeOut } from "./walk.ts";
import { CodeWriter, type Operand, valueType } from "./writer.ts";

export { supportsRelaxedSimd } from "./features.ts";

// Loop language to WebAssembly. A pointer is an address in bytes. Statements map one to one, except
// that a value with a single use is written where it is used, if nothing can tell the difference.

/** What generated modules may rely on. */
export interface GenerateOptions {
  /** Whether the memory is shared between threads. */
  readonly shared: boolean;
  /** The maximum that the memory was made with, in pages of 64 KiB. */
  readonly maximumPages: number;
  /** Whether `fma` may use the instructions of relaxed SIMD. */
  readonly relaxed: boolean;
}

/** Parameters of the exported function, which are its first locals. */
const ARGS = 0;
const BEGIN = 1;
const END = 2;
const SCRATCH = 3;

/** Turns of a loop that are written out where only pointers move. */
const TURNS = 4;

/** A statement that gives a variable its only value. */
type Definition = Extract<Stmt, { kind: "let" | "load" | "address" }>;

/** A definition that waits for the variable's use. */
interface Pending {
  readonly definition: Definition;
  /** Whether it gives the same value wherever it stands. */
  readonly pure: boolean;
}

/**
 * The binary module of a kernel (see abi.ts for how it is called).
 *
 * @throws Error, naming the kernel, where it is malformed or the engine refuses the module.
 */
export function generateKernel(kernel: Kernel, options: GenerateOptions): Uint8Array<ArrayBuffer> {
  try {
    const bytes = new KernelGenerator(kernel, options).generate();
    // Only compiling says what is wrong.
    if (!WebAssembly.validate(bytes)) new WebAssembly.Module(bytes);
    return bytes;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`kernel ${kernel.name}: cannot be made WebAssembly: ${reason}`, {
      cause: error,
    });
  }
}

class KernelGenerator {
  private readonly kernel: Kernel;
  private readonly module = new ModuleWriter();
  private readonly body = new FunctionBody(["i32", "i32", "i32", "i32"]);
  private readonly w: CodeWriter;
  private readonly uses: Uses;
  private readonly locals = new Map<number, number>();
  private readonly buffers = new Map<string, number>();
  private readonly pending = new Map<number, Pending>();
  /** Variables whose locals end with the innermost list of statements. */
  private scope: Var[] = [];

  constructor(kernel: Kernel, options: GenerateOptions) {
    this.kernel = kernel;
    this.module.importMemory("env", "memory", {
      shared: options.shared,
      minimum: 0,
      maximum: options.maximumPages,
    });
    this.w = new CodeWriter(this.module, this.body, options.relaxed);
    this.uses = findUses(kernel.body);
  }

  generate(): Uint8Array<ArrayBuffer> {
    const { kernel, module, body } = this;
    module.exportFunction(KERNEL_EXPORT, module.function(body));
    this.readArguments();
    this.locals.set(kernel.begin.id, BEGIN);
    this.locals.set(kernel.end.id, END);
    this.statements(kernel.body);
    return module.finish();
  }

  private readArguments(): void {
    const { kernel, body, w } = this;
    const layout = argumentLayout(kernel);
    const read = (v: Var, at: number): void => {
      if (this.uses.count(v) === 0) return;
      const type = valueType(v.type);
      const local = w.take(type);
      body.get(ARGS).memory(`${type as "i32"}.load`, at, type.endsWith("64") ? 8 : 4);
      body.set(local);
      this.locals.set(v.id, local);
    };
    kernel.scalars.forEach((v, i) => read(v, layout.scalars[i]));
    kernel.ints.forEach((v, i) => read(v, layout.ints[i]));
    kernel.buffers.forEach((buffer, i) => {
      const local = w.take("i32");
      body.get(ARGS).memory("i32.load", layout.buffers[i], 4);
      if (buffer.access === "scratch") body.get(SCRATCH).op("i32.add");
      body.set(local);
      this.buffers.set(buffer.name, local);
    });
  }

  private operand(value: Value): Operand {
    const { type } = value;
    if (value.kind === "literal") {
      const number = value.value;
      const push = (): void => {
        if (type.lanes > 1) pushLiteral(this.w, type, number);
        else this.body[valueType(type) as "i32"](number);
      };
      return { type, literal: number, repeatable: true, push };
    }
    const waiting = this.pending.get(value.id);
    if (waiting) {
      const push = (): void => {
        this.pending.delete(value.id);
        this.pushDefinition(waiting.definition);
      };
      return { type, repeatable: false, push };
    }
    return this.w.inLocal(type, this.localOf(value));
  }

  private localOf(v: Var): number {
    const local = this.locals.get(v.id);
    if (local === undefined) throw new Error(`variable ${v.id} is used where it has no value`);
    return local;
  }

  private declare(v: Var): number {
    const local = this.w.take(valueType(v.type));
    this.locals.set(v.id, local);
    this.scope.push(v);
    return local;
  }

  private pushDefinition(s: Definition): void {
    const { w, body } = this;
    switch (s.kind) {
      case "let": {
        if (s.op === "splat" && this.pushSplatOfLoad(s)) return;
        const args = s.args.map((x) => this.operand(x));
        const isVector = s.v.type.lanes > 1 || args.some((x) => x.type.lanes > 1);
        return (isVector ? pushVector : pushScalar)(w, s.op, s.v.type, args);
      }
      case "load":
        return pushLoad(w, s.pointer.pointer!.dtype, s.v.type, this.location(s));
      case "address": {
        const { base } = s;
        const buffer = base.kind === "buffer" ? base : base.pointer!;
        if (base.kind === "buffer") body.get(this.bufferLocal(buffer.name));
        else this.operand(base).push();
        const index = this.operand(s.index);
        if (index.literal === 0) return;
        pushBytes(w, buffer.dtype, index);
        body.op("i32.add");
      }
    }
  }

  /** One instruction loads a scalar of a whole word into all lanes. */
  private pushSplatOfLoad(s: Extract<Stmt, { kind: "let" }>): boolean {
    const [x] = s.args;
    const waiting = x.kind === "var" ? this.pending.get(x.id) : undefined;
    if (waiting?.definition.kind !== "load" || s.v.type.lanes === 1) return false;
    const { dtype } = waiting.definition.pointer.pointer!;
    if (itemBytes(dtype) < 4 || (s.v.type.lanes === 2) !== (itemBytes(dtype) === 8)) return false;
    this.pending.delete((x as Var).id);
    pushLoadSplat(this.w, dtype, this.location(waiting.definition));
    return true;
  }

  private location(s: { pointer: Var; offset: number; stride?: Value }): Location {
    return {
      pointer: this.operand(s.pointer),
      offset: s.offset,
      ...(s.stride ? { stride: this.operand(s.stride) } : {}),
    };
  }

  private bufferLocal(name: string): number {
    const local = this.buffers.get(name);
    if (local === undefined) throw new Error(`${name} is not one of its buffers`);
    return local;
  }

  /** The statements of a list; the locals of their variables are free afterwards. */
  private statements(list: readonly Stmt[], after?: () => void): void {
    const outer = this.scope;
    this.scope = [];
    for (const s of list) this.statement(s);
    after?.();
    for (const v of this.scope) {
      this.w.giveBack(valueType(v.type), this.localOf(v));
      this.locals.delete(v.id);
    }
    this.scope = outer;
  }

  private statement(s: Stmt): void {
    if (s.kind === "let" || s.kind === "load" || s.kind === "address") {
      if (this.uses.count(s.v) === 0) return;
      if (this.uses.isSingle(s.v)) {
        this.pending.set(s.v.id, { definition: s, pure: this.isPure(s) });
        return;
      }
      this.pushDefinition(s);
      this.body.set(this.declare(s.v));
    } else {
      this.settle(s);
      this.effect(s);
    }
    this.w.endStatement();
  }

  private isPure(s: Definition): boolean {
    return (
      s.kind !== "load" &&
      valuesOf(s).every(
        (x) => x.kind === "literal" || (!x.mutable && (this.pending.get(x.id)?.pure ?? true)),
      )
    );
  }

  /** Computes waiting values that the effect of `s` might change, unless `s` itself uses them. */
  private settle(s: Stmt): void {
    const own = new Set<number>();
    const mark = (values: readonly Value[]): void => {
      for (const x of values) {
        const waiting = x.kind === "var" ? this.pending.get(x.id) : undefined;
        if (!waiting) continue;
        own.add((x as Var).id);
        mark(valuesOf(waiting.definition));
      }
    };
    mark(valuesOf(s));
    // Later ones first: they take along what they are made of.
    for (const [id, { definition, pure }] of [...this.pending].reverse()) {
      if (pure || own.has(id) || !this.pending.delete(id)) continue;
      this.pushDefinition(definition);
      this.body.set(this.declare(definition.v));
      this.w.endStatement();
    }
  }

  private effect(s: Exclude<Stmt, Definition>): void {
    const { w, body } = this;
    switch (s.kind) {
      case "store":
        if (s.count) throw new Error("expected whole vectors to be stored");
        return writeStore(w, s.pointer.pointer!.dtype, this.operand(s.value), this.location(s));
      case "merge":
        if (s.stride) throw new Error("expected lanes that lie side by side");
        pushMerge(
          w,
          s.v.type,
          this.operand(s.pointer),
          this.operand(s.low),
          this.operand(s.high),
          this.operand(s.otherwise),
        );
        return void body.set(this.declare(s.v));
      case "transpose":
        return writeTranspose(
          w,
          s.from.pointer!.dtype,
          s.lanes,
          { pointer: this.operand(s.from), stride: this.operand(s.fromStride) },
          { pointer: this.operand(s.to), stride: this.operand(s.toStride) },
        );
      case "mut":
        this.operand(s.value).push();
        return void body.set(this.declare(s.v));
      case "set":
        this.operand(s.value).push();
        return void body.set(this.localOf(s.v));
      case "advance": {
        const local = this.localOf(s.v);
        body.get(local);
        pushBytes(w, s.v.pointer!.dtype, this.operand(s.by));
        return void body.op("i32.add").set(local);
      }
      case "for":
        return this.forLoop(s);
      case "while":
        body.open("block").open("loop");
        this.statements(s.test, () => {
          this.operand(s.condition).push();
          w.endStatement();
          body.op("i32.eqz").op("br_if", 1);
          this.statements(s.body);
        });
        return void body.op("br", 0).end().end();
      case "if":
        this.operand(s.condition).push();
        body.open("if");
        this.statements(s.then);
        if (s.otherwise.length > 0) {
          body.else();
          this.statements(s.otherwise);
        }
        return void body.end();
    }
  }

  /** Tested at the end of each turn, and once before the first. */
  private forLoop(s: Loop): void {
    const { w, body } = this;
    if (this.uses.count(s.v) === 0 && isWalk(s)) return this.walk(s);
    const v = w.take("i32");
    const test = (): void => {
      body.get(v);
      this.operand(s.to).push();
      body.op("i32.lt_s");
    };
    const from = this.operand(s.from);
    const runs = from.literal !== undefined && s.to.kind === "literal" && from.literal < s.to.value;
    from.push();
    body.set(v);
    this.locals.set(s.v.id, v);
    if (!runs) {
      test();
      body.open("if");
    }
    body.open("loop");
    this.statements(s.body);
    body.get(v);
    this.operand(s.step).push();
    body.op("i32.add").set(v);
    test();
    body.op("br_if", 0).end();
    if (!runs) body.end();
    this.locals.delete(s.v.id);
    w.giveBack("i32", v);
  }

  /**
   * Several turns are written out, each at constant offsets from where the pointers stand, which move
   * once for all of them. The way out between turns keeps the engine from moving one turn's loads before
   * another's arithmetic, where they would be more values than there are registers.
   */
  private walk(s: Walk): void {
    const { w, body } = this;
    const step = s.step.value;
    const { turn, moves } = writeOut(s);
    const left = w.take("i32");
    const move = (turns: number): void => {
      for (const { v, by } of moves) {
        const local = this.localOf(v);
        body.get(local).i32(turns * by.value * itemBytes(v.pointer!.dtype));
        body.op("i32.add").set(local);
      }
    };
    this.operand(s.to).push();
    this.operand(s.from).push();
    body.op("i32.sub").tee(left).i32(0).op("i32.gt_s").open("if").open("loop");
    for (let done = 1; done <= TURNS; done++) {
      this.statements(turn(done - 1));
      if (done === TURNS) break;
      body
        .get(left)
        .i32(done * step)
        .op("i32.le_s")
        .open("if");
      move(done);
      body.op("br", 2).end();
    }
    move(TURNS);
    body
      .get(left)
      .i32(TURNS * step)
      .op("i32.sub")
      .tee(left)
      .i32(0)
      .op("i32.gt_s");
    body.op("br_if", 0).end().end();
    w.giveBack("i32", left);
  }
}
