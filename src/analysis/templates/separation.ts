import type { ArmQuery, Sample } from '../evidence/sample.ts';
import type { Problem } from '../reasons.ts';
import { partText } from './query.ts';

/** Variables that differ between canary and stable. */
const BY_VERSION = '{{pods}}, {{hash}}, {{subset}} or {{arm}}';

function isSame(a: ArmQuery, b: ArmQuery): boolean {
  return a.metric === b.metric && partText(a) === partText(b) && a.promql === b.promql;
}

/**
 * A query that is the same for both versions measures both together, so the versions could never be distinguished. A
 * value, which is measured for the canary only, may be about anything.
 */
export function sameForBoth(queries: readonly ArmQuery[]): Problem | null {
  const twin = queries.find(
    (query) => query.arm === 'canary' && queries.some((one) => one.arm === 'stable' && isSame(one, query)),
  );
  if (twin === undefined) return null;
  return {
    reason: 'NotSeparated',
    message: `metric ${twin.metric}: ${partText(twin)} is the same query for canary and stable, so it measures both together; select by ${BY_VERSION}, such as pod=~"{{pods}}"`,
  };
}

/** A query for a nonexistent version must return nothing: its results would be counted as the canary's. */
export function findsUnknownVersion(query: ArmQuery, sample: Sample): Problem | null {
  if (sample.kind !== 'vector' || sample.series.length === 0) return null;
  const labels = Object.entries(sample.series[0]?.labels ?? {}).map(([name, value]) => `${name}="${value}"`);
  return {
    reason: 'NotSeparated',
    message: `metric ${query.metric}: ${partText(query)} gives ${sample.series.length} series for a version that does not exist, such as ${labels.join(', ').slice(0, 300)}; let every selector in it select by ${BY_VERSION}`,
  };
}
