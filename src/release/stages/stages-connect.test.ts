import { expect, it } from 'vitest';
import { ago, NOW, release, replicaSet, seen, statusOf } from '../../../test/fixtures/release.ts';
import type { ReleaseStatus } from '../../api/release/release.ts';
import type { DecisionContext } from '../observed.ts';
import { progressOf } from './stages.ts';

const connect = { canary: { connect: { weight: 1, for: '10s' } } };
const given = release(undefined, {}, connect);
const paused = release(undefined, { paused: true }, connect);
const down = replicaSet({ ready: 0, available: 0 });
const since = (seconds: number): Partial<ReleaseStatus> => ({ weight: 1, routeConfirmedAt: ago(seconds) });
const scaled = { replicas: 1 };

function told(one: DecisionContext, status: ReleaseStatus): string {
  const found = progressOf(one, status);
  if (found.kind === 'event') return `${found.event.type} ${found.reason}`;
  const until = found.until === undefined ? '' : ` +${(found.until - NOW) / 1_000}`;
  return `wait ${found.reason}${until}`;
}

it.each<[string, 'Scaling' | 'Connecting', Partial<ReleaseStatus>, Partial<DecisionContext>, string]>([
  ['all pods, no traffic', 'Scaling', scaled, { release: given }, 'connect CanaryReady'],
  ['all pods, no traffic, not in the policy', 'Scaling', scaled, {}, 'proceed CanaryReady'],
  ['too few pods', 'Scaling', { replicas: 2 }, { release: given }, 'wait CanaryLoading'],
  ['all pods, paused', 'Scaling', scaled, { release: paused }, 'wait Paused'],
  [
    'all pods, traffic already',
    'Scaling',
    { ...scaled, weight: 10, step: 1 },
    { release: given },
    'proceed CanaryReady',
  ],
  ['a weight not there', 'Connecting', { weight: 1 }, { release: given }, 'wait RoutesPending'],
  ['a weight settling', 'Connecting', since(1), { release: given }, 'wait RoutesSettling +1'],
  ['a weight in force', 'Connecting', since(5), { release: given }, 'wait Connecting +7'],
  ['all its time', 'Connecting', since(12), { release: given }, 'proceed Connected'],
  ['all its time, paused', 'Connecting', since(12), { release: paused }, 'wait Paused'],
  ['no pod ready', 'Connecting', since(5), { release: given, canary: down }, 'unhealthy CanaryUnhealthy'],
])('with %s in %s', (_what, stage, status, over, expected) => {
  expect(told(seen(over), statusOf({ phase: 'Stepping', stage, ...status }))).toBe(expected);
});
