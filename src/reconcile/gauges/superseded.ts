import type { Store } from '../../ports/cluster.ts';
import type { SupersededRun } from '../../ports/telemetry.ts';

interface Raw {
  readonly status?: { readonly superseded?: unknown };
}

/** How many releases in a row of every Rollout were superseded. Read from its status, so the same in every replica. */
export function supersededRuns(store: Store, namespaces: Iterable<string>): readonly SupersededRun[] {
  return [...namespaces].flatMap((namespace) =>
    store.list('Rollout', namespace).map((object) => {
      const { superseded = 0 } = (object as Raw).status ?? {};
      return { namespace, rollout: object.metadata.name, count: Number(superseded) };
    }),
  );
}
