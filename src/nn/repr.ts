/** A list as `(1, 2)`, anything else as it is. */
const show = (value: unknown): string =>
  Array.isArray(value) ? `(${value.map(show).join(", ")})` : String(value);

/** Settings that differ from their defaults, as `name=value`: what `extraRepr` returns. */
export const showSettings = (
  settings: Readonly<Record<string, unknown>>,
  defaults: Readonly<Record<string, unknown>> = {},
): string =>
  Object.entries(settings)
    .filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(defaults[name]))
    .map(([name, value]) => `${name}=${show(value)}`)
    .join(", ");

/** Parts of a text that are not empty. */
export const joined = (...parts: readonly (string | number)[]): string =>
  parts.filter((part) => part !== "").join(", ");
