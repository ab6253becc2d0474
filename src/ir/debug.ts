/** Whether `NABLA_DEBUG`, a list separated by commas, names `stage`. */
export function debugs(stage: string): boolean {
  const value = typeof process === "undefined" ? undefined : process.env?.NABLA_DEBUG;
  return value !== undefined && value.split(",").includes(stage);
}
