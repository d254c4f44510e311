import type { Release } from '../api/release/release.ts';
import { type ReleasePatch, refuseOver, setSpec } from './release-patch.ts';

/** What pausing or resuming changes. */
export function pause(release: Release, paused: boolean, now: number): ReleasePatch {
  const verb = paused ? 'pause' : 'resume';
  refuseOver(release, verb, now);
  const { name } = release.metadata;
  if ((release.spec.paused === true) === paused)
    return { already: `Release ${name} is ${paused ? 'paused already' : 'not paused'}` };
  const weight = release.status?.weight ?? 0;
  const [pausedText, resumedText] = [
    `Release ${name} stays at ${weight} %; analysis continues, and a failing verdict still rolls it back. To continue: sluice resume ${name}`,
    `Release ${name} continues`,
  ];
  return { patch: [setSpec('paused', paused)], said: () => (paused ? pausedText : resumedText) };
}
