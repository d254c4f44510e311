import type { Track } from '../../analysis/verdict/track.ts';

const percent = (rate: number): string => `${Number((rate * 100).toPrecision(3))} %`;

/** The newest window of a plot in words, for who does not see it. */
export function trackWords({ points }: Track, name: string): string {
  const last = points.at(-1);
  if (last === undefined) return `${name}: no window yet`;
  const stable = last.stable === null ? '' : `, stable ${percent(last.stable)}`;
  return `${name}: canary ${percent(last.canary)}, between ${percent(last.low)} and ${percent(last.high)}${stable}, allowed ${percent(last.limit)}`;
}
