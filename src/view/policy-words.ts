import { previewOf } from '../api/rollout/blue-green.ts';
import { matchesText } from '../api/rollout/match.ts';
import type { Policy } from '../api/rollout/rollout.ts';
import { fixedSteps } from '../api/rollout/steps.ts';
import { stepLabel } from '../release/strategy/steps.ts';
import { ROUTERS } from '../traffic/registry.ts';

/** A part of a policy in plain words. */
export interface PolicyWords {
  readonly about: string;
  readonly lines: readonly string[];
}

const list = (items: readonly string[]): string => items.join(', ');

function trafficText({ traffic }: Policy): string {
  if (traffic === undefined)
    return 'No route tells the versions apart: each has the share of its ready pods.';
  const chosen = ROUTERS.choose(traffic);
  return 'faults' in chosen ? 'Its router is not valid.' : `By ${chosen.router.subject(chosen.spec)}.`;
}

function paceLines(policy: Policy): string[] {
  const { autoSteps, rollingUpdate, blueGreen, abTest } = policy;
  if (blueGreen !== undefined)
    return [
      'All pods of the new version start beside the old ones, then all traffic moves in one step.',
      ...(blueGreen.preview === undefined
        ? []
        : [`Before that, its preview: the requests chosen by ${matchesText(previewOf(blueGreen))}.`]),
      `The old pods stay for ${blueGreen.scaleDownDelay} after that.`,
    ];
  if (abTest !== undefined)
    return [`Both versions run beside each other for ${abTest.for}; then the better one stays.`];
  if (rollingUpdate !== undefined)
    return ['The rolling update of the Deployment: its first pods are judged, then the others follow.'];
  if (autoSteps !== undefined)
    return [
      `Weights from ${autoSteps.min} % on, chosen from the evidence as fast as it allows, then the promotion.`,
    ];
  return [`${fixedSteps(policy).map(stepLabel).join(' → ')} → promotion.`];
}

const ENDS = {
  hold: 'a person must decide',
  abort: 'it is rolled back',
  promote: 'it continues',
} as const;

function judgeLines({ analysis }: Policy): string[] {
  const { templates, interval, minRequests, minWindows, falseAbortRate, promoteOn } = analysis;
  const proof = promoteOn === 'proven' ? ', and the canary must be proven to be no worse' : '';
  return [
    `By the templates ${list(templates.map(({ name }) => name))}, in windows of ${interval}.`,
    `A step passes with at least ${minWindows} windows and ${minRequests} requests${proof}.`,
    `A version as good as stable is rolled back in at most ${falseAbortRate} of releases.`,
  ];
}

function doubtLines({ analysis, deadlines }: Policy): string[] {
  const { onTimeout, onInconclusive, onSharedFault, maxBake } = analysis;
  return [
    `Without enough evidence after ${deadlines.step}, ${ENDS[onTimeout]}.`,
    ...(maxBake === undefined
      ? []
      : [`Where the evidence does not decide within ${maxBake}, ${ENDS[onInconclusive]}.`]),
    `While stable has the same fault, ${onSharedFault === 'hold' ? 'it keeps its weight' : 'it is rolled back'}.`,
  ];
}

function peopleLines({ approval }: Policy): string[] {
  if (approval === undefined) return ['Nobody is asked.'];
  const { at, quorum, from, timeout, onTimeout } = approval;
  const { users = [], groups = [], slackUsers = [], slackGroups = [] } = from ?? {};
  const who = [...users, ...groups.map((one) => `group ${one}`), ...slackUsers, ...slackGroups];
  const late =
    timeout === undefined
      ? ''
      : ` Within ${timeout}, else it is ${onTimeout === 'abort' ? 'rolled back' : 'overdue'}.`;
  return [
    `${quorum === 1 ? 'One person' : `${quorum} people`} must approve at ${list(at)}${who.length === 0 ? '' : `, of ${list(who)}`}.${late}`,
  ];
}

function limitLines({ deadlines, canary, health, drain }: Policy): string[] {
  const budget = (canary.budget ?? []).map(({ resource, max }) => `${max} ${resource}`);
  return [
    `The canary pods have ${deadlines.start} to become ready, then it is rolled back.`,
    `A pod may restart ${health.maxRestarts === 1 ? 'once' : `${health.maxRestarts} times`}, and be unready for ${health.notReady}.`,
    canary.mode === 'borrow'
      ? 'The canary takes the places of stable pods.'
      : 'The canary pods run beside those of stable.',
    ...(budget.length === 0 ? [] : [`The canary takes at most ${list(budget)}.`]),
    `After a roll-back its pods stay for ${drain} without traffic.`,
  ];
}

function otherLines({ onNewRevision, onAbort, rollbackWindow }: Policy): string[] {
  return [
    onNewRevision === 'queue'
      ? 'A newer version waits until the release has ended.'
      : 'A newer version ends the release at once.',
    onAbort === 'revert'
      ? 'After a roll-back the stable template is written back.'
      : 'After a roll-back the Deployment is held with the failed template.',
    ...(rollbackWindow === undefined
      ? []
      : [`A change back to one of the last ${rollbackWindow.revisions} versions skips the steps.`]),
  ];
}

/** A policy in plain words, in the order in which a release meets it. */
export function policyWords(policy: Policy): readonly PolicyWords[] {
  return [
    { about: 'Traffic', lines: [trafficText(policy)] },
    { about: 'Steps', lines: paceLines(policy) },
    { about: 'Judged', lines: judgeLines(policy) },
    { about: 'In doubt', lines: doubtLines(policy) },
    { about: 'People', lines: peopleLines(policy) },
    { about: 'Limits', lines: limitLines(policy) },
    { about: 'Afterwards', lines: otherLines(policy) },
  ];
}
