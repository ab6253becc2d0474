import { type Framework } from "./framework.ts";

/** The system's OpenBLAS by itself, for matrix products. */
export const openblas: Framework = {
  program: "openblas",
  peers: [{ id: "openblas", mode: "" }],
  runtime: "python",
  packages: ["numpy"],
  install: "apt install libopenblas0-pthread; npm run bench -- --install",
};
