/**
 * Nabla: deep learning in TypeScript, for Node and the browser.
 *
 * Tensors and their functions are exported as they are; layers and losses are in `nn`, optimisers in
 * `optim`. Datasets come from `nabla/data`, metrics from `nabla/metrics`.
 *
 * @module
 */
export { type DType, type TypedArray } from "./ir/dtype.ts";
export { type Shape } from "./ir/shape.ts";
export * as nn from "./nn/index.ts";
export * as optim from "./optim/index.ts";
export { type Device, type DeviceStats } from "./runtime/device.ts";
export { defaultDevice, deviceNames, type DeviceOptions, setDevice } from "./runtime/registry.ts";
export * from "./tensor/index.ts";
