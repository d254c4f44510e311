import { tracksOf } from '../../analysis/verdict/track.ts';
import type { Store } from '../../ports/cluster.ts';
import type { BadShare } from '../../ports/telemetry.ts';
import { isFinal } from '../../release/machine.ts';
import { parseRelease } from '../../release/parse.ts';

/**
 * The newest window of every running release: the rates of bad requests of both versions, the canary's confidence band,
 * and what is allowed. Read from the objects, so the same in every replica.
 */
export function badShares(store: Store, namespaces: Iterable<string>): readonly BadShare[] {
  return [...namespaces].flatMap((namespace) =>
    store.list('Release', namespace).flatMap((object): BadShare[] => {
      const parsed = parseRelease(object);
      if ('problem' in parsed) return [];
      const { spec, status } = parsed.value;
      if (status === undefined || isFinal(status.phase)) return [];
      return (status.analysis?.metrics ?? []).flatMap((state): BadShare[] => {
        const metric = spec.metrics.find(({ name }) => name === state.name);
        if (metric === undefined) return [];
        const newest = { ...state, history: state.history?.slice(-1) ?? [] };
        return tracksOf(metric, newest, spec).flatMap(({ against, points }) =>
          points.map(({ canary, stable, low, high, limit }) => ({
            namespace,
            rollout: spec.rollout,
            metric: metric.name,
            against,
            shares: { canary, low, high, allowed: limit, ...(stable === null ? {} : { stable }) },
          })),
        );
      });
    }),
  );
}
