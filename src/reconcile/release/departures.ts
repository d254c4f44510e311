import type { KubeObject } from '../../api/meta.ts';

/** Since when the pods are gone that a release waits for. */
export interface Departures {
  /** Takes whether they are gone now; returns since when this process knows so, epoch milliseconds; null if they are not. */
  look(release: KubeObject, isGone: boolean, now: number): number | null;
  /** Forgets a Release that has ended. */
  forget(release: KubeObject): void;
}

const keyOf = ({ metadata: { uid = '' } }: KubeObject): string => uid;

/** Creates an empty memory: one per process. After a restart the time counts from the first pass. */
export function createDepartures(): Departures {
  const since = new Map<string, number>();
  return {
    look: (release, isGone, now) => {
      const at = since.get(keyOf(release)) ?? now;
      if (isGone) since.set(keyOf(release), at);
      else since.delete(keyOf(release));
      return isGone ? at : null;
    },
    forget: (release) => void since.delete(keyOf(release)),
  };
}
