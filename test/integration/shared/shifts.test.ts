import { request } from 'undici';
import { describe, expect, inject, it } from 'vitest';
import { type Load, startLoad } from '../../../hack/load/load.ts';
import { isFailed, type LoadRecord } from '../../../hack/load/record.ts';
import { MODEL, quickRollout } from '../../../hack/testbed/model.ts';
import { onSite, type Site } from '../../../hack/testbed/site.ts';
import { until } from '../../../hack/testbed/until.ts';
import type { Release } from '../../../src/api/release/release.ts';
import { expectOnlyTestersMet } from '../testers.ts';

const access = inject('access');

/** Without retries, so that every answer is seen; for requests by their path, as many routes are. */
const ROUTES = [
  { name: 'moved', match: [{ uri: { prefix: '/old' } }], redirect: { uri: '/predict' } },
  {
    name: 'predict',
    match: [{ uri: { prefix: '/predict' } }],
    timeout: '5s',
    retries: { attempts: 0 },
    route: [{ destination: { host: MODEL } }],
  },
];
const TESTERS = [{ headers: { 'X-Tester': { exact: 'yes' } } }, { cookies: { beta: { prefix: 'on' } } }];

/** Requests with these headers, beside those of the site. */
const requestsWith = ({ host }: Site, headers: Readonly<Record<string, string>>): Load =>
  startLoad({ url: `${access.gatewayUrl}/predict`, host, headers, rate: 25, seconds: 200 });

const routesOf = async ({ api }: Site): Promise<unknown> =>
  (await api.get('VirtualService', MODEL))?.['spec'];

/** When a release was for the n-th time in a place, with what follows as its end; epoch milliseconds. */
function times({ status }: Release, place: string, nth = 0): { readonly from: number; readonly to: number } {
  const trail = status?.trail ?? [];
  const at = trail.flatMap(({ phase }, index) => (phase === place ? [index] : []))[nth] ?? -1;
  return { from: Date.parse(trail[at]?.at ?? ''), to: Date.parse(trail[at + 1]?.at ?? '') };
}

/** Versions that answered in a time, without the first second, in which proxies learn of the routes. */
function answers(records: readonly LoadRecord[], { from, to }: ReturnType<typeof times>): string[] {
  const within = records.filter(({ at }) => at >= from + 1_000 && at < to);
  expect(within.length).toBeGreaterThan(20);
  return within.map(({ version }) => version);
}

const shareOf = (versions: readonly string[], version: string): number =>
  versions.filter((one) => one === version).length / versions.length;

const policy = (steps: readonly object[], over: object = {}) => quickRollout('policy', { steps, ...over });

describe.concurrent('a release whose first step is a match', () => {
  it('gives a good version the testers and nobody else, then a weight beside them', async () => {
    await onSite(access, { rate: 60, routes: ROUTES }, async (site) => {
      await site.api.create(policy([{ match: TESTERS }, { weight: 50 }]));
      await site.untilGated('policy');
      const before = await routesOf(site);
      const byHeader = requestsWith(site, { 'x-tester': 'yes' });
      const byCookie = requestsWith(site, { cookie: 'a=b; beta=on-1; c=d' });
      const ended = await site.untilEnded(await site.push('v2'));
      expect(ended.status).toMatchObject({ phase: 'Promoted' });
      await site.untilOnly('v2');
      await Promise.all([byHeader.stop(), byCookie.stop()]);

      const [match, weight] = [0, 1].map((nth) => times(ended, 'Stepping.Analysing', nth));
      if (match === undefined || weight === undefined) throw new Error('there were two steps');
      for (const load of [byHeader, byCookie]) {
        expect(shareOf(answers(load.records(), match), 'v2')).toBe(1);
        expect(shareOf(answers(load.records(), weight), 'v2')).toBe(1);
        expect(load.records().filter(isFailed)).toEqual([]);
      }
      expect(shareOf(answers(site.records(), match), 'v1')).toBe(1);
      const share = shareOf(answers(site.records(), weight), 'v2');
      expect(share).toBeGreaterThan(0.3);
      expect(share).toBeLessThan(0.7);
      expect(site.records().filter(isFailed)).toEqual([]);
      expect(await routesOf(site)).toEqual(before);
    });
  });

  it('rolls a bad version back that only testers have met, and puts back what somebody reverts meanwhile', async () => {
    await onSite(access, { rate: 60, routes: ROUTES }, async (site) => {
      const { api } = site;
      await api.create(policy([{ match: TESTERS }, { weight: 50 }]));
      await site.untilGated('policy');
      const before = await routesOf(site);
      const testers = requestsWith(site, { 'x-tester': 'yes' });
      const good = await site.push('v2');
      await site.untilIn(good, 'Stepping', 'Analysing');
      await site.act(good, { paused: true });
      const ruled = async (): Promise<boolean> =>
        JSON.stringify(await routesOf(site)).includes('sluice-match');
      await until('the rule is there', ruled);
      await api.merge('VirtualService', MODEL, { spec: before as object });
      await until('the rule is there again', ruled);
      await site.act(good, { abort: { reason: 'a test' } });
      await site.untilEnded(good);

      const bad = await site.push('v3', { ERROR_SHARE: '0.9' });
      const ended = await site.untilEnded(bad);
      expect(ended.status).toMatchObject({ phase: 'Aborted', reason: 'AnalysisFailed' });
      await expectOnlyTestersMet(site, testers, 'v3');
      expect(await routesOf(site)).toEqual(before);
    });
  });
});

describe.concurrent('a release whose first step is a mirror', () => {
  it('judges a good version by copies, and a bad one is rolled back of which nobody has got an answer', async () => {
    await onSite(access, { rate: 60, routes: ROUTES }, async (site) => {
      await site.api.create(policy([{ mirror: 50 }, { weight: 50 }]));
      await site.untilGated('policy');
      const before = await routesOf(site);
      const good = await site.untilEnded(await site.push('v2'));
      expect(good.status).toMatchObject({ phase: 'Promoted' });
      const mirrored = times(good, 'Stepping.Analysing');
      expect(shareOf(answers(site.records(), mirrored), 'v1')).toBe(1);
      const errors = good.status?.analysis?.metrics.find(({ name }) => name === 'errors');
      const counted = errors?.history?.filter(({ step }) => step === 0).at(-1);
      const copies = (counted?.canary.events ?? 0) / (counted?.stable.events ?? 1);
      expect(copies).toBeGreaterThan(0.3);
      expect(copies).toBeLessThan(0.7);
      await site.untilOnly('v2');
      expect(site.records().filter(isFailed)).toEqual([]);
      expect(await routesOf(site)).toEqual(before);

      const bad = await site.untilEnded(await site.push('v3', { ERROR_SHARE: '0.9' }));
      expect(bad.status).toMatchObject({ phase: 'Aborted', reason: 'AnalysisFailed' });
      const records = await site.recordsNow();
      expect(records.filter(({ version }) => version === 'v3')).toEqual([]);
      expect(records.filter(isFailed)).toEqual([]);
      expect(await routesOf(site)).toEqual(before);
    });
  });

  it('may be nothing but that, and is promoted by a person', async () => {
    await onSite(access, { rate: 60, routes: ROUTES }, async (site) => {
      await site.api.create(policy([{ mirror: 100 }], { approval: { at: ['promotion'] } }));
      await site.untilGated('policy');
      const v2 = await site.push('v2');
      await until(
        'a person is asked',
        async () => (await site.releaseOf(v2))?.status?.waitingFor === 'promotion',
      );
      const records = await site.recordsNow();
      expect(new Set(records.map(({ version }) => version))).toEqual(new Set(['v1']));
      await site.act(v2, { approvals: [{ gate: 'promotion' }] });
      expect((await site.untilEnded(v2)).status).toMatchObject({ phase: 'Promoted' });
      await site.untilOnly('v2');
      expect(site.records().filter(isFailed)).toEqual([]);
    });
  });
});

/** One request of a client, with the cookie that it has. */
async function ask(
  { host }: Site,
  cookie: string,
): Promise<{ readonly version: string; readonly given: string }> {
  const headers = { host, ...(cookie === '' ? {} : { cookie: `other=1; ${cookie}` }) };
  const { headers: answered, body } = await request(`${access.gatewayUrl}/predict`, { headers });
  await body.dump();
  const [given = ''] = [answered['set-cookie'] ?? []].flat();
  return { version: String(answered['x-version']), given: given.split(';')[0] ?? '' };
}

describe.concurrent('clients that stay with their version', () => {
  it('do so while the weight rises, move once at most, and are all back at once after an abort', async () => {
    await onSite(access, { rate: 60, routes: ROUTES }, async (site) => {
      const over = { sticky: { cookie: 'sv' }, approval: { at: ['50', 'promotion'] } };
      await site.api.create(policy([{ weight: 25 }, { weight: 50 }], over));
      await site.untilGated('policy');
      const before = await routesOf(site);
      const v2 = await site.push('v2');
      const asked = (gate: string) => async () => (await site.releaseOf(v2))?.status?.waitingFor === gate;
      await until('it waits at 25 %', asked('50'));
      const first = await Promise.all(Array.from({ length: 200 }, () => ask(site, '')));
      expect(first.every(({ given }) => /^sv=[a-z0-9]+\.(25|50|100)$/.test(given))).toBe(true);
      const share = first.filter(({ version }) => version === 'v2').length / first.length;
      expect(share).toBeGreaterThan(0.1);
      expect(share).toBeLessThan(0.4);
      const again = async (): Promise<string[]> =>
        (await Promise.all(first.map(({ given }) => ask(site, given)))).map(({ version }) => version);
      expect(await again()).toEqual(first.map(({ version }) => version));

      await site.act(v2, { approvals: [{ gate: '50' }] });
      await until('it waits at 50 %', asked('promotion'));
      const moved = first.map(({ given }) => (given.endsWith('.100') ? 'v1' : 'v2'));
      expect(await again()).toEqual(moved);
      expect(await again()).toEqual(moved);
      expect(moved.filter((version, index) => version === 'v1' && first[index]?.version === 'v2')).toEqual(
        [],
      );

      await site.act(v2, { abort: { reason: 'a test' } });
      await until('no client is with v2', async () => (await again()).every((version) => version === 'v1'));
      expect((await ask(site, '')).given).toBe('');
      expect((await site.untilEnded(v2)).status).toMatchObject({ phase: 'Aborted' });
      expect(await again()).toEqual(first.map(() => 'v1'));
      expect((await site.recordsNow()).filter(isFailed)).toEqual([]);
      expect(await routesOf(site)).toEqual(before);
    });
  });
});
