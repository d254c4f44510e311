import type { Release } from '../api/release/release.ts';
import { staysAt } from '../release/strategy/steps.ts';
import { type ReleasePatch, refuseOver, setSpec } from './release-patch.ts';

/** What pausing or resuming changes. */
export function pause(release: Release, paused: boolean, now: number): ReleasePatch {
  const verb = paused ? 'pause' : 'resume';
  refuseOver(release, verb, now);
  const { name } = release.metadata;
  if ((release.spec.paused === true) === paused)
    return { already: `Release ${name} is ${paused ? 'paused already' : 'not paused'}` };
  const { weight = 0, step = 0 } = release.status ?? {};
  const at = weight > 0 ? `${weight} %` : staysAt(release.spec.policy, { weight, step });
  const [pausedText, resumedText] = [
    `Release ${name} stays at ${at}; analysis continues, and a failing verdict still rolls it back. To continue: sluice resume ${name}`,
    `Release ${name} continues`,
  ];
  return { patch: [setSpec('paused', paused)], said: () => (paused ? pausedText : resumedText) };
}
