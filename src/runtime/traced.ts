import { clearInternTable, type Node } from "../ir/node.ts";
import { type Device } from "./device.ts";
import { execute } from "./engine.ts";
import { buildProgram, capture, type Captured, type Program } from "./program.ts";
import { withDevice } from "./registry.ts";
import { type Cell, CellValue, type HostValue } from "./values.ts";

/** The graph of a function that was run once over placeholders: what `compile` keeps. */
export interface Trace {
  /** Placeholders that stand for the arguments. */
  readonly params: readonly Node[];
  /** What the function returned. */
  readonly results: readonly Node[];
  /** Cells that it gave a new value, and the values. */
  readonly cells: readonly Cell[];
  readonly updates: readonly Node[];
}

/** A trace that can be run; it makes a program for each device that it meets. */
export interface TracedProgram {
  /** Runs with these leaves as arguments: updates the cells and returns the results. */
  run(args: readonly Node[]): HostValue[];
  /** Gives back what it holds on devices; it may be run again, at the price of making it anew. */
  release(): void;
}

interface Loaded {
  readonly captured: Captured;
  readonly program: Program;
}

// A program's memory on its device is not the garbage collector's.
const releaseAll = (programs: Map<Device, Loaded>): void => {
  for (const { program } of programs.values()) program.loaded.release();
  programs.clear();
};
const abandoned = new FinalizationRegistry(releaseAll);

/** Makes a trace ready to run. Its program is bound to the cells, whatever their version. */
export function loadTrace(trace: Trace): TracedProgram {
  const programs = new Map<Device, Loaded>();
  const positions = new Map(trace.params.map((param, i) => [param, i]));

  function loadOn(device: Device): Loaded {
    let loaded = programs.get(device);
    if (!loaded) {
      const captured = capture([...trace.updates, ...trace.results]);
      // The cells are written where they lie.
      const replaced = trace.cells.map((cell) =>
        captured.inputs.flatMap(({ value }, i) =>
          value instanceof CellValue && value.cell === cell ? [i] : [],
        ),
      );
      loaded = { captured, program: buildProgram(captured, device, replaced) };
      programs.set(device, loaded);
      clearInternTable();
    }
    return loaded;
  }

  const traced: TracedProgram = {
    run: (args) => withDevice((device) => runOn(device, args)),
    release: () => releaseAll(programs),
  };

  function runOn(device: Device, args: readonly Node[]): HostValue[] {
    const { captured, program } = loadOn(device);
    const inputs = captured.inputs.map((leaf) => {
      const position = positions.get(leaf);
      if (position !== undefined) return args[position];
      // Cells are taken at their present version, not at that of the trace.
      return leaf.value instanceof CellValue ? leaf.value.cell.node : leaf;
    });
    const next = trace.cells.map((cell) => cell.buffer(device, cell.version));
    const values = execute(
      device,
      program,
      { inputs, constants: captured.constants },
      next,
      trace.results,
      // What updates nothing is called for its results, which are wanted at once.
      trace.cells.length > 0 ? "later" : "now",
    );
    for (const cell of trace.cells) cell.replaced();
    return values;
  }

  abandoned.register(traced, programs);
  return traced;
}
