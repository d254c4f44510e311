export type Version = readonly [major: number, minor: number, patch: number];

/** The first version number in a text such as the output of `--version`; a missing patch is 0. */
export function parseVersion(text: string): Version | null {
  const match = /(?<![\d.])(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  return match === null ? null : [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
}

/** Negative when `a` is the older one, positive when it is the newer one, 0 when they are the same. */
export function compareVersions(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

/** Versions from `from` on and, where `below` is given, before that one. */
export interface VersionRange {
  readonly from: Version;
  readonly below?: Version;
}

/** The range that one version alone is in. Throws a RangeError on a text that names none. */
export function exactly(text: string): VersionRange {
  const version = parseVersion(text);
  if (version === null) throw new RangeError(`"${text}" is no version such as 1.35.4`);
  const [major, minor, patch] = version;
  return { from: version, below: [major, minor, patch + 1] };
}

/** Whether a version lies in a range. */
export function inRange(version: Version, { from, below }: VersionRange): boolean {
  return compareVersions(version, from) >= 0 && (below === undefined || compareVersions(version, below) < 0);
}

/** A range in words: `3.6.0 or newer, older than 4.0.0`. */
export function formatRange({ from, below }: VersionRange): string {
  const lower = `${from.join('.')} or newer`;
  return below === undefined ? lower : `${lower}, older than ${below.join('.')}`;
}
