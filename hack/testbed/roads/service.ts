import { isServing, versionOf } from '../evidence/history.ts';
import { istioObjects, MODEL } from '../model.ts';
import type { Road } from './road.ts';

/** The way in, which knows the Service and no versions. Retries would hide what is lost. */
const WAY_IN = [
  { name: 'predict', retries: { attempts: 0 }, timeout: '5s', route: [{ destination: { host: MODEL } }] },
];

/** A plain Service, over whose ready pods a proxy balances. */
export const serviceRoad: Road = {
  name: 'service',
  about: 'a plain Service without routes by version; Envoy balances over its ready pods',
  traffic: { service: {} },
  route: { kind: 'Service', name: MODEL },
  kinds: [],
  controlPlane: null,
  divides: 'pods',
  objects: (host) => istioObjects(host, WAY_IN),
  target: ({ gatewayUrl }, { host }) => ({ url: `${gatewayUrl}/predict`, host }),
  share: (moment, version) => {
    const pods = moment.list('Pod').filter(isServing);
    const ours = pods.filter((pod) => versionOf(pod) === version).length;
    return { percent: (100 * ours) / Math.max(1, pods.length), by: 'pods' };
  },
};
