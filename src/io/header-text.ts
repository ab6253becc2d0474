// The JSON text of a safetensors header is read by its own grammar, an object of small objects, and not by
// JSON.parse: what does not belong there (other values, keys that occur twice, arrays in arrays without end) is
// an error where it stands, before any memory is spent on it.

/** A tensor as the header describes it. */
export interface HeaderEntry {
  readonly format: string;
  readonly shape: readonly number[];
  /** First byte and the byte after the last, from the start of the data. */
  readonly begin: number;
  readonly end: number;
}

/** What a header says, not yet compared with the file. */
export interface HeaderText {
  readonly tensors: ReadonlyMap<string, HeaderEntry>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** More axes than any framework handles. */
const MAX_RANK = 64;
/** More entries than any model has: those of a header of this many are read within a second. */
const MAX_ENTRIES = 2 ** 18;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Reads JSON text token by token; positions are in bytes as long as the text is ASCII. */
class Scanner {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  fail(expected: string): never {
    const { at, text } = this;
    const got = at < text.length ? JSON.stringify(text.slice(at, at + 12)) : "its end";
    throw new Error(
      `the header is no JSON as expected: at character ${at}, expected ${expected}, got ${got}`,
    );
  }

  private skipSpace(): void {
    for (;;) {
      const c = this.text.charCodeAt(this.at);
      if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return;
      this.at++;
    }
  }

  /** Whether the next character is `wanted`, which is then passed. */
  has(wanted: string): boolean {
    this.skipSpace();
    if (this.text.charCodeAt(this.at) !== wanted.charCodeAt(0)) return false;
    this.at++;
    return true;
  }

  expect(wanted: string): void {
    if (!this.has(wanted)) this.fail(JSON.stringify(wanted));
  }

  expectEnd(): void {
    this.skipSpace();
    if (this.at < this.text.length) this.fail("nothing but spaces after the last brace");
  }

  string(): string {
    this.expect('"');
    const { text } = this;
    const start = this.at;
    let escaped = false;
    for (let i = start; ; i++) {
      const c = text.charCodeAt(i);
      if (c === QUOTE) {
        this.at = i + 1;
        return escaped ? this.unescape(start - 1, i + 1) : text.slice(start, i);
      }
      if (c === BACKSLASH) {
        escaped = true;
        i++;
      } else if (!(c >= 0x20)) {
        // A control character, or the end.
        this.at = i;
        this.fail('the rest of a string and "\\""');
      }
    }
  }

  private unescape(start: number, end: number): string {
    try {
      return JSON.parse(this.text.slice(start, end)) as string;
    } catch {
      this.at = start;
      return this.fail("a string with escapes of JSON");
    }
  }

  /** A whole number from 0 to 2^53 - 1. */
  count(): number {
    this.skipSpace();
    const start = this.at;
    let value = 0;
    for (; ; this.at++) {
      const digit = this.text.charCodeAt(this.at) - 0x30;
      if (!(digit >= 0 && digit <= 9)) break;
      value = 10 * value + digit;
    }
    const digits = this.at - start;
    const next = this.text[this.at];
    const leading = digits > 1 && this.text[start] === "0";
    if (digits === 0 || leading || !Number.isSafeInteger(value) || /[.eE]/.test(next ?? "")) {
      this.at = start;
      this.fail("a whole number from 0 to 2^53 - 1");
    }
    return value;
  }

  counts(most: number): number[] {
    const list: number[] = [];
    this.expect("[");
    if (this.has("]")) return list;
    do {
      if (list.length === most) this.fail(`at most ${most} numbers`);
      list.push(this.count());
    } while (this.has(","));
    this.expect("]");
    return list;
  }

  /** The entries of an object, each read by `entry` after its key. */
  object(entry: (key: string) => void): void {
    this.expect("{");
    if (this.has("}")) return;
    let count = 0;
    do {
      if (++count > MAX_ENTRIES)
        throw new Error(`the header has more than ${MAX_ENTRIES} entries, which is the limit`);
      const key = this.string();
      this.expect(":");
      entry(key);
    } while (this.has(","));
    this.expect("}");
  }
}

const shown = (name: string): string =>
  JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);

function twice(key: string, where: string): never {
  throw new Error(`the header has ${shown(key)} twice${where}`);
}

function readEntry(scanner: Scanner, name: string): HeaderEntry {
  let format: string | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  scanner.object((key) => {
    if (key === "dtype" && format === undefined) format = scanner.string();
    else if (key === "shape" && !shape) shape = scanner.counts(MAX_RANK);
    else if (key === "data_offsets" && !offsets) offsets = scanner.counts(2);
    else if (["dtype", "shape", "data_offsets"].includes(key)) twice(key, ` in ${shown(name)}`);
    else
      throw new Error(
        `the header has an unknown entry ${shown(key)} in ${shown(name)}: expected dtype, shape and data_offsets`,
      );
  });
  if (format === undefined || !shape || offsets?.length !== 2)
    throw new Error(
      `the header needs dtype, shape and two data_offsets for every tensor, and ${shown(name)} lacks one of them`,
    );
  return { format, shape, begin: offsets[0], end: offsets[1] };
}

/**
 * Reads the text of a header.
 *
 * @throws Error for anything but an object of entries with dtype, shape and data_offsets, and `__metadata__`.
 */
export function readHeaderText(text: string): HeaderText {
  const tensors = new Map<string, HeaderEntry>();
  const metadata = new Map<string, string>();
  let hasMetadata = false;
  if (!text.startsWith("{"))
    throw new Error('the header is no JSON object: it must begin with "{"');
  const scanner = new Scanner(text);
  scanner.object((name) => {
    if (name === "__metadata__") {
      if (hasMetadata) twice(name, "");
      hasMetadata = true;
      scanner.object((key) => {
        if (metadata.has(key)) twice(key, " in __metadata__");
        metadata.set(key, scanner.string());
      });
    } else {
      if (tensors.has(name)) twice(name, "");
      tensors.set(name, readEntry(scanner, name));
    }
  });
  scanner.expectEnd();
  return { tensors, metadata };
}
