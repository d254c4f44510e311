import type { Release } from '../api/release/release.ts';
import { staysAt } from '../release/strategy/steps.ts';
import { byText, reasonText } from '../view/people.ts';
import { because, type ReleasePatch, refuseOver, setSpec } from './release-patch.ts';

/** What pausing changes. */
export function pause(release: Release, reason: string | undefined, now: number): ReleasePatch {
  refuseOver(release, 'pause', now);
  const { name } = release.metadata;
  const { paused, pause: before = {}, policy } = release.spec;
  if (paused === true) {
    const who = before.by === undefined ? '' : `, by ${byText(before)}`;
    return { already: `Release ${name} is paused already${who}${reasonText(before)}` };
  }
  const { weight = 0, step = 0 } = release.status ?? {};
  const at = weight > 0 ? `${weight} %` : staysAt(policy, { weight, step });
  return {
    // The reason replaces what an earlier pause may have left.
    patch: [setSpec('paused', true), setSpec('pause', because(reason))],
    said: () =>
      `Release ${name} stays at ${at}; analysis continues, and a failing verdict still rolls it back. To continue: sluice resume ${name}`,
  };
}

/** What resuming changes. */
export function resume(release: Release, now: number): ReleasePatch {
  refuseOver(release, 'resume', now);
  const { name } = release.metadata;
  if (release.spec.paused !== true) return { already: `Release ${name} is not paused` };
  return { patch: [setSpec('paused', false)], said: () => `Release ${name} continues` };
}
