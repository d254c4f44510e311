import type { KubeObject } from '../../api/meta.ts';
import { PHASES, type Phase } from '../../api/release/places.ts';
import type { Store } from '../../ports/cluster.ts';
import type { CanaryWeight } from '../../ports/telemetry.ts';
import { isFinal } from '../../release/machine.ts';

interface Raw {
  readonly spec?: { readonly rollout?: unknown };
  readonly status?: { readonly phase?: unknown; readonly weight?: unknown };
}

function weightOf(release: KubeObject): { rollout: string; weight: number } | null {
  const { spec, status } = release as Raw;
  const phase = PHASES.find((one: Phase) => one === status?.phase);
  if (typeof spec?.rollout !== 'string' || phase === undefined || isFinal(phase)) return null;
  return { rollout: spec.rollout, weight: Number(status?.weight ?? 0) };
}

/** The weight of every canary, 0 if a Rollout has none. Read from the objects, so the same in every replica. */
export function canaryWeights(store: Store, namespaces: Iterable<string>): readonly CanaryWeight[] {
  return [...namespaces].flatMap((namespace) => {
    const weights = new Map(store.list('Rollout', namespace).map(({ metadata }) => [metadata.name, 0]));
    for (const release of store.list('Release', namespace)) {
      const found = weightOf(release);
      if (found !== null) weights.set(found.rollout, found.weight);
    }
    return [...weights].map(([rollout, weight]) => ({ namespace, rollout, weight }));
  });
}
