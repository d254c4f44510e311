import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NAMESPACE, owner, POD_LABELS, service } from '../../../test/conformance/istio-world.ts';
import {
  type Edit,
  type RouterUnderTest,
  routerSuite,
  withoutVersions,
} from '../../../test/conformance/router.ts';
import type { KubeObject } from '../../api/meta.ts';
import { asObject } from '../json.ts';
import { serviceRouter } from './service.ts';
import type { ServicePlan, ServiceTraffic } from './spec.ts';

const EDITS: readonly Edit[] = [
  {
    name: 'a port is edited by hand',
    apply: (objects, user) => {
      for (const object of [...objects, ...user])
        object['spec'] = { ...asObject(object['spec']), ports: [{ port: 9 }] };
    },
  },
  {
    name: 'the Service is deleted',
    breaks: true,
    apply: (objects, user) => {
      for (const list of [objects, user]) list.length = 0;
    },
  },
  {
    name: 'the Service selects others',
    breaks: true,
    apply: (objects, user) => {
      for (const object of [...objects, ...user]) object['spec'] = { selector: { app: 'other' } };
    },
  },
];

const TEST: RouterUnderTest<ServiceTraffic, ServicePlan> = {
  router: serviceRouter,
  worlds: fc
    .constantFrom({}, { name: 'model' })
    .map((spec) => ({ objects: [service()], spec, podLabels: POD_LABELS })),
  edits: fc.constantFrom(...EDITS),
  namespace: NAMESPACE,
  owner,
  shares: () => [],
  exposes: () => false,
  checkSafe: () => {},
  rest: withoutVersions,
  skip: [
    {
      case: 'keeps another Rollout off the traffic while a release has it, and only then',
      reason: 'no object is written that a release could own; a Deployment has one Rollout (WorkloadTaken)',
    },
  ],
};

const planned = (objects: KubeObject[], spec: ServiceTraffic = {}) =>
  serviceRouter.preflight({
    objects: { namespace: NAMESPACE, kinds: { Service: objects } },
    spec,
    podLabels: POD_LABELS,
    owner: owner(),
  });
const withSpec = (more: object): KubeObject => {
  const object = service();
  return { ...object, spec: { ...asObject(object['spec']), ...more } };
};

describe('the router without routes', () => {
  routerSuite(TEST);

  it.each<[string, KubeObject[], ServiceTraffic, string, string]>([
    ['no Service', [], {}, 'ServiceNotFound', 'no Service of the namespace selects the pods'],
    ['none without a selector', [service('model', {})], {}, 'ServiceNotFound', 'Services: model'],
    ['several', [service('a'), service('b')], {}, 'SeveralServices', 'Services a, b select'],
    ['a wrong name', [service()], { name: 'modell' }, 'ServiceNotFound', '(there are: model)'],
    [
      'a Service over other pods',
      [service('x', { app: 'y' })],
      { name: 'x' },
      'ServiceSelectsOthers',
      'spec.selector {"app":"y"}',
    ],
    [
      'unready pods that serve',
      [withSpec({ publishNotReadyAddresses: true })],
      {},
      'UnreadyPodsServe',
      'set it to false',
    ],
  ])('refuses %s with the field and the fix', (_what, objects, spec, reason, text) => {
    const found = planned(objects, spec);
    expect(found).toMatchObject({ problem: { reason } });
    expect(JSON.stringify(found).replaceAll('\\"', '"')).toContain(`traffic.service.name: `);
    expect(JSON.stringify(found).replaceAll('\\"', '"')).toContain(text);
  });

  it('finds the Service, and of several the named one', () => {
    expect(planned([service(), service('other', { app: 'other' })])).toEqual({
      plan: { service: 'model', data: {} },
    });
    expect(planned([service('a'), service('b')], { name: 'b' })).toEqual({
      plan: { service: 'b', data: {} },
    });
  });

  it('offers each Service over the pods', () => {
    const objects = { namespace: NAMESPACE, kinds: { Service: [service('a'), service('b')] } };
    const { found } = serviceRouter.find({ objects, podLabels: POD_LABELS, owner: owner() });
    expect(found.map(({ spec }) => spec)).toEqual([{ name: 'a' }, { name: 'b' }]);
  });
});
