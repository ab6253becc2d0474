import { beforeAll, describe, it } from "vitest";
import { compileAll } from "./c-kernel.ts";
import { operationCases, runCheck, type RunKernel } from "./operation-cases.ts";

describe.each([16, 32, 64])("vectors of %d bytes", (vectorBytes) => {
  const cases = operationCases(vectorBytes);
  let run: RunKernel;
  beforeAll(() => {
    run = compileAll(
      cases.flatMap(({ checks }) => checks.map(({ kernel }) => kernel)),
      vectorBytes,
    );
  });

  it.each(cases)("$title", ({ checks }) => {
    for (const one of checks) runCheck(one, run);
  });
});
