import type { CaseResult, Row } from './measure.ts';

/** What a run came to, as it is written to a file. */
export interface Report {
  /** Requests a second, open loop. */
  readonly rate: number;
  readonly seconds: number;
  readonly failedCases: number;
  readonly rows: readonly Row[];
  readonly problems: readonly { readonly name: string; readonly problems: readonly string[] }[];
}

/** Sums up a run. */
export function reportOf(results: readonly CaseResult[], rate: number, seconds: number): Report {
  const failed = results.filter(({ problems }) => problems.length > 0);
  return {
    rate,
    seconds: Math.round(seconds),
    failedCases: failed.length,
    rows: results.flatMap(({ rows }) => rows),
    problems: failed.map(({ name, problems }) => ({ name, problems })),
  };
}

const HEAD = [
  'router',
  'strategy',
  'transition',
  'requests',
  'failed',
  'wrong version',
  'share error (pp)',
  'in force (s)',
  'API requests',
];

function cellsOf(row: Row): (string | number)[] {
  const { router, strategy, transition, requests, failed, wrongVersion, shareError, windows } = row;
  const share = windows === 0 ? '–' : shareError;
  return [
    router,
    strategy,
    transition,
    requests,
    failed,
    wrongVersion,
    share,
    row.secondsInForce ?? '–',
    row.apiRequests,
  ];
}

/** The rows as a table in Markdown. */
export function tableOf({ rows }: Pick<Report, 'rows'>): string {
  const lines = [HEAD, HEAD.map((_, index) => (index < 3 ? '---' : '---:')), ...rows.map(cellsOf)];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
