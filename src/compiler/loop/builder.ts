import { coerce, type DType, isHalf, isNarrow } from "../../ir/dtype.ts";
import {
  type BufferParam,
  type Kernel,
  type Literal,
  type OpName,
  type Stmt,
  type Type,
  type Value,
  type Var,
} from "./loop.ts";
import { bitsOf, heldType, valueOf } from "./narrow.ts";
import { printBody } from "./print.ts";

interface Scope {
  readonly depth: number;
  readonly body: Stmt[];
  readonly known: Map<string, Var>;
  /** Loads may not leave a branch: outside it their address may be invalid. */
  readonly conditional: boolean;
}

const I32: Type = { dtype: "i32", lanes: 1 };

/** An i32 literal. */
export const int = (value: number): Literal => ({ kind: "literal", type: I32, value });

export const literal = (value: number, dtype: DType, lanes = 1): Literal => ({
  kind: "literal",
  type: heldType({ dtype, lanes }),
  value: coerce(dtype, value),
});

const keyOf = (value: Value): string =>
  value.kind === "var"
    ? `v${value.id}`
    : `${Object.is(value.value, -0) ? "-0" : value.value}${value.type.dtype}x${value.type.lanes}`;

/** The kernels that somebody holds, by name and key; when there are more than `LIMIT`, all are forgotten. */
const kernels = new Map<string, WeakRef<Kernel>>();
const LIMIT = 1024;

/** One object for equal kernels: programs that differ in sizes alone have most of theirs in common. */
function shared(kernel: Kernel): Kernel {
  const known = kernel.name + kernel.key;
  const found = kernels.get(known)?.deref();
  if (found) return found;
  if (kernels.size >= LIMIT) kernels.clear();
  kernels.set(known, new WeakRef(kernel));
  return kernel;
}

/**
 * Writes a kernel. Pure operations are numbered by value as they are written: an operation that is
 * already known is not written twice, and each stands in the outermost scope that has its arguments,
 * so loops contain only what changes in them.
 */
export class Builder {
  readonly begin: Var;
  readonly end: Var;
  private nextId = 0;
  private readonly buffers: BufferParam[] = [];
  private readonly ints: Var[] = [];
  private readonly scalars: Var[] = [];
  private readonly scopes: Scope[] = [];
  private readonly depthOf: number[] = [];
  /** The bits that halves were made of, by their dtype and the number of the variable. */
  private readonly sources = new Map<string, Value>();

  constructor() {
    this.open(false);
    this.begin = this.variable(I32);
    this.end = this.variable(I32);
  }

  buffer(dtype: DType, access: BufferParam["access"]): BufferParam {
    const buffer: BufferParam = { kind: "buffer", name: `b${this.buffers.length}`, dtype, access };
    this.buffers.push(buffer);
    return buffer;
  }

  /** A new i32 argument of the kernel. */
  intParam(): Var {
    const v = this.variable(I32, { depth: 0 });
    this.ints.push(v);
    return v;
  }

  /** A new scalar argument of the kernel. */
  scalarParam(dtype: DType): Var {
    const v = this.variable(heldType({ dtype, lanes: 1 }), { depth: 0 });
    this.scalars.push(v);
    return v;
  }

  /** The result of an operation; what becomes a dtype of memory by a cast is rounded or wrapped. */
  op(op: OpName, type: Type, ...args: Value[]): Value {
    if (isNarrow(type.dtype)) {
      const held = heldType(type);
      const value = this.op(op, held, ...args);
      return op === "cast" ? this.fromBits(type.dtype, this.toBits(type.dtype, value)) : value;
    }
    if (op === "cast" && type.dtype === args[0].type.dtype) return args[0];
    const folded = foldInts(op, args);
    if (folded) return folded;
    const place = this.placeOf(args);
    const pure = args.every((x) => x.kind === "literal" || !x.mutable);
    const key = pure ? `${op}:${type.dtype}x${type.lanes}(${args.map(keyOf).join()})` : "";
    const known = pure ? place.known.get(key) : undefined;
    if (known) return known;
    const scope = pure ? place : this.top();
    const v = this.variable(type, { depth: scope.depth });
    scope.body.push({ kind: "let", v, op, args });
    if (pure) place.known.set(key, v);
    return v;
  }

  /** The bits, in an i32, of a value that is to be stored as `dtype`. */
  toBits(dtype: DType, value: Value): Value {
    const known = value.kind === "var" ? this.sources.get(`${dtype}:${value.id}`) : undefined;
    return known ?? bitsOf(this, dtype, value);
  }

  /** The value whose bits as `dtype` are these. */
  fromBits(dtype: DType, bits: Value): Value {
    const value = valueOf(this, dtype, bits);
    if (value.kind === "var" && isHalf(dtype)) this.sources.set(`${dtype}:${value.id}`, bits);
    return value;
  }

  // Index arithmetic.
  add(a: Value, b: Value): Value {
    return this.op("add", I32, a, b);
  }
  sub(a: Value, b: Value): Value {
    return this.op("sub", I32, a, b);
  }
  mul(a: Value, b: Value): Value {
    return this.op("mul", I32, a, b);
  }
  min(a: Value, b: Value): Value {
    return this.op("min", I32, a, b);
  }
  /** Quotient and remainder of non-negative integers. */
  divide(a: Value, b: Value): [quotient: Value, remainder: Value] {
    const q = this.op("div", I32, a, b);
    return [q, this.sub(a, this.mul(q, b))];
  }

  /** A scalar in every lane. */
  splat(x: Value, lanes: number): Value {
    if (lanes === x.type.lanes) return x;
    if (x.kind === "literal") return { ...x, type: { dtype: x.type.dtype, lanes } };
    return this.op("splat", { dtype: x.type.dtype, lanes }, x);
  }

  /** A pointer to element `index` of a buffer, or to the element `index` after another pointer. */
  address(base: BufferParam | Var, index: Value): Var {
    const buffer = base.kind === "buffer" ? base : base.pointer!;
    const args: Value[] = base.kind === "buffer" ? [index] : [base, index];
    const place = this.placeOf(args);
    const pure = args.every((x) => x.kind === "literal" || !x.mutable);
    const key = `address:${base.kind === "buffer" ? base.name : keyOf(base)}[${keyOf(index)}]`;
    const known = pure ? place.known.get(key) : undefined;
    if (known) return known;
    const scope = pure ? place : this.top();
    const v = this.variable(I32, { depth: scope.depth, pointer: buffer });
    scope.body.push({ kind: "address", v, base, index });
    if (pure) place.known.set(key, v);
    return v;
  }

  /** The element `offset` after the pointer; with several lanes, consecutive ones or `stride` apart. */
  load(pointer: Var, offset = 0, lanes = 1, stride?: Value): Var {
    const { dtype } = pointer.pointer!;
    const loaded = this.loadBits(pointer, offset, lanes, stride);
    // What is computed from a variable is one.
    return isHalf(dtype) ? (this.fromBits(dtype, loaded) as Var) : loaded;
  }

  private loadBits(pointer: Var, offset: number, lanes: number, stride: Value | undefined): Var {
    const buffer = pointer.pointer!;
    const type: Type = { dtype: isNarrow(buffer.dtype) ? "i32" : buffer.dtype, lanes };
    const pure = buffer.access === "read" && !pointer.mutable && !(stride as Var)?.mutable;
    let scope = this.top();
    let key = "";
    if (pure) {
      scope = this.placeOf(stride ? [pointer, stride] : [pointer]);
      for (let d = this.scopes.length - 1; d > scope.depth; d--)
        if (this.scopes[d].conditional) {
          scope = this.scopes[d];
          break;
        }
      key = `load:${keyOf(pointer)}+${offset}x${lanes}${stride ? `/${keyOf(stride)}` : ""}`;
      for (let d = scope.depth; d >= 0; d--) {
        const known = this.scopes[d].known.get(key);
        if (known) return known;
      }
    }
    const v = this.variable(type, { depth: scope.depth });
    scope.body.push({ kind: "load", v, pointer, offset, ...(stride ? { stride } : {}) });
    if (pure) scope.known.set(key, v);
    return v;
  }

  store(pointer: Var, value: Value, offset = 0, stride?: Value, count?: Value): void {
    const bits = this.toBits(pointer.pointer!.dtype, value);
    this.top().body.push({
      kind: "store",
      pointer,
      offset,
      value: bits,
      ...(stride ? { stride } : {}),
      ...(count ? { count } : {}),
    });
  }

  /** `otherwise`, a vector, with its lanes `low` … `high` - 1 from the elements at the pointer. */
  merge(pointer: Var, low: Value, high: Value, otherwise: Value, stride?: Value): Value {
    const { dtype } = pointer.pointer!;
    const others = this.toBits(dtype, otherwise);
    const v = this.variable(others.type);
    const by = stride ? { stride } : {};
    this.top().body.push({ kind: "merge", v, pointer, low, high, otherwise: others, ...by });
    return isHalf(dtype) ? this.fromBits(dtype, v) : v;
  }

  /** Writes the block of lanes × lanes elements at `from` to `to`, its rows as columns. */
  transpose(from: Var, fromStride: Value, to: Var, toStride: Value, lanes: number): void {
    this.top().body.push({ kind: "transpose", from, fromStride, to, toStride, lanes });
  }

  /** A variable that `set` changes; one that starts as a pointer can be moved by `advance`. */
  mutable(value: Value): Var {
    const pointer = value.kind === "var" ? value.pointer : undefined;
    const v = this.variable(value.type, { mutable: true, pointer });
    this.top().body.push({ kind: "mut", v, value });
    return v;
  }

  set(v: Var, value: Value): void {
    this.top().body.push({ kind: "set", v, value });
  }

  advance(v: Var, by: Value): void {
    this.top().body.push({ kind: "advance", v, by });
  }

  for(from: Value, to: Value, step: Value, body: (i: Var) => void): void {
    this.open(false);
    const v = this.variable(I32);
    body(v);
    const scope = this.close();
    this.top().body.push({ kind: "for", v, from, to, step, body: scope.body });
  }

  /** `condition` is evaluated before every turn. */
  while(condition: () => Value, body: () => void): void {
    this.open(true);
    const test = condition();
    const testScope = this.close();
    this.open(true);
    body();
    const scope = this.close();
    this.top().body.push({
      kind: "while",
      test: testScope.body,
      condition: test,
      body: scope.body,
    });
  }

  if(condition: Value, then: () => void, otherwise?: () => void): void {
    this.open(true);
    then();
    const yes = this.close();
    this.open(true);
    otherwise?.();
    const no = this.close();
    this.top().body.push({ kind: "if", condition, then: yes.body, otherwise: no.body });
  }

  /** The finished kernel. */
  finish(name: string): Kernel {
    const kernel = {
      name,
      buffers: this.buffers,
      ints: this.ints,
      scalars: this.scalars,
      begin: this.begin,
      end: this.end,
      body: this.scopes[0].body,
    };
    return shared({ ...kernel, key: printBody(kernel) });
  }

  private open(conditional: boolean): void {
    this.scopes.push({ depth: this.scopes.length, body: [], known: new Map(), conditional });
  }

  private close(): Scope {
    return this.scopes.pop()!;
  }

  private top(): Scope {
    return this.scopes[this.scopes.length - 1];
  }

  private variable(
    type: Type,
    options: { depth?: number; mutable?: boolean; pointer?: BufferParam } = {},
  ): Var {
    const id = this.nextId++;
    this.depthOf[id] = options.depth ?? this.scopes.length - 1;
    return {
      kind: "var",
      id,
      type,
      mutable: options.mutable ?? false,
      ...(options.pointer ? { pointer: options.pointer } : {}),
    };
  }

  private placeOf(args: readonly Value[]): Scope {
    let depth = 0;
    for (const x of args) if (x.kind === "var") depth = Math.max(depth, this.depthOf[x.id]);
    return this.scopes[depth];
  }
}

/** Index arithmetic on literals and with neutral elements. */
function foldInts(op: OpName, args: readonly Value[]): Value | undefined {
  const [a, b] = args;
  if (args.length !== 2 || a.type.dtype !== "i32" || a.type.lanes !== 1) return undefined;
  const x = a.kind === "literal" ? a.value : undefined;
  const y = b.kind === "literal" ? b.value : undefined;
  switch (op) {
    case "add":
      if (x !== undefined && y !== undefined) return int((x + y) | 0);
      return x === 0 ? b : y === 0 ? a : undefined;
    case "sub":
      if (x !== undefined && y !== undefined) return int((x - y) | 0);
      return y === 0 ? a : undefined;
    case "mul":
      if (x !== undefined && y !== undefined) return int(Math.imul(x, y));
      if (x === 0 || y === 0) return int(0);
      return x === 1 ? b : y === 1 ? a : undefined;
    case "div":
      return y === 1 ? a : undefined;
    case "min":
      return x !== undefined && y !== undefined ? int(Math.min(x, y)) : undefined;
    default:
      return undefined;
  }
}
