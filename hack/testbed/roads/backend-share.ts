import type { KubeObject } from '../../../src/api/meta.ts';
import { hasLabels, isServing, type Moment, versionOf } from '../evidence/history.ts';
import { MODEL } from '../model.ts';
import type { Share } from './road.ts';

interface Backend {
  readonly kind?: string;
  readonly name: string;
  readonly weight?: number;
}

interface RouteSpec {
  readonly rules?: readonly { readonly backendRefs?: readonly Backend[] }[];
}

type Labels = Readonly<Record<string, string>>;

/** The pods behind a backend, by its selector. */
function podsOf(moment: Moment, { kind = 'Service', name }: Backend): KubeObject[] {
  const found =
    kind === 'Service' ? moment.list('Service').find(({ metadata }) => metadata.name === name) : undefined;
  const { selector } = (found?.['spec'] ?? {}) as { selector?: Labels };
  return selector === undefined ? [] : moment.list('Pod').filter((pod) => hasLabels(pod, selector));
}

const shareOf = (pods: readonly KubeObject[], version: string): number =>
  pods.filter((pod) => versionOf(pod) === version).length / Math.max(1, pods.length);

/**
 * What the rules of the routes of a kind give to a version: its part of each backend's pods, by the weights of the
 * backends. Behind the user's own Service the ready pods share; behind another one the pods are of one version.
 */
export function backendShare(moment: Moment, kind: 'HTTPRoute' | 'GRPCRoute', version: string): Share {
  const rules = moment
    .list(kind)
    .flatMap(({ spec }) => (spec as RouteSpec).rules ?? [])
    .map(({ backendRefs = [] }) => backendRefs);
  const percents = rules.map((backends) => {
    const total = backends.reduce((sum, { weight = 1 }) => sum + weight, 0);
    const parts = backends.map((backend) => {
      const pods = podsOf(moment, backend);
      const of = backend.name === MODEL ? pods.filter(isServing) : pods;
      return (backend.weight ?? 1) * shareOf(of, version);
    });
    return (parts.reduce((sum, part) => sum + part, 0) / Math.max(1, total)) * 100;
  });
  const isWhole = rules.every((backends) => backends.every(({ name }) => name === MODEL));
  return { percent: Math.max(0, ...percents), by: isWhole ? 'pods' : 'weight' };
}
