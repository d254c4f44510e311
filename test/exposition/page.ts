/** What one version of a service has done so far. */
export interface Done {
  readonly requests: number;
  readonly failures: number;
  /** Requests slower than every edge of the histogram. */
  readonly slow: number;
}

/** What both versions have done. */
export type Arms = Readonly<Record<'canary' | 'stable', Done>>;
export type Labels = Readonly<Record<string, string>>;

/** How a server writes a page: Python's client has floats and times of creation, others do not. */
export interface Style {
  readonly number: (value: number) => string;
  /** What stands between the last label and the brace. */
  readonly end?: string;
}
export const PLAIN: Style = { number: String };
/** Python's client library. */
export const PYTHON: Style = { number: (value) => (Number.isInteger(value) ? `${value}.0` : String(value)) };

/** One series. */
export function line(name: string, labels: Labels, value: number, style: Style = PLAIN): string {
  const listed = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
  const braces = listed.length === 0 ? '' : `{${listed.join(',')}${style.end ?? ''}}`;
  return `${name}${braces} ${style.number(value)}`;
}

const comments = (name: string, type: string): string[] => [
  `# HELP ${name} What it is.`,
  `# TYPE ${name} ${type}`,
];

/** Series of one counter; those that have never counted are not there, as with most client libraries. */
export function counter(
  name: string,
  series: readonly (readonly [Labels, number])[],
  style: Style = PLAIN,
): string[] {
  const counted = series.filter(([, value]) => value > 0);
  return [
    ...comments(name, 'counter'),
    ...counted.map(([labels, value]) => line(name, labels, value, style)),
  ];
}

/** A histogram in which all fast requests are in the first bucket, and all slow ones in the last. */
export function histogram(
  name: string,
  labels: Labels,
  edges: readonly string[],
  { requests, slow }: Done,
  style: Style = PLAIN,
): string[] {
  const bucket = (le: string, value: number): string =>
    line(`${name}_bucket`, { ...labels, le }, value, style);
  return [
    ...comments(name, 'histogram'),
    ...edges.map((le) => bucket(le, requests - slow)),
    bucket('+Inf', requests),
    line(`${name}_sum`, labels, requests * 0.25, style),
    line(`${name}_count`, labels, requests, style),
  ];
}

/** The text of a page. */
export const text = (lines: readonly string[]): string => `${lines.join('\n')}\n`;

/** The page that both versions have a part in, as a proxy or a router writes it. */
export function bothArms(arms: Arms, part: (arm: 'canary' | 'stable', done: Done) => string[]): string {
  return text([
    ...part('canary', arms.canary),
    ...part('stable', arms.stable).filter((one) => !one.startsWith('#')),
  ]);
}
