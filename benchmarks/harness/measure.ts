import { existsSync } from "node:fs";
import path from "node:path";
import { type Framework } from "../peers/framework.ts";
import { type Row } from "../report/row.ts";
import { type Variant, type Workload } from "./case.ts";
import { check } from "./check.ts";
import { endure } from "./endurance.ts";
import { BENCHMARKS } from "./environment.ts";
import { type Contender, type Describe, type Effort, type Lane, problemOf } from "./lane.ts";
import { PeerProcess } from "./peer-process.ts";
import { toRows } from "./rows.ts";
import { time } from "./timing.ts";

/** What the first step may take, with all that is compiled for it, in units of the patience. */
const FIRST_STEP = 5;

/** What to measure a workload with. */
export interface Setup {
  readonly contenders: readonly Contender[];
  readonly threads: number;
  readonly effort: Effort;
  readonly describe: Describe;
}

const hasProgram = ({ runtime, program }: Framework, folder: string): boolean =>
  existsSync(
    path.join(BENCHMARKS, "workloads", folder, `${program}.${runtime === "node" ? "ts" : "py"}`),
  );

/** Starts the contenders' processes, and hands them out again where a workload keeps them. */
class Processes {
  private readonly kept = new Map<Contender, PeerProcess>();
  private readonly setup: Setup;

  constructor(setup: Setup) {
    this.setup = setup;
  }

  async get(contender: Contender): Promise<PeerProcess> {
    let process = this.kept.get(contender);
    if (!process) {
      const { framework, device } = contender;
      process = await PeerProcess.start(framework, this.setup.threads, device);
      this.kept.set(contender, process);
    }
    return process;
  }

  stop(contender: Contender): void {
    this.kept.get(contender)?.stop();
    this.kept.delete(contender);
  }

  stopAll(): void {
    for (const contender of [...this.kept.keys()]) this.stop(contender);
  }
}

/** Measures variants of a workload, one after the other, with every contender that has a program. */
export async function* measure(
  workload: Workload,
  variants: readonly Variant[],
  setup: Setup,
): AsyncGenerator<{ variant: Variant; rows: Row[] }> {
  const folder = workload.folder ?? workload.name;
  const able = setup.contenders.filter(({ framework }) => hasProgram(framework, folder));
  const processes = new Processes(setup);
  try {
    for (const variant of variants) {
      const describe: Describe = (what) =>
        setup.describe(`${workload.name}, ${variant.name}: ${what}`);
      const contenders = able.filter(({ id }) => !variant.without?.includes(id));
      const lanes: Lane[] = [];
      const unfit = new Map<Contender, string>();
      for (const contender of contenders) {
        describe(`${contender.id} prepares`);
        try {
          const process = await processes.get(contender);
          const limit = FIRST_STEP * setup.effort.patience;
          lanes.push(await prepare(process, contender, folder, variant, limit));
        } catch (error) {
          unfit.set(contender, problemOf(error));
          processes.stop(contender);
        }
      }
      await check(workload, lanes, setup.effort, describe);
      const fit = lanes.filter((lane) => !lane.out);
      if (workload.kind === "memory") await endure(fit, describe);
      else await time(fit, setup.effort, describe);
      yield { variant, rows: toRows(workload, variant, setup.threads, contenders, lanes, unfit) };
      if (!workload.oneProcess) processes.stopAll();
      else for (const lane of lanes) if (lane.out) processes.stop(lane.contender);
    }
  } finally {
    processes.stopAll();
  }
}

async function prepare(
  process: PeerProcess,
  contender: Contender,
  folder: string,
  { name, settings, arrays }: Variant,
  limit: number,
): Promise<Lane> {
  const { firstStepSeconds, values } = await process.ask(
    {
      do: "prepare",
      case: { workload: folder, variant: name, settings, arrays },
      mode: contender.mode,
    },
    limit,
  );
  return {
    contender,
    process,
    firstStepSeconds,
    values: [values],
    rounds: [],
    stepSeconds: firstStepSeconds,
    out: false,
  };
}
