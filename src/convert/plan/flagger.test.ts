import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../api/meta.ts';
import { convert } from '../convert.ts';
import type { Move } from '../output.ts';

const SERVICE = { port: 80, targetPort: 8080, hosts: ['ranker.example'], timeout: '5s' };
const ANALYSIS = { interval: '1m', threshold: 5, stepWeight: 10, maxWeight: 50 };

function canaryOf(spec: object = {}, status?: object): KubeObject {
  return {
    apiVersion: 'flagger.app/v1beta1',
    kind: 'Canary',
    metadata: { name: 'ranker', namespace: 'shop' },
    spec: {
      provider: 'istio',
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'ranker' },
      service: SERVICE,
      analysis: ANALYSIS,
      ...spec,
    },
    ...(status === undefined ? {} : { status }),
  };
}

const DEPLOYMENT: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'ranker', namespace: 'shop' },
  spec: { selector: { matchLabels: { name: 'ranker', tier: 'models' } } },
};

const SETTINGS = { namespace: 'shop', analysis: 'http-generic', provider: 'istio' };

function moveOf(canary: KubeObject, ...beside: readonly KubeObject[]): Move {
  const given = [canary, ...beside].map((object) => ({ object, place: 'here' }));
  const move = convert(given, SETTINGS).find(({ origin }) => origin.kind === 'Canary')?.move;
  if (move === undefined) throw new Error('there is no plan');
  return move;
}

const commandsOf = ({ steps }: Move): string[] => steps.flatMap(({ commands }) => commands);
const at = (commands: readonly string[], part: string): number =>
  commands.findIndex((one) => one.includes(part));

describe('the plan of a move from Flagger', () => {
  it('removes the copies only after Service and routes name the pods of the Deployment', () => {
    const commands = commandsOf(moveOf(canaryOf(), DEPLOYMENT));
    const order = [
      'has other images than ranker-primary',
      '"suspend":true,"revertOnDeletion":false',
      'scale deployment/ranker --replicas="$REPLICAS"',
      'rollout status deployment/ranker',
      'patch service ranker',
      'patch virtualservices.networking.istio.io ranker',
      'delete canaries.flagger.app ranker --cascade=orphan',
      'delete deployment/ranker-primary',
      'delete service ranker-primary ranker-canary',
      'delete destinationrules.networking.istio.io ranker-primary ranker-canary',
      'apply -f sluice.yaml',
    ];
    const places = order.map((part) => at(commands, part));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(commands.filter((one) => one === 'sleep 15')).toHaveLength(2);
  });

  it('selects by the labels of the Deployment, and keeps the fields of the route', () => {
    const commands = commandsOf(moveOf(canaryOf(), DEPLOYMENT));
    expect(commands[at(commands, 'patch service')]).toContain(
      `'{"spec":{"selector":{"name":"ranker","tier":"models"}}}'`,
    );
    expect(commands[at(commands, 'patch virtualservices')]).toContain(
      '"http":[{"timeout":"5s","route":[{"destination":{"host":"ranker"}}]}]',
    );
  });

  it('replaces the backends of each rule of an HTTPRoute, and leaves its matches and filters', () => {
    const route: KubeObject = {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { name: 'models', namespace: 'shop' },
      spec: { rules: [{ backendRefs: [] }, { backendRefs: [] }] },
    };
    const canary = canaryOf({ provider: 'gatewayapi:v1', service: { name: 'models', port: 9000 } });
    const commands = commandsOf(moveOf(canary, route));
    const backend = '"value":[{"name":"models","port":9000}]';
    expect(commands[at(commands, 'patch httproutes')]).toContain(
      `[{"op":"replace","path":"/spec/rules/0/backendRefs",${backend}},{"op":"replace","path":"/spec/rules/1/backendRefs",${backend}}]`,
    );
    expect(at(commands, 'delete destinationrules')).toBe(-1);
    expect(moveOf(canary, route).steps.at(-1)?.why.join(' ')).toContain('Take the HTTPRoute out of it');
  });

  it.each<[string, object, boolean]>([
    ['needs no routes without a mesh', { provider: 'kubernetes' }, false],
    ['leaves routes of other routers to a person', { provider: 'nginx' }, true],
  ])('%s', (_what, spec, byHand) => {
    const { steps } = moveOf(canaryOf(spec));
    expect(steps.some(({ title }) => title === 'Change the routes')).toBe(byHand);
    expect(commandsOf({ steps, back: [] }).some((one) => one.includes('virtualservices'))).toBe(false);
  });

  it('wakes a scaler of KEDA, and removes what was copied', () => {
    const autoscalerRef = { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', name: 'ranker-so' };
    const status = { trackedConfigs: { 'configmap/prompts': 'a', 'secret/key': 'b', 'other/x': 'c' } };
    const commands = commandsOf(moveOf(canaryOf({ autoscalerRef }, status)));
    expect(at(commands, 'paused-replicas-')).toBeLessThan(at(commands, 'scale deployment/ranker'));
    expect(commands[at(commands, 'delete scaledobjects.keda.sh/ranker-so-primary')]).toContain(
      'deployment/ranker-primary configmap/prompts-primary secret/key-primary --ignore-not-found',
    );
  });

  it('leads back by Flagger itself as long as the Canary is there', () => {
    const [back] = moveOf(canaryOf()).back;
    expect(back?.commands[0]).toContain('"suspend":false');
    expect(back?.commands.at(-1)).toBe('kubectl -n shop scale deployment/ranker --replicas=0');
  });
});
