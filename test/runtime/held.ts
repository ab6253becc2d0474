import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
/** Has V8 collect what nobody holds. */
export const collect = runInNewContext("gc") as () => void;

/** Bytes of arrays that somebody holds; V8 may still be freeing some. */
export async function heldBytes(): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 20));
  collect();
  return process.memoryUsage().arrayBuffers;
}
