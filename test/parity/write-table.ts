/** Writes docs/parity.md from the tables of operators. */
import { writeFileSync } from "node:fs";
import * as prettier from "prettier";
import { page } from "./table.ts";

const file = new URL("../../docs/parity.md", import.meta.url);
const options = await prettier.resolveConfig(file);
writeFileSync(file, await prettier.format(page(), { ...options, parser: "markdown" }));
