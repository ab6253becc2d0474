export * from "./dtype.ts";
export * from "./shape.ts";
export * from "./ndarray.ts";
export * from "./node.ts";
export * from "./ops.ts";
export { evaluate } from "./evaluate.ts";
export { printGraph } from "./print.ts";
export { substitute } from "./substitute.ts";
