import type { Field } from '../ledger/ledger.ts';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const GO = /^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$/;

/** Milliseconds of a duration as Go writes it, such as `1.5h`, or of a number of seconds; null if it is neither. */
export function goMs(value: unknown): number | null {
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? value * 1_000 : null;
  if (typeof value !== 'string') return null;
  if (/^[0-9]+$/.test(value)) return Number(value) * 1_000;
  if (!GO.test(value)) return null;
  const parts = [...value.matchAll(/([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)/g)];
  return parts.reduce((sum, [, digits, unit]) => sum + Number(digits) * (UNITS[unit ?? ''] ?? 0), 0);
}

/** A span in whole units, exactly: `90s`, `5m`, `1500ms`. */
export function spanText(ms: number): string {
  const whole = Math.round(ms);
  const unit = ['h', 'm', 's'].find((one) => whole > 0 && whole % (UNITS[one] ?? 1) === 0);
  return unit === undefined ? `${whole}ms` : `${whole / (UNITS[unit] ?? 1)}${unit}`;
}

/** Milliseconds of a field that has a duration; refused if it has something else. */
export function msOf(field: Field): number | undefined {
  if (!field.isGiven) return undefined;
  const ms = goMs(field.value);
  if (ms !== null) return ms;
  field.refuse('is no duration that can be read, such as 30s, 5m or a number of seconds: write one');
  return undefined;
}
