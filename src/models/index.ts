export * from "./gpt.ts";
export * from "./lenet.ts";
export * from "./resnet.ts";
