import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { VALIDATOR, VALIDATOR_URL, validatorConfiguration } from '../../hack/cluster/parts/istiod-webhook.ts';
import { MODEL } from '../../hack/testbed/model.ts';
import type { Release } from '../../src/api/release/release.ts';
import { type Fault, type Scene, SHARED_PLACES } from './fault.ts';

/** Longer than a bad version needs to be found out, so that its weight 0 is refused. */
const REFUSED_MS = 15_000;
const LOOK_MS = 500;
/** After so many looks an abort that cannot write weight 0 must have said so. */
const MOST_SILENT = 4;
const NOBODY = 'https://127.0.0.1:1/validate';

/** Whether an abort waits for a weight 0 that is not in the routes, and does not say so. */
async function isSilent({ site }: Scene): Promise<boolean> {
  const [releases, routes] = await Promise.all([
    site.api.list('Release') as Promise<Release[]>,
    site.api.get('VirtualService', MODEL),
  ]);
  const draining = releases.find(({ status }) => status?.stage === 'Draining');
  if (draining === undefined || !JSON.stringify(routes?.['spec']).includes('sluice-canary')) return false;
  const said = draining.status?.conditions?.find(({ type }) => type === 'Progressing');
  return said?.status !== 'False' || said.reason !== 'RoutesRefused';
}

/** Lets the time pass, and throws where an abort keeps to itself that weight 0 is refused. */
async function listen(scene: Scene): Promise<void> {
  let silent = 0;
  for (let ms = 0; ms < REFUSED_MS; ms += LOOK_MS) {
    await delay(LOOK_MS);
    silent = (await isSilent(scene)) ? silent + 1 : 0;
    if (silent > MOST_SILENT) throw new Error('weight 0 was refused, and nothing said so');
  }
}

const point = (url: string): readonly object[] => [
  { op: 'replace', path: '/webhooks/0/clientConfig/url', value: url },
];

/** Nobody answers where the API server asks about Istio's objects. */
async function away(scene: Scene): Promise<void> {
  const { api } = scene.site;
  await api.patch('ValidatingWebhookConfiguration', VALIDATOR, point(NOBODY));
  try {
    await listen(scene);
  } finally {
    await api.patch('ValidatingWebhookConfiguration', VALIDATOR, point(VALIDATOR_URL));
  }
}

/** The API server does not trust the certificate that it is shown. */
async function untrusted(scene: Scene): Promise<void> {
  const { api, namespace } = scene.site;
  const stranger = await readFile(join(scene.directory, 'pki', 'front-proxy-ca.crt'));
  const name = `untrusted-${namespace}`;
  const authority = stranger.toString('base64');
  await api.create(validatorConfiguration({ name, authority, namespace }));
  try {
    await listen(scene);
  } finally {
    await api.remove('ValidatingWebhookConfiguration', name);
  }
}

/** A weight that cannot be written stays as long as that lasts: the only excuse. */
const common = { at: 'phase', longer: 45_000, allowance: { exposureMs: 25_000 + REFUSED_MS } } as const;

/** What keeps the routes from being written: the validating webhook of Istio fails closed. */
export const WEBHOOK_FAULTS: readonly Fault[] = [
  {
    ...common,
    name: 'istiod-webhook-away',
    about:
      "the API server does not reach istiod's validating webhook, so that every write of routes is refused",
    alone: 'cluster',
    places: SHARED_PLACES,
    inject: away,
  },
  {
    ...common,
    name: 'istiod-webhook-untrusted',
    about: "the API server does not trust the certificate of istiod's validating webhook",
    inject: untrusted,
  },
];
