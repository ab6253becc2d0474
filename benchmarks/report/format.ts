/** Three digits, in a unit that suits: "1.23 ms". */
export function showSeconds(seconds: number): string {
  if (seconds >= 100) return `${seconds.toFixed(0)} s`;
  if (seconds >= 1) return `${seconds.toPrecision(3)} s`;
  if (seconds >= 1e-3) return `${threeDigits(seconds * 1e3)} ms`;
  return `${threeDigits(seconds * 1e6)} µs`;
}

/** Three digits, and those before the point in any case. */
export const threeDigits = (value: number): string =>
  value >= 100 ? value.toFixed(0) : value.toPrecision(3);

export function showBytes(bytes: number): string {
  const mib = bytes / 2 ** 20;
  return mib < 1024 ? `${mib.toFixed(0)} MiB` : `${(mib / 1024).toFixed(2)} GiB`;
}

export const showPercent = (share: number): string => `${(share * 100).toFixed(0)} %`;
