/**
 * From when to when a plot goes, in seconds: what it shows, with a `share` of it left free at both ends. A single moment has
 * `alone` seconds at both sides; else a plot would have years there.
 */
export function timeRange(min: number, max: number, share: number, alone: number): [number, number] {
  const free = max > min ? (max - min) * share : alone;
  return [min - free, max + free];
}
