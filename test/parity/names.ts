/** Prints the entries that the library has, one a line, and which of them take complex samples. */
import { operatorFor } from "./operators/index.ts";
import { mapped } from "./table.ts";

for (const name of mapped()) console.log(operatorFor(name)!.complex ? `${name}\tcomplex` : name);
