import { equal } from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe } from 'vitest';
import type { KubeObject } from '../../../src/api/meta.ts';
import { asObject } from '../../../src/traffic/json.ts';
import { NAMESPACE, owner, POD_LABELS, service } from '../istio-world.ts';
import { type Edit, type RouterUnderTest, routerSuite, withoutVersions } from '../router.ts';
import { type NoPlan, WEIGHTS, type WeightsTraffic } from './declaration.ts';
import { weightsOf } from './object.ts';
import { weightsRouter } from './router.ts';

const isWeights = ({ kind }: KubeObject): boolean => kind === WEIGHTS.kind;

function weights(annotations: Record<string, string> | undefined, timeout: string): KubeObject {
  const metadata = { name: 'model', namespace: NAMESPACE, ...(annotations && { annotations }) };
  return { apiVersion: 'example.dev/v1', kind: WEIGHTS.kind, metadata, spec: { service: 'model', timeout } };
}

const change = (objects: KubeObject[], by: (object: KubeObject) => void): void =>
  objects.filter(isWeights).forEach(by);

const EDITS: readonly Edit[] = [
  {
    name: 'the manifest is applied again',
    apply: (objects, user) =>
      change(objects, (object) => {
        const wanted = structuredClone(user.find(isWeights));
        if (wanted === undefined) return;
        object['spec'] = wanted['spec'];
        object.metadata = { ...wanted.metadata, uid: 'u' };
        delete object.metadata.uid;
      }),
  },
  {
    name: 'weights are edited by hand',
    apply: (objects) =>
      change(objects, (object) => {
        if (weightsOf(object) !== null)
          object['spec'] = { ...asObject(object['spec']), weights: { '5d9c': 50, x7k2: 50 } };
      }),
  },
  {
    name: 'another field is edited by hand',
    apply: (objects, user) => {
      for (const list of [objects, user])
        change(list, (object) => {
          object['spec'] = { ...asObject(object['spec']), timeout: '42s' };
        });
    },
  },
  {
    name: 'the object is deleted',
    breaks: true,
    apply: (objects, user) => {
      for (const list of [objects, user])
        list.splice(0, list.length, ...list.filter((one) => !isWeights(one)));
    },
  },
];

const TEST: RouterUnderTest<WeightsTraffic, NoPlan> = {
  router: weightsRouter,
  worlds: fc
    .tuple(fc.option(fc.constant({ team: 'ml' }), { nil: undefined }), fc.constantFrom('3s', '10s'))
    .map(([annotations, timeout]) => ({
      objects: [service(), weights(annotations, timeout)],
      spec: { object: 'model' },
      podLabels: POD_LABELS,
    })),
  edits: fc.constantFrom(...EDITS),
  namespace: NAMESPACE,
  owner,
  shares: (objects) =>
    objects.filter(isWeights).map((object) => {
      const { x7k2 = 0, '5d9c': stable = 0 } = weightsOf(object) ?? { '5d9c': 100 };
      return { stable: stable / 100, canary: x7k2 / 100, others: {} };
    }),
  exposes: (objects) => objects.some((object) => isWeights(object) && (weightsOf(object)?.['x7k2'] ?? 0) > 0),
  checkSafe: (objects) =>
    change([...objects], (object) => {
      const shares = Object.values(weightsOf(object) ?? { all: 100 });
      equal(
        shares.reduce((sum, one) => sum + one, 0),
        100,
      );
    }),
  rest: (objects) =>
    withoutVersions(objects).map((object) => {
      const { spec, metadata, ...rest } = object as KubeObject;
      const { weights: _weights, ...kept } = asObject(spec);
      const { team } = metadata.annotations ?? {};
      return { ...rest, metadata: { ...metadata, annotations: team }, spec: kept };
    }),
};

describe('a router of plain weights', () => {
  routerSuite(TEST);
});
