import type { ReleaseStatus } from '../../api/release/release.ts';
import { gateBehind, gatesAhead, isOpen } from '../gates/approval.ts';
import { leftOut, promoteText, skipOf, skipText, stepName } from '../gates/skip-and-promote.ts';
import { stepExitOf } from '../gates/step-exit.ts';
import type { Observation } from '../observed.ts';
import { reasonInfo } from '../reasons/catalogue.ts';
import { isStableDown, stableDown } from '../rollout/stable-ready.ts';
import { stableCounted } from '../stable-counts.ts';
import { stepWeight } from '../strategy/steps.ts';
import { event, gated, PAUSED, type Progress, proceed, routed, settledAt, wait } from './progress.ts';

/** `then`, after the gate at the end of the step. If the evidence chooses the next weight, only a pause stops it. */
function leaving(observation: Observation, status: ReleaseStatus, proceeds: () => Progress): Progress {
  const then = (): Progress => switching(observation, status, proceeds);
  const gate = gateBehind({ spec: observation.release.spec, status }, status.step);
  if (gate !== null) return gated(observation, status, gate, then);
  return observation.release.spec.paused === true ? PAUSED : then();
}

/** `then`, once stable is counted well enough, if the next step gives the canary all traffic and this one none. */
function switching(observation: Observation, status: ReleaseStatus, then: () => Progress): Progress {
  const next = stepWeight(observation.release.spec.policy, status, status.step + 1);
  return next === 100 && status.weight === 0 ? stableCounted(observation, status, then) : then();
}

/** What people have requested instead of the step's verdict; null if nothing. */
function shortcut(observation: Observation, status: ReleaseStatus): Progress | null {
  const { spec } = observation.release;
  const now = { spec, status };
  if (spec.promote !== undefined) {
    const { promote } = spec;
    // The gates of skipped steps still apply: if one needs more people, the release waits for them.
    const shut = gatesAhead(now, status.step).find((gate) => !isOpen(now, gate)) ?? 'promotion';
    // So that the canary has had some weight, at least the first.
    return routed(observation, status, () =>
      gated(observation, status, shut, () => {
        const steps = leftOut(now, status.step);
        const without = steps === '' ? '' : `, without ${steps}`;
        const message = `from ${stepName(now, status.step)}${without}: ${promoteText(promote)}`;
        return event('promote', 'PromotedInFull', message);
      }),
    );
  }
  const skip = skipOf(observation.release, status.step);
  if (skip === null) return null;
  return leaving(observation, status, () => proceed('StepSkipped', skipText(now, status.step, skip)));
}

/** When the traffic of the step began to count: time of a shared fault is not time of the step. */
function beganAt(observation: Observation, status: ReleaseStatus): number {
  const shared = 1_000 * (status.analysis?.sharedSeconds ?? 0);
  return (settledAt(observation, status) ?? observation.now) + shared;
}

/** The progress of a step with its traffic in force: by requests of people, or by its evidence. */
export function analysing(observation: Observation, status: ReleaseStatus): Progress {
  const { policy, metrics, rollback, paused } = observation.release.spec;
  const asked = shortcut(observation, status);
  if (asked !== null) return asked;
  if (rollback !== undefined)
    return routed(observation, status, () =>
      leaving(observation, status, () => proceed('RollbackWindow', rollback)),
    );
  const inForce = beganAt(observation, status);
  const pace = stepExitOf({
    policy,
    metrics,
    states: status.analysis?.metrics ?? [],
    step: status.step,
    weight: status.weight,
    elapsedMs: Math.max(0, observation.now - inForce),
  });
  if (pace.kind === 'passes') return leaving(observation, status, () => proceed(pace.reason, pace.message));
  const { reason, message, untilMs } = pace;
  if (status.verdict === 'noData' && isStableDown(observation)) {
    const down = stableDown(observation, message, null);
    return wait(down.reason, down.message, untilMs === undefined ? untilMs : inForce + untilMs);
  }
  // It has passed once, and a person has been asked: that time does not count against the evidence.
  const excused =
    reasonInfo(reason).expired === 'bake' && (paused === true || status.waitingSince !== undefined);
  return wait(excused ? 'Analysing' : reason, message, untilMs === undefined ? untilMs : inForce + untilMs);
}
