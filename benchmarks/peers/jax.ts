import { type Framework } from "./framework.ts";

export const jax: Framework = {
  program: "jax",
  peers: [{ id: "jax", mode: "" }],
  runtime: "python",
  packages: ["jax", "jaxlib", "numpy"],
  install: "npm run bench -- --install",
};
