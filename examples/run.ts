import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";

// `npm run example -- NAME [options]` starts examples/NAME/main.ts, which reads the options.
const entries = await readdir(fileURLToPath(new URL(".", import.meta.url)), {
  withFileTypes: true,
});
const names = entries
  .filter((entry) => entry.isDirectory() && entry.name !== "shared")
  .map(({ name }) => name)
  .sort();
const [name, ...rest] = process.argv.slice(2);
const listing = `Usage: npm run example -- NAME [options]; NAME --help lists an example's options

  ${names.join("\n  ")}`;
if (name === undefined || name === "--help") console.log(listing);
else if (names.includes(name)) {
  process.argv = [...process.argv.slice(0, 2), ...rest];
  await import(new URL(`${name}/main.ts`, import.meta.url).href);
} else {
  console.error(`There is no example ${JSON.stringify(name)}\n${listing}`);
  process.exitCode = 2;
}
