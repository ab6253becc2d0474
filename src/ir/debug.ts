/** Whether `NABLA_DEBUG`, a list separated by commas, names `stage`. */
function debugs(stage: string): boolean {
  const value = typeof process === "undefined" ? undefined : process.env?.NABLA_DEBUG;
  return value?.split(",").includes(stage) ?? false;
}

/** Prints what a stage of the compiler made, where `NABLA_DEBUG` asks for it. */
export function debug(stage: string, text: () => string): void {
  // Standard output belongs to the program.
  // eslint-disable-next-line no-console
  if (debugs(stage)) console.error(text());
}
