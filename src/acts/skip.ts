import type { Release } from '../api/release/release.ts';
import { asksAt, gateBehind, isOpen } from '../release/gates/approval.ts';
import { skipOf, stepName } from '../release/gates/skip-and-promote.ts';
import { stepLabel } from '../release/strategy/steps.ts';
import { byText, countText, reasonText } from '../view/people.ts';
import { placeOf } from '../view/place.ts';
import { stepsOf } from '../view/steps.ts';
import { Refusal } from './refusal.ts';
import { because, type ReleasePatch, refuseOver, setSpec } from './release-patch.ts';

/** What comes after the step: the next step or the promotion, and who else must approve it. */
export function thenText(release: Release, step: number): string {
  const { known, more } = stepsOf(release);
  const next = known[step + 1];
  const then = `next is ${next === undefined ? (more ? 'a greater weight' : 'the promotion') : stepLabel(next)}`;
  const gate = gateBehind(release, step);
  if (release.spec.paused === true)
    return `it is paused; to continue: sluice resume ${release.metadata.name}`;
  if (gate === null || asksAt(release, gate) === null || isOpen(release, gate)) return then;
  return `${then}, which more people must approve${countText(release, gate)}`;
}

/** What skipping changes: the current step ends without waiting for its verdict. */
export function skip(
  release: Release,
  flags: { readonly reason?: string; readonly step?: number },
  now: number,
): ReleasePatch {
  refuseOver(release, 'skip', now);
  const { name } = release.metadata;
  const { phase = 'Pending', step = 0 } = release.status ?? {};
  if (phase !== 'Stepping')
    throw new Refusal(
      `Release ${name} is in no step that could be skipped: it is ${placeOf(release.status)}`,
    );
  if (flags.step !== undefined && flags.step !== step)
    throw new Refusal(`Release ${name} is at another step by now: ${stepName(release, step)}`, [
      'see what it shows there, then skip that step if it should not be waited for either',
    ]);
  const before = skipOf(release, step);
  if (before !== null)
    return {
      already: `${stepName(release, step)} is being skipped already, by ${byText(before)}${reasonText(before)}`,
    };
  const entry = { step, ...because(flags.reason) };
  return {
    patch: [
      { op: 'test', path: '/status/step', value: step },
      release.spec.skips === undefined
        ? setSpec('skips', [entry])
        : { op: 'add', path: '/spec/skips/-', value: entry },
    ],
    said: (after) => {
      const who = byText(skipOf(after, step) ?? {});
      return `${stepName(release, step)} of Release ${name} is skipped by ${who}; ${thenText(after, step)}. A failing verdict still rolls it back`;
    },
  };
}
