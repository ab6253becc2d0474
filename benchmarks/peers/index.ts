import { type Framework } from "./framework.ts";
import { jax } from "./jax.ts";
import { jaxJs } from "./jax-js.ts";
import { nabla } from "./nabla.ts";
import { onnxruntime } from "./onnxruntime.ts";
import { openblas } from "./openblas.ts";
import { tfjs } from "./tfjs.ts";
import { torch } from "./torch.ts";

/** All frameworks, in the order of the tables: ours first. */
export const FRAMEWORKS: readonly Framework[] = [
  nabla,
  torch,
  jax,
  openblas,
  onnxruntime,
  tfjs,
  jaxJs,
];

/** The framework whose programs have this name. */
export function frameworkOf(program: string): Framework {
  const found = FRAMEWORKS.find((framework) => framework.program === program);
  if (!found) throw new Error(`no framework has programs named ${program}`);
  return found;
}
