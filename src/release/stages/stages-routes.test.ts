import { expect, it } from 'vitest';
import { ago, routesAre, seen, statusOf } from '../../../test/fixtures/release.ts';
import type { RouteState } from '../../traffic/goal.ts';
import { progressOf } from './stages.ts';

const open: RouteState = { kind: 'asDesired', open: true };
const differs: RouteState = { kind: 'differs', part: 'routes', what: 'w' };

it.each<[string, RouteState | null, string | undefined, string]>([
  ['no routes', null, undefined, 'event Drained'],
  ['routes that are being corrected', differs, undefined, 'wait RoutesPending'],
  ['routes to all pods, for less than the drain', open, ago(9), 'wait Draining'],
  ['routes to all pods, for the drain', open, ago(10), 'event Drained'],
])('a canary that had traffic and has %s', (_what, state, routeConfirmedAt, expected) => {
  const status = statusOf({
    phase: 'Aborting',
    stage: 'Draining',
    exposedAt: ago(60),
    ...(routeConfirmedAt === undefined ? {} : { routeConfirmedAt }),
  });
  const { kind, reason } = progressOf(seen(routesAre(state)), status);
  expect(`${kind} ${reason}`).toBe(expected);
});
