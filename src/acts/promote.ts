import type { Release } from '../api/release/release.ts';
import { isOpen } from '../release/gates/approval.ts';
import { stepLabel } from '../release/strategy/steps.ts';
import { byText, reasonText } from '../view/people.ts';
import { placeOf } from '../view/place.ts';
import { stepsOf } from '../view/steps.ts';
import { Refusal } from './refusal.ts';
import { because, type ReleasePatch, refuseOver, setSpec } from './release-patch.ts';

/** Later gates that need more than one person. */
function sharedGates(release: Release): readonly string[] {
  const { at = [], quorum = 1 } = release.spec.policy.approval ?? {};
  return quorum > 1 ? at.filter((gate) => !isOpen(release, gate)) : [];
}

/** The question before a full promotion: what it skips, and what not. */
export function question(release: Release): string {
  const { approval } = release.spec.policy;
  const { known, more } = stepsOf(release);
  const left = known.slice(release.status?.step ?? 0).map(stepLabel);
  if (more) left.push('weights that are yet to be chosen');
  const shared = sharedGates(release);
  const gates =
    approval === undefined
      ? ''
      : shared.length === 0
        ? `, as an approval of ${approval.at.join(', ')}`
        : `, as one of ${approval.quorum} approvals of ${shared.join(', ')}`;
  return `Promote ${release.metadata.name} without waiting for the verdicts of ${left.join(', ')}${gates}?`;
}

/** What a full promotion changes: one field, once. */
export function promote(release: Release, flags: { readonly reason?: string }, now: number): ReleasePatch {
  refuseOver(release, 'promote', now);
  const { name } = release.metadata;
  const { spec, status } = release;
  if (spec.abort !== undefined || status?.phase === 'Aborting')
    throw new Refusal(`Release ${name} is being rolled back; a promotion changes nothing`);
  if (spec.promote !== undefined)
    return {
      already: `Release ${name} is being promoted in full already, by ${byText(spec.promote)}${reasonText(spec.promote)}`,
    };
  if (status?.phase === 'Promoting' && status.waitingFor === undefined)
    return { already: `Release ${name} is ${placeOf(status)}` };
  if (spec.paused === true) throw new Refusal(`Release ${name} is paused`, [`first: sluice resume ${name}`]);
  return {
    patch: [setSpec('promote', because(flags.reason))],
    said: (after) => {
      const who = after.spec.promote === undefined ? 'you' : byText(after.spec.promote);
      const shared = sharedGates(after);
      const more =
        shared.length === 0
          ? 'a failing verdict still rolls it back'
          : `more people must approve ${shared.join(', ')}: sluice approve ${name}`;
      return `Release ${name} is promoted in full by ${who}; ${more}`;
    },
  };
}
