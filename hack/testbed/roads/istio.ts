import { requestShare } from '../evidence/istio-share.ts';
import { istioObjects, MODEL } from '../model.ts';
import { type Road, TEST_LABEL } from './road.ts';

/** Retries would hide what is lost. */
const ROUTES = [
  { name: 'predict', retries: { attempts: 0 }, timeout: '5s', route: [{ destination: { host: MODEL } }] },
];

/** A VirtualService at Istio's ingress gateway. */
export const istioRoad: Road = {
  name: 'istio',
  about: 'VirtualService on istiod and Envoy, at the ingress gateway',
  traffic: { istio: { virtualService: MODEL } },
  route: { kind: 'VirtualService', name: MODEL },
  kinds: ['VirtualService', 'DestinationRule'],
  controlPlane: 'istiod',
  objects: (host) => istioObjects(host, ROUTES),
  hostObjects: (host) => istioObjects(host, ROUTES, [`${TEST_LABEL}.${host}`]),
  target: ({ gatewayUrl }, { host }) => ({ url: `${gatewayUrl}/predict`, host }),
  share: (moment, version, headers) => requestShare(moment, MODEL, version, headers),
};
