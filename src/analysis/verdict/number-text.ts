const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** A count with separated thousands: `1,204`. */
export function countText(count: number): string {
  return grouped.format(count);
}

/** A rate for people: `0.42 %`, `5.1 %`, `31 %`. */
export function percentText(share: number): string {
  const percent = share * 100;
  return `${Number(percent.toFixed(percent < 1 ? 2 : percent < 10 ? 1 : 0))} %`;
}

/** A latency for people: `612 ms`, `12.3 s`. */
export function latencyText(seconds: number): string {
  const ms = seconds * 1_000;
  if (ms >= 10_000) return `${Number(seconds.toFixed(1))} s`;
  return `${Number(ms.toFixed(ms < 10 ? 1 : 0))} ms`;
}

/** A count of something: `1,204 requests`, `1 window`. */
export function countOf(count: number, noun: string): string {
  return `${countText(count)} ${noun}${count === 1 ? '' : 's'}`;
}
