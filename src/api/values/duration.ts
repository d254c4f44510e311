import type { z } from 'zod';
import { matching } from '../rules.ts';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** The pattern of a duration as Go and Kubernetes users write it: `500ms`, `30s`, `1m30s`, `2h`. */
export const DURATION_PATTERN = '^([0-9]+(ms|s|m|h))+$';

/** A duration as people write it. `parseDuration` turns it into milliseconds. */
export const Duration = matching(
  new RegExp(DURATION_PATTERN),
  32,
  'must be a duration: write it like 500ms, 30s, 5m or 1h30m',
);
export type Duration = z.infer<typeof Duration>;

/** Milliseconds of a duration text, or null if it is not a duration. */
export function parseDuration(text: string): number | null {
  if (!new RegExp(DURATION_PATTERN).test(text)) return null;
  return [...text.matchAll(/([0-9]+)(ms|s|m|h)/g)].reduce(
    (sum, [, digits, unit]) => sum + Number(digits) * (UNIT_MS[unit ?? ''] ?? 0),
    0,
  );
}

/** Milliseconds of a duration that a schema has already accepted. */
export function durationMs(text: Duration): number {
  return parseDuration(text) ?? 0;
}

/** A span as a person reads it: `850ms`, `42s`, `3m10s`, `1h05m`. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds}s`;
  const [minutes, rest] = [Math.floor(seconds / 60), seconds % 60];
  if (minutes < 60) return rest === 0 ? `${minutes}m` : `${minutes}m${rest}s`;
  return `${Math.floor(minutes / 60)}h${String(minutes % 60).padStart(2, '0')}m`;
}
