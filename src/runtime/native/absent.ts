import { type Device, DeviceUnavailable } from "../device.ts";

// Bundles for browsers hold this file in place of device.ts: "browser" in package.json says so.

/** Why the device cannot be used here. */
export const nativeProblem = (): string => "it needs Node";

/** @throws DeviceUnavailable */
export function createNativeDevice(): Device {
  throw new DeviceUnavailable("native", nativeProblem());
}
