import { expect, it } from 'vitest';
import { SluiceError } from '../../errors.ts';
import { ROUTERS } from '../../traffic/registry.ts';
import { createWriter } from './writer.ts';

const refused = (): Promise<never> =>
  Promise.reject(new SluiceError('KUBERNETES_FORBIDDEN', 'may not', { retry: 'terminal' }));
const writer = createWriter({
  client: { get: refused, create: refused, patch: refused, remove: refused },
  store: { learn: () => {}, forget: () => {} },
  watches: ROUTERS.watches,
  fence: () => true,
});
const object = (apiVersion: string, kind: string) => ({
  apiVersion,
  kind,
  metadata: { name: 'model-sluice-canary', namespace: 'shop' },
});
const FIX =
  'may not; traffic.gatewayAPI makes Services or InferencePools for the two versions: install manifests/components/gateway-api, or set gatewayAPI: true in the chart';

it.each<[string, () => Promise<unknown>, string]>([
  ['to create', () => writer.create(object('v1', 'Service')), FIX],
  ['to patch', () => writer.patch(object('v1', 'Service'), []), FIX],
  ['to delete', () => writer.remove(object('v1', 'Service')), FIX],
  [
    'that every installation has',
    () => writer.patch(object('networking.istio.io/v1', 'VirtualService'), []),
    'may not',
  ],
])('names what grants a right that is missing: %s', async (_what, write, message) => {
  await expect(write()).rejects.toMatchObject({ code: 'KUBERNETES_FORBIDDEN', message });
});
