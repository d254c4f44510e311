import type { Release } from '../api/release/release.ts';
import { countText } from '../view/people.ts';
import { abort } from './abort.ts';
import { approve } from './approve.ts';
import { pause, resume } from './pause.ts';
import { promote, question } from './promote.ts';
import { Refusal } from './refusal.ts';
import { reject } from './reject.ts';
import type { ReleasePatch } from './release-patch.ts';
import { skip, thenText } from './skip.ts';

/** What a person can do with a Release. */
export const ACTS = ['approve', 'reject', 'pause', 'resume', 'skip', 'promote', 'abort'] as const;
export type Act = (typeof ACTS)[number];

/** What goes with an act. */
export interface ActDetails {
  readonly gate?: string;
  readonly reason?: string;
  /** The step that the person saw, from 0, if the act is about it. */
  readonly step?: number;
}

/** The right that an act needs: to change Releases, or also to approve them. */
type ActRight = 'change' | 'approve';

interface ActKind {
  readonly needs: ActRight;
  /** Whether the Release has a place for the reason. */
  readonly takesReason: boolean;
  readonly decide: (release: Release, details: ActDetails, now: number) => ReleasePatch;
  /** What will happen, in a sentence. */
  readonly consequence: (release: Release) => string;
}

const BACK =
  'the release is rolled back: stable gets all traffic, then the pods of the canary are removed. This cannot be undone';

const gateOf = ({ status }: Release): string => status?.waitingFor ?? '';

/** Every act: the right that it needs, what it changes and what it brings about. */
export const ACT_KINDS: Readonly<Record<Act, ActKind>> = {
  approve: {
    needs: 'approve',
    takesReason: true,
    decide: approve,
    consequence: (release) =>
      `Your approval of gate "${gateOf(release)}" is recorded${countText(release, gateOf(release))}; the release continues when enough people have approved.`,
  },
  reject: {
    needs: 'change',
    takesReason: true,
    decide: reject,
    consequence: (release) => `Gate "${gateOf(release)}" is rejected, and ${BACK}.`,
  },
  pause: {
    needs: 'change',
    takesReason: true,
    decide: (release, { reason }, now) => pause(release, reason, now),
    consequence: ({ status }) =>
      `The release stays at ${status?.weight ?? 0} %. Analysis continues, and a failing verdict still rolls it back.`,
  },
  resume: {
    needs: 'change',
    takesReason: false,
    decide: (release, _details, now) => resume(release, now),
    consequence: () => 'The release continues with its steps.',
  },
  skip: {
    needs: 'approve',
    takesReason: true,
    decide: skip,
    consequence: (release) =>
      `The current step ends without its verdict; ${thenText(release, release.status?.step ?? 0)}. A failing verdict still rolls it back.`,
  },
  promote: { needs: 'approve', takesReason: true, decide: promote, consequence: question },
  abort: {
    needs: 'change',
    takesReason: true,
    decide: (release, { reason }, now) => abort(release, reason, now),
    consequence: () => `T${BACK.slice(1)}.`,
  },
};

/** An act that the state of the Release permits now. */
export interface ActOffer {
  readonly act: Act;
  /** The gate of an approval or a rejection, and the step that would be skipped: they go with the act. */
  readonly gate?: string;
  readonly step?: number;
  /** What will happen, in a sentence, to be confirmed. */
  readonly consequence: string;
  /** Whether a reason is stored with it. */
  readonly takesReason: boolean;
  readonly needs: ActRight;
}

function isPossible(act: Act, release: Release, now: number): boolean {
  try {
    return 'patch' in ACT_KINDS[act].decide(release, {}, now);
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}

/** What the state of a Release permits now, to anyone with the right. */
export function offersOf(release: Release, now: number): readonly ActOffer[] {
  return ACTS.filter((act) => isPossible(act, release, now)).map((act) => {
    const { needs, takesReason, consequence } = ACT_KINDS[act];
    const gate = act === 'approve' || act === 'reject' ? { gate: gateOf(release) } : {};
    const step = act === 'skip' ? { step: release.status?.step ?? 0 } : {};
    return { act, ...gate, ...step, consequence: consequence(release), takesReason, needs };
  });
}
