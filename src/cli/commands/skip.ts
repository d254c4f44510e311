import type { Release } from '../../api/release.ts';
import { type Act, act, refuseOver, setSpec } from '../acting.ts';
import { Fault } from '../fault.ts';
import type { ClusterFlags } from '../session.ts';
import { placeOf, weightsOf } from '../standing.ts';

/** What skipping changes: the current step is left without waiting for its verdict. */
export function decide(release: Release, now: number): Act {
  refuseOver(release, 'skip', now);
  const { name } = release.metadata;
  const { phase = 'Pending', step = 0, stepText } = release.status ?? {};
  if (phase !== 'Stepping')
    throw new Fault(`Release ${name} is in no step that could be skipped: it is ${placeOf(release.status)}`);
  const { known, more } = weightsOf(release);
  const weight = known[step];
  if (release.spec.skipStep === step)
    return { already: `step ${stepText} (${weight} %) is being skipped already` };
  const next = known[step + 1];
  const then = next === undefined ? (more ? 'a greater weight' : 'the promotion') : `${next} %`;
  return {
    patch: [{ op: 'test', path: '/status/step', value: step }, setSpec('skipStep', step)],
    said: () =>
      `step ${stepText} (${weight} %) of Release ${name} is skipped; next is ${then}. A failing verdict still rolls it back`,
  };
}

/** `sluice skip [NAME]`. */
export function run(name: string | undefined, flags: ClusterFlags): Promise<void> {
  return act(flags, name, (release) => decide(release, Date.now()));
}
