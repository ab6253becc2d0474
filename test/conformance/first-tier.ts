import { afterAll, beforeAll } from "vitest";

/** Has the device `native` compile every graph in the tests around: what its first tier would run is compiled too. */
export function withoutFirstTier(): void {
  let before: string | undefined;
  beforeAll(() => {
    before = process.env.NABLA_FIRST_TIER;
    process.env.NABLA_FIRST_TIER = "off";
  });
  afterAll(() => {
    if (before === undefined) delete process.env.NABLA_FIRST_TIER;
    else process.env.NABLA_FIRST_TIER = before;
  });
}
