import { MODEL } from '../../hack/testbed/model.ts';
import { type Fault, type Scene, WITH_TRAFFIC } from './fault.ts';

const RULE = `${MODEL}-sluice`;

interface Route {
  readonly name?: string;
  readonly route: readonly { readonly destination: object }[];
}

async function relabelRule({ site: { api } }: Scene): Promise<void> {
  const rule = await api.get('DestinationRule', RULE);
  const labels = Object.fromEntries(Object.keys(rule?.metadata.labels ?? {}).map((key) => [key, null]));
  if (rule !== null) await api.merge('DestinationRule', RULE, { metadata: { labels } });
}

async function applyOldCopy({ site: { api } }: Scene): Promise<void> {
  const found = await api.get('VirtualService', MODEL);
  const { http = [] } = (found?.['spec'] ?? {}) as { http?: Route[] };
  // A copy of another release: without rules of this one.
  const [predict, ...rest] = http.filter(({ name = '' }) => !name.startsWith('sluice-'));
  const [one] = predict?.route ?? [];
  const route = ['sluice-stable', 'sluice-canary'].map((subset) => ({
    destination: { ...one?.destination, subset },
    weight: 50,
  }));
  await api.merge('VirtualService', MODEL, { spec: { http: [{ ...predict, route }, ...rest] } });
}

/** What other people do to the routes of a release. */
export const ROUTE_FAULTS: readonly Fault[] = [
  {
    name: 'rule-relabelled',
    about: 'somebody takes the labels off our DestinationRule',
    at: 'phase',
    places: [...WITH_TRAFFIC, 'Promoting.RestoringRoutes', 'Aborting.Draining'],
    inject: relabelRule,
  },
  {
    name: 'old-routes',
    about: 'somebody applies an old copy of the VirtualService, with the split at half',
    at: 'phase',
    places: ['Stepping.Analysing', 'Promoting.Updating', 'Aborting.Draining', 'Aborting.Removing'],
    // The canary gets half of the requests until it has been corrected, and some of them where its pods are gone.
    allowance: { returns: true, putBackMs: 2_000, podsFailMs: 2_000, losses: true },
    inject: applyOldCopy,
  },
];
