import type { Release } from '../../../api/release/release.ts';
import { patchRelease, type ReleasePatch, refuseOver, setSpec } from '../../patch-release.ts';
import type { ClusterFlags } from '../../session.ts';

/** What pausing or resuming changes. */
export function decide(release: Release, paused: boolean, now: number): ReleasePatch {
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

/** `sluice pause [NAME]`. */
export function pause(name: string | undefined, flags: ClusterFlags): Promise<void> {
  return patchRelease(flags, name, (release) => decide(release, true, Date.now()));
}

/** `sluice resume [NAME]`. */
export function resume(name: string | undefined, flags: ClusterFlags): Promise<void> {
  return patchRelease(flags, name, (release) => decide(release, false, Date.now()));
}
