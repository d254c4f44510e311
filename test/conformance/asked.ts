import * as fc from 'fast-check';
import type { HttpMatch } from '../../src/api/rollout/match.ts';
import type { Supported } from '../../src/traffic/declaration.ts';
import type { RouteGoal } from '../../src/traffic/goal.ts';

/** Headers of a request. */
export type Headers = Readonly<Record<string, string>>;

/** Matches of steps, and headers of a request that meets each. */
export const MATCHES: readonly { readonly match: HttpMatch; readonly headers: Headers }[] = [
  { match: { headers: { 'X-Tester': { exact: 'yes' } } }, headers: { 'x-tester': 'yes' } },
  {
    match: { headers: { 'x-region': { prefix: 'eu-' }, 'x-plan': { regex: 'gold|black' } } },
    headers: { 'x-region': 'eu-1', 'x-plan': 'gold' },
  },
  { match: { cookies: { beta: { exact: '1.0' } } }, headers: { cookie: 'a=b; beta=1.0; c=d' } },
  {
    match: { cookies: { beta: { prefix: 'on' }, user: { regex: '[0-9]+' } } },
    headers: { cookie: 'user=17; beta=one' },
  },
  { match: { host: 'preview.example.com' }, headers: { ':authority': 'Preview.example.com:8080' } },
  {
    match: { host: 'stage.example.com', headers: { 'x-stage': { exact: 'b' } } },
    headers: { ':authority': 'stage.example.com', 'x-stage': 'b' },
  },
];
/** Headers that meet none of them. */
export const OTHERS: readonly Headers[] = [
  {},
  { 'x-tester': 'yes?', 'x-region': 'eu-1', cookie: 'alpha-beta=1.0; xuser=17' },
  { 'x-region': 'us-1', 'x-plan': 'gold', cookie: 'beta=1x0; beta2=on' },
  { ':authority': 'stage.example.com' },
  { 'x-stage': 'b' },
];

/** The host that requests with these headers are for, without its port. */
export const hostOfRequest = (headers: Headers): string | undefined =>
  headers[':authority']?.toLowerCase().replace(/:[0-9]+$/, '');

export const percent = fc.integer({ min: 0, max: 100 });

const clients = fc.constantFrom(
  { cookie: 'sv', seconds: 60, thresholds: [10, 25, 50, 100] },
  { cookie: 'sv', seconds: 60, thresholds: [1, 33, 100] },
);

/** A split, with what else the router supports. */
export function splits({ matches, mirror, sticky }: Supported): fc.Arbitrary<RouteGoal> {
  const chosen = matches ? fc.subarray(MATCHES.map((one) => one.match)) : fc.constant([]);
  const copied = mirror
    ? fc.option(fc.integer({ min: 1, max: 100 }), { nil: undefined })
    : fc.constant(undefined);
  const stays = sticky ? fc.option(clients, { nil: undefined }) : fc.constant(undefined);
  return fc.tuple(percent, chosen, copied, stays).map(([weight, match, share, staying]) => ({
    kind: 'split',
    weight,
    ...(match.length === 0 ? {} : { match }),
    ...(share === undefined ? {} : { mirror: share }),
    ...(staying === undefined || weight === 0 || weight === 100 ? {} : { sticky: staying }),
  }));
}
