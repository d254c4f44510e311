import { describe, expect, it } from 'vitest';
import { objectsOf } from '../../../../test/conformance/gateway-world.ts';
import {
  contextOf,
  named,
  POD_LABELS,
  requestOf,
  service,
  to,
  virtualService,
} from '../../../../test/conformance/istio-world.ts';
import type { KubeObject } from '../../../api/meta.ts';
import type { Json } from '../../json.ts';
import { istioRouter } from '../istio.ts';
import { httpRoutes } from '../objects.ts';
import { matchesBefore } from './chosen-host.ts';

const HOST = 'preview.example.com';
const ASKS = { match: [{ host: HOST }], mirror: false, hostField: 'blueGreen.preview.host' };
const ROUTE = [{ route: [to('model')] }];

const objects = (...all: readonly KubeObject[]) => objectsOf(service(), ...all);

function asked(all: readonly KubeObject[], asks = ASKS): string {
  const found = istioRouter.preflight({ ...requestOf(objects(...all)), podLabels: POD_LABELS, asks });
  return 'problem' in found ? `${found.problem.reason}: ${found.problem.message}` : 'none';
}

const hosts = (...list: readonly string[]): KubeObject => virtualService(ROUTE, { hosts: list });

describe('a host that the policy names', () => {
  it.each<[string, readonly KubeObject[]]>([
    ['beside others in the VirtualService', [hosts('model', HOST)]],
    ['in any case', [hosts('model', 'Preview.Example.com')]],
    ['covered by a wildcard', [hosts('model', '*.example.com')]],
    ['covered by every host', [hosts('*')]],
    ['in a VirtualService of its own', [hosts('model'), named('other', hosts(HOST))]],
    [
      'perhaps, where the hosts stand in the VirtualService that delegates to this one',
      [virtualService(ROUTE, { hosts: undefined })],
    ],
  ])('is taken: %s', (_what, all) => {
    expect(asked(all)).toBe('none');
  });

  it.each<[string, readonly KubeObject[], RegExp]>([
    [
      'which no route is for',
      [hosts('model', '*.preview.example.com')],
      /^RouteTakesNoHost: blueGreen\.preview\.host preview\.example\.com: no http route that is shifted is for it \(VirtualService model is for model, .*add it to spec\.hosts of one, and to servers\[\]\.hosts/,
    ],
    [
      'which is for a route of another host alone',
      [
        virtualService([{ match: [{ authority: { exact: 'a.example.com' } }], route: [to('model')] }], {
          hosts: ['*'],
        }),
      ],
      /^RouteTakesNoHost: .*no http route that is shifted is for it/,
    ],
    [
      'which is the only one',
      [hosts(HOST)],
      /^RouteTakesNoHost: .*have no other host, so that everybody would get the new version/,
    ],
    [
      'on which a rule has a condition that cannot be combined',
      [virtualService([{ match: [{ authority: { prefix: 'p' } }], route: [to('model')] }], { hosts: ['*'] })],
      /^RouteTakesNoMatch: .*on the header host \(authority\) itself/,
    ],
  ])('is refused: %s', (_what, all, message) => {
    expect(asked(all)).toMatch(message);
  });

  it.each(['model', 'model.shop', 'model.shop.svc.cluster.local'])(
    'is refused: %s, the name of the Service',
    (host) => {
      const asks = { ...ASKS, match: [{ host }] };
      expect(asked([hosts('model', host, 'other')], asks)).toMatch(
        /is the name of Service model, by which everybody calls it/,
      );
    },
  );

  it('ends a release whose VirtualService is not for it any more', () => {
    const found = istioRouter.preflight({ ...requestOf(objects(hosts('model', HOST))), asks: ASKS });
    if ('problem' in found) throw new Error(found.problem.message);
    const { plan } = found;
    const context = contextOf(objects(hosts('model')), plan);
    const goal = { kind: 'split', weight: 0, match: ASKS.match } as const;
    const created = istioRouter
      .writes(context, goal)
      .flatMap((one) => (one.op === 'create' ? [one.object] : []));
    const later = contextOf(objects(hosts('model'), ...created), plan);
    expect(istioRouter.compare(later, goal)).toMatchObject({ kind: 'broken', reason: 'RouteTakesNoHost' });
  });
});

const authority = (host: string, rule: Json = {}, own = ['*']): unknown[] => {
  const [route] = httpRoutes(virtualService([{ ...rule, route: [to('model')] }], { hosts: own }));
  return route === undefined ? [] : matchesBefore(route, [{ host }]).matches.map((one) => one['authority']);
};

const takes = (host: string, given: string): boolean => {
  const [found] = authority(host) as { regex: string }[];
  return new RegExp(`^(?:${found?.regex.slice(4)})$`, 'i').test(given);
};

describe('the condition on a host', () => {
  it.each<[string, string, boolean]>([
    [HOST, HOST, true],
    [HOST, 'Preview.example.com:8443', true],
    [HOST, 'previewXexample.com', false],
    [HOST, `a.${HOST}`, false],
    [HOST, `${HOST}.shop.svc`, false],
    ['model-preview', 'model-preview', true],
    ['model-preview', 'model-preview.shop:80', true],
    ['model-preview', 'model-preview.shop.svc.cluster.local', true],
    ['model-preview', 'model-preview.other', false],
  ])('%s: requests for %s are its own: %s', (host, given, expected) => {
    expect(takes(host, given)).toBe(expected);
  });

  it('is that of the rule, where this has the host itself', () => {
    expect(authority(HOST, { match: [{ authority: { exact: HOST } }] })).toEqual([{ exact: HOST }]);
    expect(authority(HOST, { match: [{ authority: { exact: 'a' } }] })).toEqual([]);
    expect(authority(HOST, {}, ['other.example.com'])).toEqual([]);
  });
});
