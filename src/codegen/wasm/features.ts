import { FunctionBody, ModuleWriter } from "./encoder.ts";

/** Whether the engine has the instructions of relaxed SIMD. */
export function supportsRelaxedSimd(): boolean {
  const module = new ModuleWriter();
  const body = new FunctionBody(["v128"], ["v128"]);
  module.function(body.get(0).get(0).get(0).op("f32x4.relaxed_madd"));
  return WebAssembly.validate(module.finish());
}
