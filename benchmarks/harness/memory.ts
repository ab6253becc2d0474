import { readFileSync, writeFileSync } from "node:fs";

/** A field of Linux's /proc/self/status in bytes; undefined on other systems. */
function statusField(name: string): number | undefined {
  try {
    const found = new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(
      readFileSync("/proc/self/status", "utf8"),
    );
    return found ? Number(found[1]) * 1024 : undefined;
  } catch {
    return undefined;
  }
}

/** The most memory of this process that was ever resident, since `resetPeak` where that works. */
export const peakBytes = (): number =>
  statusField("VmHWM") ?? process.resourceUsage().maxRSS * 1024;

export const residentBytes = (): number => statusField("VmRSS") ?? process.memoryUsage.rss();

/** Lets the peak start again from what is resident now; only Linux can. */
export function resetPeak(): void {
  try {
    writeFileSync("/proc/self/clear_refs", "5");
  } catch {
    // The peak then counts from the start of the process.
  }
}
