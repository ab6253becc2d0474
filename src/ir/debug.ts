/** What `NABLA_DEBUG`, a list separated by commas, may ask to see. */
export type Stage = "graph" | "simplify" | "fuse" | "schedule" | "memory" | "code";

/** Prints what a stage of the compiler made, where `NABLA_DEBUG` names that stage. */
export function debug(stage: Stage, text: () => string): void {
  const wanted = typeof process === "undefined" ? undefined : process.env?.NABLA_DEBUG;
  if (!wanted?.split(",").includes(stage)) return;
  // Standard output belongs to the program.
  // eslint-disable-next-line no-console
  console.error(`── ${stage} ──\n${text()}\n`);
}
