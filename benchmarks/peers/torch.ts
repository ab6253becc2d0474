import { type Framework } from "./framework.ts";

export const torch: Framework = {
  program: "torch",
  peers: [
    { id: "pytorch", mode: "eager" },
    { id: "torch.compile", mode: "compile" },
  ],
  runtime: "python",
  packages: ["torch", "numpy"],
  install: "npm run bench -- --install",
};
