import { formatDuration } from '../../src/api/values/duration.ts';

/** The outcome of one release, from the outside: the request log, the pods and the Release. */
export interface ReleaseReport {
  readonly name: string;
  readonly revision: string;
  readonly version: string;
  readonly outcome: string;
  readonly expected: string;
  readonly reason: string;
  /** From the push to the end of the Release. */
  readonly seconds: number;
  /** Requests that were sent in that time, to all versions. */
  readonly requests: number;
  /** Those that got no answer or a 5xx, from any version. */
  readonly failedRequests: number;
  /** Answers of the new version that failed or were slower than the bound, up to the end. */
  readonly badRequests: number;
  /** Pods of the new version that were created: each loads the model once. */
  readonly modelLoads: number;
  /** Most pods of the workload at one time. */
  readonly peakPods: number;
  /** From the first failed window to the last request that the new version answered; null if none failed. */
  readonly secondsToWeightZero: number | null;
  /** Requests to the API server by the controller, watches aside. */
  readonly apiRequests: number;
}

/** What the demo measured beside the releases. */
export interface DemoReport {
  readonly releases: readonly ReleaseReport[];
  readonly controllerRssMb: { readonly idle: number; readonly busy: number };
  readonly seconds: number;
}

/** Whether a release ended as expected: its outcome, and no request lost by a good version. */
export function isAsExpected(release: ReleaseReport): boolean {
  if (release.outcome !== release.expected) return false;
  return release.expected !== 'Promoted' || release.failedRequests === 0;
}

const COLUMNS: readonly (readonly [title: string, text: (release: ReleaseReport) => string])[] = [
  ['', (release) => (isAsExpected(release) ? '✓' : '✗')],
  ['version', ({ version }) => version],
  ['outcome', ({ outcome }) => outcome],
  ['reason', ({ reason }) => reason],
  ['time', ({ seconds }) => formatDuration(seconds * 1_000)],
  ['requests', ({ requests }) => String(requests)],
  ['failed', ({ failedRequests }) => String(failedRequests)],
  ['bad', ({ badRequests }) => String(badRequests)],
  ['loads', ({ modelLoads }) => String(modelLoads)],
  ['peak pods', ({ peakPods }) => String(peakPods)],
  ['API requests', ({ apiRequests }) => String(apiRequests)],
];

/** The summary as a table for the terminal, one line for each release. */
export function summaryTable(releases: readonly ReleaseReport[]): string {
  const rows = [
    COLUMNS.map(([title]) => title),
    ...releases.map((one) => COLUMNS.map(([, text]) => text(one))),
  ];
  const widths = COLUMNS.map((_column, at) => Math.max(...rows.map((row) => (row[at] ?? '').length)));
  return rows
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
