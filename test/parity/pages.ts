import { readFileSync, writeFileSync } from "node:fs";
import * as prettier from "prettier";

// Pages of docs/ that are written from the tables of tests, by npx tsx test/parity/write-table.ts.

const fileOf = (name: string): URL => new URL(`../../docs/${name}`, import.meta.url);

/** The text of a page as the repository's formatter leaves it. */
export async function formatted(name: string, text: string): Promise<string> {
  const options = await prettier.resolveConfig(fileOf(name));
  return prettier.format(text, { ...options, parser: "markdown" });
}

export const readPage = (name: string): string => readFileSync(fileOf(name), "utf8");

export async function writePage(name: string, text: string): Promise<void> {
  writeFileSync(fileOf(name), await formatted(name, text));
}
