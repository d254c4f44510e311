import type { Release } from '../../api/release.ts';
import { stepTextOf } from '../../release/steps.ts';
import { follow, interrupted } from '../follow.ts';
import { canvasOf, say } from '../output.ts';
import type { Canvas } from '../paint.ts';
import { findRollout, oldestFirst, readScene } from '../scene.ts';
import { type ClusterFlags, withSession } from '../session.ts';
import { isOver, placeOf, toneOf, VERDICTS } from '../standing.ts';

/** What of a release makes a new line. */
export function markOf({ status }: Release): string {
  const { phase, stage, step, weight, verdict, waitingFor, reason } = status ?? {};
  return [phase, stage, step, weight, verdict, waitingFor, reason].join(' ');
}

/** One line for a change of a release: time, name, place, weight, and what there is to say. */
export function view({ metadata, spec, status }: Release, { paint, now }: Canvas): string {
  const {
    phase = 'Pending',
    weight = 0,
    stepText = stepTextOf(spec.policy, {}, 0),
    verdict,
    message = '',
    analysis,
    waitingFor,
  } = status ?? {};
  const time = new Date(now).toISOString().slice(11, 19);
  const place = paint(toneOf(phase), placeOf(status));
  const gate = waitingFor === undefined ? [] : [`waits for approval of "${waitingFor}"`];
  const analysing = status?.stage === 'Analysing' && verdict !== undefined;
  const numbers = analysing
    ? (analysis?.metrics ?? []).map(
        ({ name, verdict: one, message: text }) =>
          `${paint(VERDICTS[one].tone, VERDICTS[one].mark)} ${name}: ${text}`,
      )
    : [message];
  return [
    `${paint('faint', time)}  ${metadata.name}`,
    place,
    `step ${stepText}`,
    `${weight} %`,
    ...gate,
    numbers.join('; '),
  ]
    .filter((part) => part !== '')
    .join('  ');
}

/** `sluice watch [NAME]`: a line for every change, until Ctrl-C. */
export function run(name: string | undefined, flags: ClusterFlags): Promise<void> {
  return withSession(flags, async (session) => {
    const signal = interrupted();
    const only = name === undefined ? undefined : findRollout(await readScene(session), name).metadata.name;
    const following = await follow(session, { Release: {} }, signal);
    const marks = new Map<string, string>();
    try {
      for (let first = true; !signal.aborted; first = false) {
        for (const release of oldestFirst(following.list('Release') as readonly Release[])) {
          if (only !== undefined && release.spec.rollout !== only) continue;
          const key = release.metadata.uid ?? release.metadata.name;
          const mark = markOf(release);
          const isNews = marks.get(key) !== mark && !(first && isOver(release));
          marks.set(key, mark);
          if (isNews) say(view(release, canvasOf()));
        }
        await following.changed(60_000);
      }
    } finally {
      await following.stop();
    }
  });
}
