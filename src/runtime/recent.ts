let clock = 0;

/**
 * A map that knows which of its entries was used longest ago.
 *
 * Entries keep their places when they are used. To move one to the end of a `Map` would be shorter, but a
 * `Map` whose entries come and go is given new tables all the time, and each old one points to the next:
 * once the garbage collector has moved one of them to the old generation, it keeps all that follow, with
 * what they hold, until a full collection. What runs once a step must not do that.
 */
export class RecentMap<K, V> {
  private readonly entries = new Map<K, { value: V; used: number }>();

  get size(): number {
    return this.entries.size;
  }

  /** The value of a key, which counts as used. */
  get(key: K): V | undefined {
    const entry = this.entries.get(key);
    if (!entry) return undefined;
    entry.used = clock++;
    return entry.value;
  }

  /** Adds an entry, or replaces its value; it counts as used. */
  set(key: K, value: V): void {
    const entry = this.entries.get(key);
    if (!entry) this.entries.set(key, { value, used: clock++ });
    else {
      entry.value = value;
      entry.used = clock++;
    }
  }

  delete(key: K): void {
    this.entries.delete(key);
  }

  values(): V[] {
    return Array.from(this.entries.values(), ({ value }) => value);
  }

  /** The entry that was used longest ago. */
  oldest(): [K, V] | undefined {
    let found: [K, V] | undefined;
    let least = Infinity;
    for (const [key, { value, used }] of this.entries)
      if (used < least) [found, least] = [[key, value], used];
    return found;
  }
}
