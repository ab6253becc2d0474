import { createRequire } from "node:module";
import { UsageError } from "./options.ts";

/** A file of an npm package that holds data. Throws a `UsageError` when the package is not installed. */
export function packageFile(name: string, path: string): string {
  try {
    return createRequire(import.meta.url).resolve(`${name}/${path}`);
  } catch {
    throw new UsageError(
      `the data is not installed: expected ${path} in the package ${name}; run npm ci, or npm install ${name}`,
    );
  }
}
