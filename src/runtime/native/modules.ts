import type * as childProcess from "node:child_process";
import type * as crypto from "node:crypto";
import type * as fs from "node:fs";
import type * as module from "node:module";
import type * as os from "node:os";
import type * as path from "node:path";
import { requireNode } from "../node.ts";

// Node's modules, by functions: this file is also part of bundles for browsers.

export const nodeFs = (): typeof fs => requireNode<typeof fs>("fs");
export const nodeOs = (): typeof os => requireNode<typeof os>("os");
export const nodePath = (): typeof path => requireNode<typeof path>("path");
export const nodeCrypto = (): typeof crypto => requireNode<typeof crypto>("crypto");
export const nodeModules = (): typeof module => requireNode<typeof module>("module");
export const nodeChildProcess = (): typeof childProcess =>
  requireNode<typeof childProcess>("child_process");
