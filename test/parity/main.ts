/**
 * Runs a file of vectors: `npx tsx test/parity/main.ts FILE [--devices js,wasm,native] [--ops PATTERN]`.
 * Prints what failed, and exits with 1 if anything did.
 */
import { parseArgs } from "node:util";
import { clearInternTable } from "../../src/ir/node.ts";
import { deviceNames, setDevice } from "../../src/runtime/registry.ts";
import { operatorFor } from "./operators/index.ts";
import { runCases } from "./run.ts";
import { linesOf, type Vectors } from "./vectors.ts";

process.env.NABLA_FIRST_TIER = "off";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { devices: { type: "string" }, ops: { type: "string" }, most: { type: "string" } },
});
const devices = values.devices?.split(",") ?? deviceNames();
const wanted = new RegExp(values.ops ?? "");
const most = Number(values.most ?? 3);

let [passed, failed, operators] = [0, 0, 0];
const broken: string[] = [];
for (const line of linesOf(positionals[0])) {
  const name = /"name":"([^"]*)"/.exec(line)![1];
  const operator = operatorFor(name);
  if (!operator || !wanted.test(name)) continue;
  const { cases } = JSON.parse(line) as Vectors;
  operators++;
  let ok = true;
  for (const device of devices) {
    setDevice(device);
    const outcome = await runCases(operator, cases);
    clearInternTable();
    passed += outcome.passed;
    failed += outcome.failures.length;
    if (outcome.failures.length > 0) ok = false;
    for (const text of outcome.failures.slice(0, most))
      console.log(`${name} on ${device}: ${text}`);
    if (outcome.failures.length > most)
      console.log(`${name} on ${device}: ${outcome.failures.length} of ${cases.length} failed`);
  }
  if (!ok) broken.push(name);
}
console.log(`${operators} operators, ${passed} cases passed, ${failed} failed`);
if (broken.length > 0) console.log(`failing: ${broken.join(" ")}`);
process.exitCode = failed > 0 ? 1 : 0;
