/** Who called into the library. */
export interface Caller {
  /** File, line and column of the call. */
  readonly line: string;
  /** The function of the library that was called, if it has a name. */
  readonly name: string | undefined;
}

/** A line of a stack: V8 writes `at name (place)` or `at place`, other engines `name@place`. */
const FRAME = /^\s*(?:at (?:async )?(?:(.+?) \()?(.+?:\d+:\d+)\)?|(.*?)@(.+:\d+:\d+))$/;

const withoutScheme = (place: string): string => place.replace(/^file:\/\//, "");

/** The folder in which the library's files are. */
const LIBRARY = withoutScheme(new URL("..", import.meta.url).href);

const DEPTH = 100;

/**
 * The first place outside the library on the stack. Where a bundler has put the library and the program
 * into one file, places cannot be told apart; then it is the outermost one.
 */
export function callerOf(): Caller {
  const constructor = Error as { stackTraceLimit?: number };
  const before = constructor.stackTraceLimit;
  constructor.stackTraceLimit = DEPTH;
  const stack = new Error().stack ?? "";
  if (before !== undefined) constructor.stackTraceLimit = before;
  let name: string | undefined;
  let line = "an unknown line";
  for (const text of stack.split("\n")) {
    const frame = FRAME.exec(text);
    if (!frame) continue;
    const place = withoutScheme(frame[2] ?? frame[4]);
    if (place.startsWith("node:")) continue;
    line = place;
    if (!place.startsWith(LIBRARY)) return { line, name };
    name = nameOf(frame[1] ?? frame[3]);
  }
  return { line, name };
}

/** `Tensor.value [as log]` is `log`, `Linear.forward` stays. */
function nameOf(text: string | undefined): string | undefined {
  if (!text) return undefined;
  const alias = /\[as (.+?)\]/.exec(text);
  if (alias) return alias[1];
  return text.replace(/^new /, "").replace(/^(?:Object|Module|Tensor)\./, "") || undefined;
}
