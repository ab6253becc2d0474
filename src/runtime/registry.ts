import { type Device, DeviceUnavailable } from "./device.ts";
import { createJsDevice } from "./js/device.ts";
import { createNativeDevice } from "./native/device.ts";
import { isNode, processors } from "./node.ts";
import { createWasmDevice } from "./wasm/device.ts";

/** How a device is to run. */
export interface DeviceOptions {
  /**
   * Threads that share the work, for devices that have them. The default is `NABLA_THREADS`, else as many
   * as there are processors for `native` and 1 for `wasm`.
   */
  readonly threads?: number;
}

const FACTORIES: Record<string, (options: Required<DeviceOptions>) => Device> = {
  native: (options) => createNativeDevice(options, createJsDevice()),
  wasm: createWasmDevice,
  js: () => createJsDevice(),
};

/** What is used where another device cannot be: it works everywhere. */
const FALLBACK = "wasm";

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

function threadsOf(name: string, options: DeviceOptions): number {
  const given = options.threads ?? environment("NABLA_THREADS");
  const threads = given === undefined ? (name === "native" ? processors() : 1) : Number(given);
  if (!Number.isInteger(threads) || threads < 1 || threads > 256)
    throw new RangeError(`threads must be an integer from 1 to 256, got ${given}`);
  return threads;
}

const warned = new Set<string>();

/** Says once that another device is used, and what there is to do. */
function warnOnce(device: string, reason: string): void {
  if (warned.has(device)) return;
  warned.add(device);
  console.warn(
    `nabla: using the device "${FALLBACK}" instead of the faster "${device}": ${reason}`,
  );
}

/**
 * Chooses the device on which everything is computed from now on. Values move to it when they are used.
 * Where the device cannot be used (`native` needs a C compiler and the package koffi), a warning says why,
 * and `wasm` is used instead.
 *
 * @throws Error for a name that no device has; RangeError for threads that are not from 1 to 256.
 *
 * @example
 * setDevice("wasm", { threads: 2 });
 */
export function setDevice(name: string, options: DeviceOptions = {}): Device {
  const create = Object.hasOwn(FACTORIES, name) ? FACTORIES[name] : undefined;
  if (!create)
    throw new Error(`no device is named "${name}": expected one of ${deviceNames().join(", ")}`);
  const threads = threadsOf(name, options);
  const key = `${name}/${threads}`;
  let device = devices.get(key);
  if (!device) {
    try {
      device = create({ threads });
    } catch (error) {
      if (!(error instanceof DeviceUnavailable)) throw error;
      warnOnce(name, error.reason);
      device = setDevice(FALLBACK, options);
    }
    devices.set(key, device);
  }
  current = device;
  return device;
}

/**
 * The device in use: what `setDevice` chose, else `NABLA_DEVICE`, else `native` where it can be used, else
 * `wasm`.
 *
 * @example
 * defaultDevice().stats.kernelsCompiled; // how many kernels the device has compiled
 */
export function defaultDevice(): Device {
  return current ?? setDevice(environment("NABLA_DEVICE") ?? (isNode() ? "native" : FALLBACK));
}

/** Runs `use` with the device in use; should that turn out to be unusable, with the one in its place. */
export function withDevice<R>(use: (device: Device) => R): R {
  const device = defaultDevice();
  try {
    return use(device);
  } catch (error) {
    if (!(error instanceof DeviceUnavailable) || device.name === FALLBACK) throw error;
    warnOnce(device.name, error.reason);
    const replacement = setDevice(FALLBACK);
    for (const [key, known] of devices) if (known === device) devices.set(key, replacement);
    return use(replacement);
  }
}
