export { substitute } from "../ir/substitute.ts";
