import { expect, it } from 'vitest';
import type { Change } from './history.ts';
import { removalSeconds } from './removal.ts';

const metadata = { name: 'x', uid: 'x' };
const change = (at: number, kind: Change['kind'], rest: object, gone = false): Change => ({
  at: at * 1_000,
  version: at,
  kind,
  gone,
  object: { apiVersion: 'v1', kind, metadata, ...rest },
});
const release = (at: number, phase: string): Change => change(at, 'Release', { status: { phase } });
const pod = (at: number, gone = false): Change =>
  change(
    at,
    'Pod',
    {
      spec: { containers: [{ image: 'server:v2' }] },
      status: { conditions: [{ type: 'Ready', status: 'True' }] },
    },
    gone,
  );

it.each([
  ['taken out', [pod(1), release(2, 'Stepping'), release(5, 'Aborting'), pod(8.5, true)], 3.5],
  ['promoted', [pod(1), release(2, 'Promoting'), release(5, 'Promoted')], null],
  ['never there', [release(2, 'Aborting'), release(5, 'Aborted')], null],
  ['still there', [pod(1), release(5, 'Aborting')], null],
])('%s', (_what, changes, seconds) => {
  expect(removalSeconds(changes, 'v2')).toBe(seconds);
});
