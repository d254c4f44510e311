import { setTimeout as delay } from 'node:timers/promises';
import { MODEL } from '../../hack/testbed/model.ts';
import type { Asked, Treat, Treatment } from '../../hack/testbed/proxies/api-proxy.ts';
import { type Fault, type Scene, SHARED_PLACES, WITH_TRAFFIC } from './fault.ts';

const LAST_MS = 6_000;
const AWAY_MS = 5_000;
/** Longer than a bad version may have weight, so that the watch that resumes cannot be the cause. */
const UNSEEN_MS = 30_000;
/**
 * Nobody but istiod can tell the proxies. After an API server that was away it watches again only after a back-off; what
 * Sluice promises is weight 0 in the API, and that no request is lost by taking the pods away from under the proxies.
 */
const BACK_OFF_MS = 45_000;
/** Envoy tries to reach its control plane again after up to 30 s (exponential, with jitter); then it is pushed to. */
const PROXY_BACK_OFF_MS = 35_000;
const PASS: Treatment = { kind: 'pass' };

/** Treats requests in one way for a while. */
async function forAWhile({ api }: Scene, how: Treat, ms = LAST_MS): Promise<void> {
  api.treat(how);
  await delay(ms);
  api.treat(null);
}

const refuse =
  (code: number, reason: string, which: (asked: Asked) => boolean, retryAfter?: number) =>
  (scene: Scene): Promise<void> =>
    forAWhile(scene, (asked) => {
      const answer = {
        kind: 'answer',
        code,
        reason,
        ...(retryAfter === undefined ? {} : { retryAfter }),
      } as const;
      return which(asked) ? answer : PASS;
    });

const isWrite = ({ isWrite: is }: Asked): boolean => is;

async function stale({ api }: Scene, ms = LAST_MS): Promise<void> {
  const release = api.holdWatches();
  await delay(ms);
  release();
}

async function changeUnseen(scene: Scene): Promise<void> {
  const own = (owner: string | null): Promise<unknown> =>
    scene.site.api.merge('VirtualService', MODEL, {
      metadata: { annotations: { 'example.com/owner': owner } },
    });
  const over = stale(scene, UNSEEN_MS);
  await own('somebody');
  await over;
  await own(null);
}

const outage =
  (component: string, stop: 'kill' | 'pause', start: 'start' | 'resume') => async (scene: Scene) => {
    await scene.act(component, stop);
    await delay(AWAY_MS);
    await scene.act(component, start);
  };

/** What can happen between the controller and the API server, and to that itself. */
export const API_FAULTS: readonly Fault[] = [
  {
    name: 'deaf',
    about: 'a write is done, and its answer is lost',
    at: 'write',
    scenarios: ['good'],
    every: 2,
    strike: () => ({ kind: 'lost' }),
  },
  {
    name: 'api-timeout',
    about: 'a write is not done, and no answer comes',
    at: 'write',
    every: 6,
    longer: 15_000,
    allowance: { exposureMs: 45_000 },
    strike: () => ({ kind: 'silence' }),
  },
  { name: 'api-409', about: 'every write conflicts', at: 'phase', inject: refuse(409, 'Conflict', isWrite) },
  {
    name: 'api-429',
    about: 'every request is one too many',
    at: 'phase',
    inject: refuse(429, 'TooManyRequests', () => true, 1),
  },
  {
    name: 'api-500',
    about: 'every request fails',
    at: 'phase',
    inject: refuse(500, 'InternalError', () => true),
  },
  {
    name: 'api-some-fail',
    about: 'half of the writes fail, done or not',
    at: 'phase',
    inject: (scene) =>
      forAWhile(scene, (asked) => {
        if (!asked.isWrite || scene.random() < 0.5) return PASS;
        return scene.random() < 0.5
          ? { kind: 'lost' }
          : { kind: 'answer', code: 500, reason: 'InternalError' };
      }),
  },
  {
    name: 'api-silent',
    about: 'no request is answered',
    at: 'phase',
    longer: 15_000,
    // A request that is never answered can cost the leader its lease: another process leads when that has run out.
    allowance: { exposureMs: 60_000 },
    inject: (scene) => forAWhile(scene, () => ({ kind: 'silence' })),
  },
  {
    name: 'watch-cut',
    about: 'every watch breaks, again and again',
    at: 'phase',
    inject: async ({ api }) => {
      for (let round = 0; round < 6; round++) {
        api.cutWatches();
        await delay(700);
      }
    },
  },
  {
    name: 'watch-expired',
    about: 'every watch ends with 410',
    at: 'phase',
    inject: ({ api }) => Promise.resolve(api.expireWatches()),
  },
  {
    name: 'watch-stale',
    about: 'no watch says anything, so that the cache is old',
    at: 'phase',
    inject: (scene) => stale(scene),
  },
  {
    name: 'routes-changed-unseen',
    about: 'somebody changes the VirtualService while no watch says anything',
    at: 'phase',
    places: WITH_TRAFFIC,
    scenarios: ['bad'],
    longer: UNSEEN_MS,
    inject: changeUnseen,
  },
  {
    name: 'apiserver-restart',
    about: 'the API server is killed and started again',
    at: 'phase',
    alone: 'cluster',
    places: SHARED_PLACES,
    longer: 30_000 + BACK_OFF_MS,
    allowance: { exposureMs: 60_000, spreadMs: BACK_OFF_MS },
    inject: outage('kube-apiserver', 'kill', 'start'),
  },
  {
    name: 'etcd-pause',
    about: 'etcd is frozen',
    at: 'phase',
    alone: 'cluster',
    places: SHARED_PLACES,
    longer: 30_000,
    allowance: { exposureMs: 60_000 },
    inject: outage('etcd', 'pause', 'resume'),
  },
  {
    name: 'istiod-down',
    about: "Istio's control plane is killed and started again",
    at: 'phase',
    alone: 'cluster',
    places: SHARED_PLACES,
    longer: 45_000,
    // Without it the proxies keep their routes, whatever the objects say, and send to pods that the native update has
    // taken away.
    allowance: (point) => ({
      losses: point === 'Promoting.Updating',
      exposureMs: 60_000,
      spreadMs: PROXY_BACK_OFF_MS,
    }),
    inject: outage('istiod', 'kill', 'start'),
  },
];
