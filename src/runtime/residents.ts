import { type Device, type DeviceBuffer } from "./device.ts";
import { RecentMap } from "./recent.ts";
import { type HostValue } from "./values.ts";

/** Bytes of copies that a device keeps before it drops the least recently used. */
const LIMIT = 1 << 30;

interface Copy {
  readonly buffer: DeviceBuffer;
  readonly bytes: number;
}

/**
 * Copies of host values on a device, kept because they were used more than once. A copy goes when its
 * value is collected, and in any case when the copies together grow too large: the host still has the
 * elements.
 */
export class Residents {
  private readonly device: Device;
  private readonly keys = new WeakMap<HostValue, number>();
  private readonly copies = new RecentMap<number, Copy>();
  private readonly collected = new FinalizationRegistry((key: number) => this.drop(key));
  private bytes = 0;
  private nextKey = 0;

  constructor(device: Device) {
    this.device = device;
  }

  bufferOf(value: HostValue): DeviceBuffer {
    const known = this.keys.get(value);
    const copy = known === undefined ? undefined : this.copies.get(known);
    if (copy) return copy.buffer;
    const bytes = Math.max(1, value.data.byteLength);
    const buffer = this.device.allocate(bytes);
    this.device.upload(buffer, value.data);
    const key = known ?? this.nextKey++;
    if (known === undefined) {
      this.keys.set(value, key);
      this.collected.register(value, key);
    }
    this.copies.set(key, { buffer, bytes });
    this.bytes += bytes;
    return buffer;
  }

  /** Drops the least recently used copies while there are too many; between runs only. */
  trim(): void {
    while (this.bytes > LIMIT) this.drop(this.copies.oldest()![0]);
  }

  private drop(key: number): void {
    const copy = this.copies.get(key);
    if (!copy) return;
    this.copies.delete(key);
    this.bytes -= copy.bytes;
    this.device.free(copy.buffer);
  }
}
