// Importing this module defines every primitive.
import "./leaves.ts";
import "./unary.ts";
import "./binary.ts";
import "./convert.ts";
import "./views.ts";
import "./reduce.ts";
import "./dot.ts";
import "./conv.ts";
import "./window.ts";
import "./indexing.ts";
import "./sort.ts";
import "./cumsum.ts";
import "./scan.ts";
import "./custom.ts";
import "./attention.ts";
import "./call.ts";
