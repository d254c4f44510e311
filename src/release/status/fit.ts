import type { MetricState } from '../../api/release/analysis-state.ts';
import type { Release, ReleaseStatus } from '../../api/release/release.ts';
import { MOST_BYTES } from '../rollout/too-large.ts';
import { bytesOf, fieldsBytesOf } from './bytes.ts';

type Trim = (status: ReleaseStatus) => ReleaseStatus;

/** Remaining characters of a sentence, and entries of a list, if there is no room for more. */
const [SHORT, FEW] = [200, 10];

const cut = (text: string): string => (text.length > SHORT ? `${text.slice(0, SHORT - 1)}…` : text);

/** Changes a part of the status, if present. */
function changed<K extends keyof ReleaseStatus>(
  key: K,
  change: (value: NonNullable<ReleaseStatus[K]>) => ReleaseStatus[K],
): Trim {
  return (status) => {
    const value = status[key];
    return value === undefined || value === null ? status : { ...status, [key]: change(value) };
  };
}

const eachMetric = (change: (metric: MetricState) => MetricState): Trim =>
  changed('analysis', (analysis) => ({ ...analysis, metrics: analysis.metrics.map(change) }));

const withoutReason = <T extends { readonly reason?: string | undefined }>({ reason: _reason, ...rest }: T) =>
  rest;

const withoutHistory = eachMetric(({ history: _history, ...rest }) => rest);

/** Undelivered messages stay, possibly truncated; of the rest only the newest, since it has the next number. */
const withoutSettledMessages: Trim = (status) =>
  changed('messages', (messages) => {
    const open = messages.filter(({ seq }) => seq > (status.notified ?? 0));
    return (open.length === 0 ? messages.slice(-1) : open).map((one) => ({ ...one, text: cut(one.text) }));
  })(status);

/** The spec has the reasons, too. */
const withoutReasons: readonly Trim[] = [
  changed('approvals', (given) => given.map(withoutReason) as typeof given),
  changed('skips', (taken) => taken.map(withoutReason) as typeof taken),
  changed('promote', (taken) => withoutReason(taken)),
];

/** Left out one after the other, the least important first. Never what decides the next transition. */
const TRIMS: readonly Trim[] = [
  withoutHistory,
  withoutSettledMessages,
  changed('trail', (trail) => trail.slice(-FEW)),
  ...withoutReasons,
  eachMetric((metric) => ({ ...metric, message: cut(metric.message) })),
  changed('deliveries', (all) =>
    all.map(({ error, ...rest }) => ({ ...rest, ...(error === undefined ? {} : { error: cut(error) }) })),
  ),
  changed('message', cut),
  changed('conditions', (all) => all.map((one) => ({ ...one, message: cut(one.message) }))),
];

/** Whether the tests of the analysis can still matter. */
const isJudged = ({ phase }: ReleaseStatus): boolean =>
  phase === 'Pending' || phase === 'Starting' || phase === 'Stepping';

/** The minimal status. */
export function leanest(status: ReleaseStatus): ReleaseStatus {
  const lean = TRIMS.reduce((rest, trim) => trim(rest), status);
  return isJudged(status) ? lean : eachMetric(({ series: _series, drift: _drift, ...rest }) => rest)(lean);
}

/**
 * The status in the size that the API server can store beside the rest of the Release. A status refused as too large
 * would prevent an abort, so display-only data is left out first.
 */
export function fitStatus(release: Release, status: ReleaseStatus): ReleaseStatus {
  const { status: _old, ...rest } = release;
  const room = MOST_BYTES - bytesOf(rest);
  const fits = (one: ReleaseStatus): boolean => bytesOf(one) + fieldsBytesOf(one) <= room;
  let fitting = status;
  for (const trim of TRIMS) {
    if (fits(fitting)) return fitting;
    fitting = trim(fitting);
  }
  return fits(fitting) ? fitting : leanest(fitting);
}
