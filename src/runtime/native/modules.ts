import type * as childProcess from "node:child_process";
import type * as crypto from "node:crypto";
import type * as fs from "node:fs";
import type * as module from "node:module";
import type * as os from "node:os";
import type * as path from "node:path";
import type * as v8 from "node:v8";
import type * as threads from "node:worker_threads";
import { requireNode } from "../node.ts";

// Node's modules, by functions: this file is also part of bundles for browsers.

export const nodeFs = () => requireNode("fs") as typeof fs;
export const nodeOs = () => requireNode("os") as typeof os;
export const nodePath = () => requireNode("path") as typeof path;
export const nodeCrypto = () => requireNode("crypto") as typeof crypto;
export const nodeModules = () => requireNode("module") as typeof module;
export const nodeThreads = () => requireNode("worker_threads") as typeof threads;
export const nodeChildProcess = () => requireNode("child_process") as typeof childProcess;
export const nodeV8 = () => requireNode("v8") as typeof v8;
