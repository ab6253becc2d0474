/** What a peer's process is told when it starts. */
export interface StartOptions {
  readonly threads: number;
  /** The device of Nabla; of no meaning to others. */
  readonly device: string;
}

/** A framework that is measured: one file in this folder. */
export interface Framework {
  /** Name of its programs in the folders of workloads/, and of its module in python/. */
  readonly program: string;
  /** The ways of using it that are measured: each is a peer with a row of its own. */
  readonly peers: readonly {
    readonly id: string;
    /** Handed to the programs. */
    readonly mode: string;
  }[];
  readonly runtime: "node" | "python";
  /** Packages that must be installed; the versions of all are printed. */
  readonly packages: readonly string[];
  /** The command that installs it. */
  readonly install: string;
  /** What a reader of the figures should know about it. */
  readonly note?: string;
  /** Loads the framework in a Node process of its own and sets it up. Python's are in python/. */
  readonly start?: (options: StartOptions) => Promise<void>;
}
