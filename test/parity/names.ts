/** Prints the entries that the library has, one a line. */
import { mapped } from "./table.ts";

console.log(mapped().join("\n"));
