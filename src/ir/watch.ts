import { type Node } from "./node.ts";

/** What a search for errors is told while graphs are made; nothing is called where nobody searches. */
export interface Watch {
  /** Called with every new node. */
  made?: ((node: Node) => void) | undefined;
  /** Called when `to` takes the place of `from` in a graph that is made anew. */
  replaced?: ((from: Node, to: Node) => void) | undefined;
  /** The node whose derivative is being written. */
  differentiated?: Node | undefined;
}

export const watch: Watch = {};
