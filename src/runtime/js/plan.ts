import { type CompiledKernel } from "../../codegen/js/generate.ts";
import { type BufferParam, type Kernel } from "../../compiler/loop/loop.ts";
import { type KernelStep, type Plan, type PlanArg, type Step } from "../../compiler/plan.ts";
import { itemBytes, type TypedArray, viewArray } from "../../ir/dtype.ts";

/** Memory from `offset` bytes on. */
export interface Place {
  readonly memory: ArrayBufferLike;
  readonly offset: number;
}

/** The memory of one run. */
export interface Bindings {
  readonly inputs: readonly Place[];
  readonly outputs: readonly Place[];
  readonly constants: readonly number[];
  readonly arena: Place;
  readonly scratch: Place;
}

/** A plan whose kernels are functions. */
export interface BoundPlan {
  run(bindings: Bindings): void;
  /** Seconds of each kernel step, those in loops over all turns. */
  profile(bindings: Bindings): { kernel: string; seconds: number }[];
}

/** A kernel step, ready to be called at each turn of the loops around it. */
interface Call {
  readonly kind: "call";
  readonly step: KernelStep;
  readonly run: CompiledKernel;
  readonly args: readonly Argument[];
  /** Argument views, kept from turn to turn and from run to run while their place stays. */
  readonly views: TypedArray[];
  readonly scalars: number[];
  seconds: number;
}

interface Loop {
  readonly kind: "loop";
  readonly count: number;
  readonly body: readonly (Call | Loop)[];
}

const NOTHING = new Uint8Array(0);

/** Where the view of a kernel argument lies and what type it has. */
interface Argument {
  readonly param: BufferParam;
  readonly place: (bindings: Bindings) => Place;
  /** Bytes from that place, before loops advance it. */
  readonly offset: number;
  /** Bytes a turn, one entry an enclosing loop. */
  readonly advance: readonly number[];
}

function bindArgument(plan: Plan, kernel: Kernel, arg: PlanArg, index: number): Argument {
  const param = kernel.buffers[index];
  if ("scratch" in arg) return { param, place: (b) => b.scratch, offset: arg.scratch, advance: [] };
  const { place } = plan.buffers[arg.buffer];
  const bytes = itemBytes(param.dtype);
  const offset = arg.offset * bytes;
  const advance = (arg.advance ?? []).map((elements) => elements * bytes);
  switch (place.kind) {
    case "arena":
      return { param, place: (b) => b.arena, offset: place.offset + offset, advance };
    case "input":
      return { param, place: (b) => b.inputs[place.index], offset, advance };
    case "output":
      return { param, place: (b) => b.outputs[place.index], offset, advance };
  }
}

/** Points the views of a call at this run's memory, `turns` into the loops around it. */
function updateViews(call: Call, bindings: Bindings, turns: readonly number[]): void {
  const { args, views } = call;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    const { memory, offset: start } = arg.place(bindings);
    let offset = start + arg.offset;
    for (let d = 0; d < arg.advance.length; d++) offset += arg.advance[d] * turns[d];
    const view = views[i];
    if (view.buffer === memory && view.byteOffset === offset) continue;
    const { dtype } = arg.param;
    const length = Math.floor((memory.byteLength - offset) / itemBytes(dtype));
    views[i] = viewArray(dtype, memory, offset, length);
  }
}

/** Fetches the scalar arguments of a call. */
function updateScalars(call: Call, constants: readonly number[]): void {
  call.step.scalars.forEach((scalar, i) => {
    call.scalars[i] = scalar.kind === "fixed" ? scalar.value : constants[scalar.index];
  });
}

/** Visits every call in order; `turns` counts the loops around it, outermost first. */
function walk(steps: readonly (Call | Loop)[], visit: (call: Call) => void, turns: number[]): void {
  for (const step of steps) {
    if (step.kind === "call") {
      visit(step);
      continue;
    }
    const depth = turns.length;
    for (let turn = 0; turn < step.count; turn++) {
      turns[depth] = turn;
      walk(step.body, visit, turns);
    }
    turns.length = depth;
  }
}

/** Compiles the kernels of a plan, and resolves its arguments as far as they do not change. */
export function bindPlan(plan: Plan, compile: (kernel: Kernel) => CompiledKernel): BoundPlan {
  const calls: Call[] = [];
  const bind = (step: Step): Call | Loop => {
    if (step.kind === "loop") return { kind: "loop", count: step.count, body: step.body.map(bind) };
    const call: Call = {
      kind: "call",
      step,
      run: compile(step.kernel),
      args: step.args.map((arg, i) => bindArgument(plan, step.kernel, arg, i)),
      views: step.args.map(() => NOTHING),
      scalars: [],
      seconds: 0,
    };
    calls.push(call);
    return call;
  };
  const steps = plan.steps.map(bind);

  function execute(bindings: Bindings, timed: boolean): void {
    for (const call of calls) updateScalars(call, bindings.constants);
    const turns: number[] = [];
    const visit = (call: Call): void => {
      updateViews(call, bindings, turns);
      const start = timed ? performance.now() : 0;
      call.run(call.views, call.step.ints, call.scalars, 0, call.step.pieces);
      if (timed) call.seconds += (performance.now() - start) / 1000;
    };
    walk(steps, visit, turns);
    // Views of inputs and outputs would keep their memory alive until the next run.
    for (const { views } of calls)
      for (let i = 0; i < views.length; i++) {
        const memory = views[i].buffer;
        if (memory !== bindings.arena.memory && memory !== bindings.scratch.memory)
          views[i] = NOTHING;
      }
  }

  return {
    run: (bindings) => execute(bindings, false),
    profile(bindings) {
      for (const call of calls) call.seconds = 0;
      execute(bindings, true);
      return calls.map((call) => ({ kernel: call.step.kernel.name, seconds: call.seconds }));
    },
  };
}
