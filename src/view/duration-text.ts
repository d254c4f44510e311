import { formatDuration } from '../api/values/duration.ts';

const DAY_MS = 24 * 3_600_000;

/** A span as kubectl shows ages: `12s`, `3m10s`, `5h02m`, `3d`. Never below a second. */
export function durationText(ms: number): string {
  if (ms >= 2 * DAY_MS) return `${Math.floor(ms / DAY_MS)}d`;
  return formatDuration(Math.max(0, Math.floor(ms / 1_000)) * 1_000 || 0).replace(/^0ms$/, '0s');
}

/** How long ago a time was; a dash if there is none. */
export function since(time: string | undefined, now: number): string {
  return time === undefined ? '-' : durationText(now - Date.parse(time));
}
