import { readFileSync } from "node:fs";
import { NOT_APPLICABLE } from "./operators/absent.ts";
import { operatorFor } from "./operators/index.ts";

export type Status = "supported" | "differs" | "not applicable" | "missing";

export interface Row {
  readonly name: string;
  readonly status: Status;
  readonly why: string;
}

/** PyTorch's list: written by tools/parity-vectors.py. */
export const OP_DB = JSON.parse(readFileSync(new URL("./op-db.json", import.meta.url), "utf8")) as {
  readonly torch: string;
  readonly names: readonly string[];
};

function rowOf(name: string): Row {
  const absent = NOT_APPLICABLE[name];
  if (absent) return { name, status: "not applicable", why: absent };
  const operator = operatorFor(name);
  if (!operator) return { name, status: "missing", why: "" };
  const reasons = (operator.except ?? []).map(({ why }) => why);
  if (operator.gradients !== undefined) reasons.push(`gradients: ${operator.gradients}`);
  if (operator.differs !== undefined) reasons.push(operator.differs);
  if (reasons.length > 0) return { name, status: "differs", why: reasons.join("; ") };
  const why =
    operator.compare === "shapes" ? "shape and dtype are compared" : (operator.determined ?? "");
  return { name, status: "supported", why };
}

export const rows = (): Row[] => OP_DB.names.map(rowOf);

/** The entries that the library has, for which vectors are made. */
export const mapped = (): string[] =>
  rows()
    .filter(({ status }) => status === "supported" || status === "differs")
    .map(({ name }) => name);

/** docs/parity.md. */
export function page(): string {
  const list = rows();
  const count = (status: Status): number => list.filter((row) => row.status === status).length;
  const dense = list.length - count("not applicable");
  const share = ((100 * count("supported")) / dense).toFixed(1);
  const forms = list.filter(({ name }) => operatorFor(name)?.complex).length;
  const lines = list.map(({ name, status, why }) => `| \`${name}\` | ${status} | ${why} |`);
  return `# Parity with PyTorch

Every entry of PyTorch's own list of operators (\`op_db\` of version ${OP_DB.torch}), and whether Nabla gives the
same results and gradients for its sample inputs. \`test/parity\` compares them in single and double
precision, with integers of 32 and 64 bits and with booleans, and ${forms} of them with complex numbers: a selection in
\`npm test\`, all of them by \`node tools/parity.js\`. This page is written by
\`npx tsx test/parity/write-table.ts\`.

| status | entries |
| --- | --- |
| supported | ${count("supported")} |
| differs | ${count("differs")} |
| missing | ${count("missing")} |
| not applicable | ${count("not applicable")} |

Supported: ${share} % of the ${dense} entries that are about dense tensors.

What holds for all entries: positions and counts, and sums of integers of 32 bits, which PyTorch has in
64 bits, are i32. A number like 2.0
is an integer in JavaScript, so it makes no float of an integer tensor. Relative and absolute tolerance are
1e-5 and 2e-5 in single, 1e-9 and 1e-9 in double precision; operators that need others say why in
\`test/parity/operators\`. Random results are compared by shape and dtype.

| operator | status | why |
| --- | --- | --- |
${lines.join("\n")}
`;
}
