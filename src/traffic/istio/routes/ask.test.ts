import { describe, expect, it } from 'vitest';
import { to, virtualService } from '../../../../test/conformance/istio-world.ts';
import type { RouteAsks } from '../../context.ts';
import type { Json } from '../../json.ts';
import { httpRoutes } from '../objects.ts';
import { askConflict } from './ask.ts';

const TESTERS = { headers: { 'x-tester': { exact: 'yes' } } };
const LONG = { regex: 'a'.repeat(256) };

const asked = (route: Json, asks: Partial<RouteAsks>): string => {
  const [found] = httpRoutes(virtualService([{ route: [to('model')], ...route }]));
  const problem = found && askConflict([found], { match: [], mirror: false, ...asks });
  return problem ? `${problem.reason}: ${problem.message}` : 'none';
};

describe('what a route cannot take', () => {
  it.each<[string, Json, Partial<RouteAsks>, RegExp]>([
    [
      'a condition that cannot be combined',
      { match: [{ headers: { 'X-Tester': { regex: '(?P<a>yes)' } } }] },
      { match: [TESTERS] },
      /^RouteTakesNoMatch: steps\[\]\.match: .* on the header x-tester itself/,
    ],
    [
      'conditions on cookies that are longer than istiod takes',
      {},
      { match: [{ cookies: { a: LONG, b: LONG } }] },
      /^RouteTakesNoMatch: steps\[\]\.match: .* regular expression of 1[0-9]{3} characters/,
    ],
    [
      'a name of ours',
      { name: 'sluice-sticky' },
      {},
      /^RouteTakesNoMatch: .* has the name of a rule of Sluice/,
    ],
    [
      'a second mirror',
      { mirror: { host: 'shadow' } },
      { mirror: true },
      /^RouteTakesNoMirror: steps\[\]\.mirror: .*spec\.http\[0\]\.mirrors/,
    ],
    [
      'a second cookie',
      { route: [{ ...to('model'), headers: { response: { add: { 'set-cookie': 'a=b' } } } }] },
      { sticky: true },
      /^RouteTakesNoCookie: sticky: /,
    ],
    [
      'a condition on cookies beside those of clients who stay',
      { match: [{ headers: { cookie: { regex: '.*x.*' } } }] },
      { sticky: true },
      /^RouteTakesNoMatch: sticky: .* on the header cookie itself/,
    ],
  ])('is %s', (_what, route, asks, expected) => {
    expect(asked(route, asks)).toMatch(expected);
  });

  it.each<[Json, Partial<RouteAsks>]>([
    [{ match: [{ headers: { cookie: { regex: '.*x.*' } } }] }, { match: [TESTERS] }],
    [{ mirror: { host: 'shadow' } }, { match: [TESTERS], sticky: true }],
    [{ mirrors: [{ destination: { host: 'shadow' } }] }, { mirror: true }],
    [
      {},
      {
        match: [{ cookies: { a: { exact: 'x'.repeat(256) }, b: { prefix: 'y' } } }],
        mirror: true,
        sticky: true,
      },
    ],
  ])('is nothing in %j with %j', (route, asks) => {
    expect(asked(route, asks)).toBe('none');
  });
});
