import { type Device } from "./device.ts";
import { createJsDevice } from "./js/device.ts";
import { createNativeDevice } from "./native/device.ts";
import { createWasmDevice } from "./wasm/device.ts";

/** How a device is to run. */
export interface DeviceOptions {
  /** Threads that share the work, for devices that have them; the default is `NABLA_THREADS` or 1. */
  readonly threads?: number;
}

const FACTORIES: Record<string, (options: Required<DeviceOptions>) => Device> = {
  wasm: createWasmDevice,
  native: (options) => createNativeDevice(options, createJsDevice()),
  js: () => createJsDevice(),
};

/**
 * The names that `setDevice` takes.
 *
 * @example
 * deviceNames().includes("wasm"); // true
 */
export const deviceNames = (): string[] => Object.keys(FACTORIES);

const devices = new Map<string, Device>();
let current: Device | undefined;

function environment(name: string): string | undefined {
  return typeof process === "undefined" ? undefined : process.env?.[name];
}

function threadsOf(options: DeviceOptions): number {
  const threads = options.threads ?? Number(environment("NABLA_THREADS") ?? 1);
  if (!Number.isInteger(threads) || threads < 1 || threads > 256)
    throw new RangeError(`threads must be an integer from 1 to 256, got ${threads}`);
  return threads;
}

/**
 * Chooses the device on which everything is computed from now on. Values move to it when they are used.
 *
 * @example
 * setDevice("wasm", { threads: 2 });
 */
export function setDevice(name: string, options: DeviceOptions = {}): Device {
  const create = Object.hasOwn(FACTORIES, name) ? FACTORIES[name] : undefined;
  if (!create)
    throw new Error(`no device is named "${name}": expected one of ${deviceNames().join(", ")}`);
  const threads = threadsOf(options);
  const key = `${name}/${threads}`;
  let device = devices.get(key);
  if (!device) devices.set(key, (device = create({ threads })));
  current = device;
  return device;
}

/**
 * The device in use: what `setDevice` chose, else `NABLA_DEVICE`, else `wasm`.
 *
 * @example
 * defaultDevice().stats.kernelsCompiled; // how many kernels the device has compiled
 */
export function defaultDevice(): Device {
  return current ?? setDevice(environment("NABLA_DEVICE") ?? "wasm");
}
