import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { DeviceUnavailable } from "../../src/runtime/device.ts";
import * as absent from "../../src/runtime/native/absent.ts";
import * as device from "../../src/runtime/native/device.ts";
import { ROOT } from "../../tools/rooms.js";

test("what stands in for the native device in browsers has the same names", () => {
  expect(Object.keys(absent).sort()).toEqual(Object.keys(device).sort());
  expect(() => absent.createNativeDevice()).toThrow(DeviceUnavailable);
  expect(() => absent.createNativeDevice()).toThrow(/"native" cannot be used: it needs Node/);
});

test("package.json says so for the sources and for the build", () => {
  const text = readFileSync(path.join(ROOT, "package.json"), "utf8");
  const { browser } = JSON.parse(text) as { browser: Record<string, string> };
  expect(browser).toEqual({
    "./src/runtime/native/device.ts": "./src/runtime/native/absent.ts",
    "./dist/runtime/native/device.js": "./dist/runtime/native/absent.js",
  });
});
