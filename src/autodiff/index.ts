export { batch } from "./batch.ts";
export { jvp } from "./jvp.ts";
export { substitute } from "./substitute.ts";
export { vjp } from "./vjp.ts";
