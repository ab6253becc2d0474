/** Writes the pages of docs/ that list what there is of PyTorch, from the tables of the tests. */
import { page as layers } from "../nn/table.ts";
import { page as optimisers } from "../optim/table.ts";
import { writePage } from "./pages.ts";
import { page as operators } from "./table.ts";

await writePage("parity.md", operators());
await writePage("optim.md", optimisers());
await writePage("nn.md", layers());
