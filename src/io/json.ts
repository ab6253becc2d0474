/** What checkpoints hold beside tensors: JSON, and numbers that JSON lacks. */
export type JsonValue =
  number | string | boolean | null | readonly JsonValue[] | { readonly [name: string]: JsonValue };

/** The only name of an object that stands for a number. */
const NUMBER = "$number";
const SPECIAL: Readonly<Record<string, number>> = {
  NaN,
  Infinity,
  "-Infinity": -Infinity,
  "-0": -0,
};

const specialName = (value: unknown): string | undefined =>
  Object.keys(SPECIAL).find((name) => Object.is(SPECIAL[name], value));

/**
 * Text that `parseJson` makes the same value of, also for NaN, infinities and -0.
 *
 * @param what - Names the value in errors.
 * @throws TypeError for what is neither JSON nor a number: functions, tensors, instances of classes.
 */
export function stringifyJson(value: unknown, what: string): string {
  check(value, what);
  return JSON.stringify(value, (_, entry: unknown) => {
    const name = specialName(entry);
    return name === undefined ? entry : { [NUMBER]: name };
  });
}

function check(value: unknown, path: string): void {
  if (value === null || ["number", "string", "boolean", "undefined"].includes(typeof value)) return;
  const plain = typeof value === "object" && isPlain(value);
  if (!plain) {
    const got = typeof value === "object" ? `a ${value.constructor.name}` : `a ${typeof value}`;
    throw new TypeError(`${path}: expected what JSON can hold, got ${got}`);
  }
  for (const [name, entry] of Object.entries(value)) check(entry, `${path}.${name}`);
}

function isPlain(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** The value of a text that `stringifyJson` made. Throws a SyntaxError for what is no JSON. */
export function parseJson(text: string): JsonValue {
  return JSON.parse(text, (_, entry: unknown) => {
    if (typeof entry !== "object" || entry === null) return entry;
    const name: unknown = (entry as Record<string, unknown>)[NUMBER];
    return typeof name === "string" &&
      Object.hasOwn(SPECIAL, name) &&
      Object.keys(entry).length === 1
      ? SPECIAL[name]
      : entry;
  }) as JsonValue;
}
