import { Pool } from 'undici';
import type { Callers } from '../../hack/testbed/callers.ts';
import { until } from '../../hack/testbed/until.ts';
import type { Play, Scene } from './play.ts';
import { AFTER_MS, AT_A_HALF, abortAndClose, untilPart } from './staying.ts';

const COOKIE = 'sv';
/** Proxies must have learned of a change by then. */
const SPREAD_MS = 1_000;

interface Given {
  readonly version: string;
  /** `NAME=VALUE`. */
  readonly cookie: string;
}

/** The first request of so many clients, and the cookies that they get. */
async function newClients({ site: { target } }: Scene, count: number): Promise<Given[]> {
  const { origin, pathname, href, host } = new URL(target.url);
  const pool = new Pool(target.proxy ?? origin, { connections: 4 });
  const headers = { host: target.host ?? host };
  // A proxy gets the whole URL.
  const path = target.proxy === undefined ? pathname : href;
  const ask = async (): Promise<Given> => {
    const answer = await pool.request({ method: 'GET', path, headers });
    await answer.body.dump();
    const [given = ''] = [answer.headers['set-cookie'] ?? []].flat();
    return { version: String(answer.headers['x-version']), cookie: given.split(';')[0] ?? '' };
  };
  const clients = await Promise.all(Array.from({ length: count }, ask));
  await pool.close();
  return clients;
}

/** Rejects where clients with a cookie were with another version than `expected` in a span of time, a settle time aside. */
async function expectVersion(callers: Callers, expected: string, from: number, to: number): Promise<void> {
  const records = await callers.recordsNow();
  const others = records.filter(
    ({ at, version }) => at >= from + SPREAD_MS && at < to && version !== '' && version !== expected,
  );
  if (others.length > 0)
    throw new Error(
      `${others.length} answers of ${others[0]?.version} to ${callers.headers['cookie']}, not of ${expected}`,
    );
}

/** Clients who keep their cookie: each stays with its version until the weight reaches it, and all are back after an abort. */
export const STICKY: Play = {
  name: 'sticky clients',
  about: 'clients who keep their cookie, from a quarter to a half, then a person aborts',
  needs: ['sticky'],
  cookies: true,
  spec: {
    steps: [{ weight: 25 }, { weight: 50, bake: '1h' }],
    sticky: { cookie: COOKIE },
    approval: { at: ['50'] },
  },
  run: async (scene) => {
    const { site } = scene;
    const pushed = await scene.push('v2');
    await until('it waits at 25 %', async () => (await site.releaseOf(pushed))?.status?.waitingFor === '50');
    const clients = await newClients(scene, 100);
    const groups = new Map(clients.map((one) => [one.cookie, one.version]));
    if (new Set(groups.values()).size !== 2 || groups.has('')) throw new Error('not all have a cookie');
    for (const cookie of groups.keys()) await scene.join({ cookie });
    const from = Date.now();
    await site.traffic(AFTER_MS);
    const rise = Date.now();
    await site.act(pushed, { approvals: [{ gate: '50' }] });
    await untilPart(scene, pushed, AT_A_HALF, { has: 'all' });
    const written = Date.now();
    await site.traffic(2 * AFTER_MS);
    const back = Date.now();
    for (const callers of scene.callers().slice(1)) {
      const { cookie = '' } = callers.headers;
      const before = groups.get(cookie) ?? '';
      await expectVersion(callers, before, from, rise);
      const after = before === 'v2' || cookie.endsWith('.50') ? 'v2' : before;
      await expectVersion(callers, after, written, back);
    }
    await abortAndClose(scene, pushed);
    await site.traffic(AFTER_MS);
    return [
      { name: 'sticky at 25', version: 'v2', from, to: rise },
      { name: 'sticky, step 50', version: 'v2', from: rise, to: back },
      { name: 'sticky, abort', version: 'v2', from: back, to: Date.now() },
    ];
  },
};
