import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../api/meta.ts';
import { type ArgoMove, planArgo } from './argo.ts';

const DEPLOYMENT: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'ranker' },
  spec: {},
};

function virtualService(...destinations: readonly object[]): KubeObject {
  const http = [
    {
      name: 'predict',
      route: destinations.map((destination, at) => ({ destination, weight: at === 0 ? 100 : 0 })),
    },
  ];
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'routes' },
    spec: { http },
  };
}

const ISTIO = { istio: { virtualService: { name: 'routes' } } };
const BY_HOST = { stableService: 'ranker', canaryService: 'ranker-canary', trafficRouting: ISTIO };

function moveOf(canary: object, over: Partial<ArgoMove> = {}): ArgoMove {
  return {
    namespace: 'shop',
    name: 'ranker',
    spec: { strategy: { canary } },
    workload: { name: 'ranker', replicas: 3, written: DEPLOYMENT },
    virtualServices: [virtualService({ host: 'ranker' }, { host: 'ranker-canary' })],
    ...over,
  };
}

const commandsOf = (move: ArgoMove): string[] => planArgo(move).steps.flatMap(({ commands }) => commands);
const at = (commands: readonly string[], part: string): number =>
  commands.findIndex((one) => one.includes(part));

describe('the plan of a move', () => {
  it('removes pods of Argo Rollouts only after routes and Service name those of the Deployment', () => {
    const commands = commandsOf(moveOf(BY_HOST));
    const order = [
      'label rollouts.argoproj.io',
      'apply -f -',
      'rollout status',
      'patch virtualservice',
      '$HASH',
      'delete rollouts.argoproj.io',
      '"pod-template-hash":null',
      'delete service ranker-canary',
      'apply -f sluice.yaml',
    ];
    const places = order.map((part) => at(commands, part));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(commands.find((one) => one.includes('patch virtualservice'))).toContain(
      '"value":[{"destination":{"host":"ranker"}}]',
    );
  });

  it('takes the subset out of the routes, and finds the Service there', () => {
    const subsets = virtualService(
      { host: 'models', subset: 'stable' },
      { host: 'models', subset: 'canary' },
    );
    const move = moveOf({ trafficRouting: ISTIO }, { virtualServices: [subsets] });
    const commands = commandsOf(move);
    expect(commands.find((one) => one.includes('patch virtualservice'))).toContain(
      '"value":[{"destination":{"host":"models"}}]',
    );
    expect(at(commands, 'patch service models')).toBeGreaterThan(at(commands, 'patch virtualservice'));
    const [back] = planArgo(move).back;
    expect(back?.commands.join('\n')).not.toContain('"rollouts-pod-template-hash');
  });

  it('scales the Deployment of a workloadRef, and says what it cannot know of routes', () => {
    const workload = { name: 'ranker', replicas: 3, written: null };
    const move = moveOf(BY_HOST, { workload, virtualServices: [] });
    expect(commandsOf(move)).toContain('kubectl -n shop scale deployment/ranker --replicas=3');
    const routed = planArgo(move).steps.find(({ title }) => title.includes('routes'));
    expect(routed).toMatchObject({
      commands: [],
      why: [expect.stringContaining('take that destination out')],
    });
  });
});
