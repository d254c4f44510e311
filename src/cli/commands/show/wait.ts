import type { KubeObject } from '../../../api/meta.ts';
import type { Release } from '../../../api/release/release.ts';
import type { Rollout } from '../../../api/rollout/rollout.ts';
import { parseDuration } from '../../../api/values/duration.ts';
import { faultOf, isOver, placeOf } from '../../../view/place.ts';
import { oldestFirst, selectRelease } from '../../../view/select-release.ts';
import { CliError, EXIT, usage } from '../../cli-error.ts';
import { follow, interrupted } from '../../follow.ts';
import { findRelease, readInventory } from '../../inventory.ts';
import { type ClusterFlags, withSession } from '../../session.ts';
import { say, tell } from '../../terminal/output.ts';

interface Flags extends ClusterFlags {
  readonly for: string;
  readonly timeout: string;
  readonly quiet?: boolean;
}

/** The result of a wait: the exit code and why; null while waiting. */
export interface Answer {
  readonly exit: number;
  readonly text: string;
}

/** The conditions of a wait, and the phases that fulfil them. */
const GOALS = ['promoted', 'finished', 'approval'] as const;
export type Goal = (typeof GOALS)[number];

/** Reads the condition. */
export function goalOf(text: string): Goal {
  const found = GOALS.find((one) => one === text.toLowerCase());
  if (found === undefined)
    throw usage(`--for=${text}: there is no such thing to wait for`, `write one of ${GOALS.join(', ')}`);
  return found;
}

/** Reads the timeout in milliseconds; 0 means for ever. */
export function timeoutOf(text: string): number {
  if (text === '0') return Number.POSITIVE_INFINITY;
  const ms = parseDuration(text);
  if (ms === null)
    throw usage(
      `--timeout=${text}: this is no duration`,
      'write it like 90s, 30m or 1h30m; 0 waits for ever',
    );
  return ms === 0 ? Number.POSITIVE_INFINITY : ms;
}

/** Whether a release fulfils the condition. */
export function view(release: Release, goal: Goal): Answer | null {
  const { name } = release.metadata;
  const { phase = 'Pending', message = '', waitingFor } = release.status ?? {};
  if (goal === 'approval' && waitingFor !== undefined)
    return { exit: EXIT.ok, text: `Release ${name} waits for approval of "${waitingFor}"` };
  if (!isOver(release)) return null;
  const text = `Release ${name}: ${phase}${message === '' ? '' : `: ${message}`}`;
  if (goal === 'finished') return { exit: EXIT.ok, text };
  if (goal === 'approval') return { exit: EXIT.no, text: `${text}; no approval is waited for any more` };
  const exit = { Promoted: EXIT.ok, Aborted: EXIT.no }[phase as string] ?? EXIT.overtaken;
  return { exit, text };
}

/** The state of a wait. */
export interface Moment {
  readonly answer: Answer | null;
  /** Where the release is, for a person who waits. */
  readonly place: string;
}

/** The line about a workload at one moment. */
export function momentOf(
  rollout: Rollout | null,
  named: Release | null,
  releases: readonly Release[],
  deployment: KubeObject | null,
  goal: Goal,
): Moment {
  if (named !== null) return { answer: view(named, goal), place: placeOf(named.status) };
  if (rollout === null) return { answer: { exit: EXIT.unanswered, text: 'the Rollout is gone' }, place: '' };
  const subject = selectRelease(rollout, releases, deployment);
  if (subject.kind === 'release')
    return {
      answer: view(subject.release, goal),
      place: `${subject.release.metadata.name} ${placeOf(subject.release.status)}`,
    };
  const found = faultOf(rollout);
  const fault = found === undefined ? null : `${found.reason}: ${found.message}`;
  if (subject.kind === 'coming')
    return { answer: null, place: `the change is held; ${fault ?? 'its release is about to begin'}` };
  if (fault !== null) return { answer: { exit: EXIT.no, text: `nothing is released: ${fault}` }, place: '' };
  const text = `nothing is under way: the pod template of Deployment ${rollout.spec.target.name} serves already`;
  return { answer: { exit: EXIT.ok, text }, place: '' };
}

/** `sluice wait [NAME]`. The exit code is the answer. */
export async function run(name: string | undefined, flags: Flags): Promise<void> {
  const goal = goalOf(flags.for);
  const timeout = timeoutOf(flags.timeout);
  await withSession(flags, async (session) => {
    const signal = interrupted();
    const ends = performance.now() + timeout;
    const { rollout, release } = findRelease(await readInventory(session), name);
    const isNamed =
      release !== null && (name === release.metadata.name || name === `release/${release.metadata.name}`);
    const workload = rollout?.spec.target.name;
    const following = await follow(
      session,
      {
        Rollout: {},
        Release: {},
        ...(workload === undefined ? {} : { Deployment: { fieldSelector: `metadata.name=${workload}` } }),
      },
      signal,
    );
    let last = '';
    try {
      for (;;) {
        const releases = oldestFirst(following.list('Release') as readonly Release[]);
        const owner = following
          .list('Rollout')
          .find(({ metadata }) => metadata.name === rollout?.metadata.name);
        const named = isNamed
          ? (releases.find(({ metadata }) => metadata.name === release.metadata.name) ?? release)
          : null;
        const ours = releases.filter(({ spec }) => spec.rollout === rollout?.metadata.name);
        const deployment = following.list('Deployment')[0] ?? null;
        const { answer, place } = momentOf(
          (owner as Rollout | undefined) ?? null,
          named,
          ours,
          deployment,
          goal,
        );
        if (answer !== null) {
          say(answer.text);
          process.exitCode = answer.exit;
          return;
        }
        if (place !== last && flags.quiet !== true)
          tell(`${new Date().toISOString().slice(11, 19)}  ${place}`);
        last = place;
        const left = ends - performance.now();
        if (left <= 0)
          throw new CliError(`waited ${flags.timeout} for ${goal}: ${place}`, {
            exit: EXIT.timeout,
            next: ['the release continues; follow it with sluice status -w, or wait longer with --timeout'],
          });
        if (signal.aborted)
          throw new CliError('the wait was interrupted; the release continues', { exit: EXIT.timeout });
        await following.changed(Math.min(left, 60_000));
      }
    } finally {
      await following.stop();
    }
  });
}
