import { isFailed, type LoadRecord } from '../load/record.ts';

/** The answers of one version. */
export interface VersionTraffic {
  readonly answered: number;
  readonly failed: number;
  /** Answered well, but later than the bound. */
  readonly slow: number;
}

/** Requests by the version that answered. */
export interface Traffic {
  readonly requests: number;
  /** No answer, or a 5xx from any version or the gateway. */
  readonly failed: number;
  /** No version answered: a connection error, or an error of the gateway's own. */
  readonly unanswered: number;
  readonly versions: ReadonlyMap<string, VersionTraffic>;
}

/** Whether an answer is bad for the user. */
export function isBad(record: LoadRecord, slowMs: number): boolean {
  return isFailed(record) || record.latencyMs > slowMs;
}

/** Counts the requests that were sent in the span. */
export function trafficOf(records: readonly LoadRecord[], from: number, to: number, slowMs: number): Traffic {
  const within = records.filter(({ at }) => at >= from && at <= to);
  const versions = new Map<string, VersionTraffic>();
  for (const record of within) {
    if (record.version === '') continue;
    const { answered, failed, slow } = versions.get(record.version) ?? { answered: 0, failed: 0, slow: 0 };
    const bad = isFailed(record);
    versions.set(record.version, {
      answered: answered + 1,
      failed: failed + (bad ? 1 : 0),
      slow: slow + (!bad && record.latencyMs > slowMs ? 1 : 0),
    });
  }
  return {
    requests: within.length,
    failed: within.filter(isFailed).length,
    unanswered: within.filter(({ version }) => version === '').length,
    versions,
  };
}
