import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { KERNEL_PARAMETERS } from "../../src/codegen/c/abi.ts";
import { generateSource, type NamedKernel } from "../../src/codegen/c/generate.ts";
import { type Kernel } from "../../src/compiler/loop/loop.ts";
import { fromStored, itemBytes, type TypedArray, viewArray } from "../../src/ir/dtype.ts";
import { type Node } from "../../src/ir/node.ts";
import { bindPlan } from "../../src/runtime/commands.ts";
import {
  type Device,
  type DeviceBuffer,
  type Loadable,
  type LoadedPlan,
} from "../../src/runtime/device.ts";
import { execute, read } from "../../src/runtime/engine.ts";
import { type Compiler, identifyCompiler } from "../../src/runtime/native/compiler.ts";
import { nativeEncoding } from "../../src/runtime/native/encoding.ts";
import { CALL, COMMAND_BYTES, RUNNER_SOURCE } from "../../src/runtime/native/runner.ts";
import { shareOf, targetFor } from "../../src/runtime/native/target.ts";
import { buildProgram, capture } from "../../src/runtime/program.ts";

// The native device for another processor: a plan becomes a program of its own, made of the same kernels,
// commands and runner, which an emulator runs. All its memory is one file, which the program maps to
// the same address at every run.

const BASE = 2 ** 36;
const THREADS = 2;
const ALIGN = 64;

/** A processor that is not the one of this machine. */
export interface Machine {
  readonly compiler: string;
  readonly emulator: string;
}

export const ARM64: Machine = { compiler: "aarch64-linux-gnu-gcc", emulator: "qemu-aarch64" };

/** Whether the machine's tools are installed. */
export const canEmulate = ({ compiler, emulator }: Machine): boolean =>
  [compiler, emulator].every((tool) => spawnSync(tool, ["--version"]).status === 0);

interface Block extends DeviceBuffer {
  readonly data: Uint8Array;
}

/** Runs the commands whose addresses it is given; their kernels' numbers become addresses first. */
const mainSource = (symbols: readonly string[]): string => `${RUNNER_SOURCE}
#include <fcntl.h>
#include <sys/stat.h>
${symbols.map((symbol) => `void ${symbol}(${KERNEL_PARAMETERS});`).join("\n")}
static kernel *const kernels[] = {${symbols.join(", ")}};
int main(int count, char **given) {
  struct stat file;
  int memory = open(given[1], O_RDWR);
  if (memory < 0 || fstat(memory, &file) != 0) return 2;
  void *base = (void *)${BASE};
  if (mmap(base, file.st_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, memory, 0) != base) return 3;
  int64_t from = atoll(given[2]), to = atoll(given[3]);
  for (char *at = (char *)from; at < (char *)to; at += ${COMMAND_BYTES}) {
    command *c = (command *)at;
    if (c->kind == ${CALL}) c->a = (int64_t)kernels[c->a];
  }
  void *pool = nabla_create(${THREADS});
  if (!pool || !nabla_reserve(pool, atoll(given[4]))) return 4;
  nabla_run(pool, from, to, 0);
  return 0;
}
`;

function runTool(command: string, args: readonly string[]): void {
  const { status, signal, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0)
    throw new Error(`${command} failed (${signal ?? error ?? status}): ${stderr.slice(0, 4000)}`);
}

/** Compiles and links a program that has these kernels, two compilers at a time. */
function build(compiler: Compiler, kernels: readonly NamedKernel[], folder: string): string {
  const flags = compiler.flags.filter((flag) => flag !== "-shared" && flag !== "-fPIC").join(" ");
  const parts = [0, 1].map((part) => kernels.filter((_, i) => i % 2 === part));
  const sources = parts.map((own) => generateSource(own, compiler.vectorBytes));
  sources.push(mainSource(kernels.map(({ symbol }) => symbol)));
  sources.forEach((source, i) => writeFileSync(path.join(folder, `${i}.c`), source));
  const compile = (i: number): string =>
    `${compiler.command.join(" ")} ${flags} -O2 -pthread -c -o ${i}.o ${i}.c`;
  const program = path.join(folder, "program");
  const link = `${compiler.command.join(" ")} -static -pthread -o ${program} 0.o 1.o 2.o -lm`;
  runTool("/bin/sh", [
    "-c",
    `cd ${folder} && { ${compile(0)} & ${compile(1)} && ${compile(2)} && wait; } && ${link}`,
  ]);
  return program;
}

/** A device whose programs an emulator runs. Each run compiles its plan anew. */
export function createEmulatedDevice(machine: Machine): Device {
  const compiler = identifyCompiler([machine.compiler]);
  const target = targetFor(compiler, THREADS);
  const stats = { kernelsCompiled: 0, plansLoaded: 0, runs: 0 };

  function load({ lower }: Loadable): LoadedPlan {
    const plan = lower(target);
    stats.plansLoaded++;
    const named = new Map<string, NamedKernel & { readonly index: number }>();
    const numberOf = (kernel: Kernel): number => {
      const index = named.size;
      const known = named.get(kernel.key);
      if (!known) named.set(kernel.key, { kernel, symbol: `kernel${index}`, index });
      return known?.index ?? index;
    };
    let commands = new ArrayBuffer(0);
    const addressOf = (memory: ArrayBufferLike): number => {
      commands = memory as ArrayBuffer;
      return BASE;
    };
    const encoding = nativeEncoding({ addressOf }, { kernel: numberOf, share: shareOf(THREADS) });
    const bound = bindPlan(plan, encoding);

    function run(
      inputs: readonly DeviceBuffer[],
      outputs: readonly DeviceBuffer[],
      constants: readonly number[],
    ): void {
      let end = commands.byteLength;
      const place = (bytes: number): number => {
        const start = Math.ceil(end / ALIGN) * ALIGN;
        end = start + bytes;
        return start;
      };
      const placed = (buffers: readonly DeviceBuffer[]): number[] =>
        buffers.map(({ bytes }) => place(bytes));
      const places = { inputs: placed(inputs), outputs: placed(outputs) };
      const arena = place(plan.arenaBytes);
      const bases = {
        inputs: places.inputs.map((at) => BASE + at),
        outputs: places.outputs.map((at) => BASE + at),
        constants,
        arena: BASE + arena,
      };
      const folder = mkdtempSync(path.join(tmpdir(), "nabla-emulated-"));
      try {
        const program = build(compiler, [...named.values()], folder);
        stats.kernelsCompiled += named.size;
        bound.run(bases, (from, to) => {
          const memory = new Uint8Array(Math.max(end, ALIGN));
          memory.set(new Uint8Array(commands));
          inputs.forEach((buffer, i) => memory.set((buffer as Block).data, places.inputs[i]));
          const file = path.join(folder, "memory");
          writeFileSync(file, memory);
          runTool(machine.emulator, [program, file, ...[from, to, plan.scratchBytes].map(String)]);
          const after = new Uint8Array(readFileSync(file));
          outputs.forEach(({ bytes }, i) => {
            const at = places.outputs[i];
            (outputs[i] as Block).data.set(after.subarray(at, at + bytes));
          });
        });
        stats.runs++;
      } finally {
        rmSync(folder, { recursive: true });
      }
    }
    const profile = (): never => {
      throw new Error("an emulator's times say nothing");
    };
    return { run, profile, release: () => bound.release() };
  }

  const bytesOf = (data: ArrayBufferView): Uint8Array =>
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return {
    name: machine.emulator,
    target,
    stats,
    allocate: (bytes): Block => ({ bytes, data: new Uint8Array(bytes) }),
    free: () => undefined,
    upload: (buffer, data) => (buffer as Block).data.set(bytesOf(data)),
    read: (buffer, dtype, length) =>
      viewArray(
        dtype,
        (buffer as Block).data.slice(0, length * itemBytes(dtype)).buffer,
        0,
        length,
      ),
    take: (buffer, dtype, length) => viewArray(dtype, (buffer as Block).data.buffer, 0, length),
    load,
  };
}

/** The values of nodes, computed as one program on a device that has no name in the registry. */
export function computeOn(device: Device, outputs: readonly Node[]): TypedArray[] {
  const todo = [...new Set(outputs)].filter((node) => node.value === undefined);
  const captured = capture(todo);
  const values = execute(device, buildProgram(captured, device), captured, [], todo);
  const computed = new Map(todo.map((node, i) => [node, fromStored(node.dtype, values[i].data)]));
  return outputs.map((node) => computed.get(node) ?? read(node));
}
