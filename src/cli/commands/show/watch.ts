import type { Release } from '../../../api/release/release.ts';
import { isOver } from '../../../view/place.ts';
import type { ReleaseView } from '../../../view/release-view.ts';
import { oldestFirst } from '../../../view/select-release.ts';
import { viewOf } from '../../../view/view-of.ts';
import { follow, interrupted } from '../../follow.ts';
import { findRollout, readInventory } from '../../inventory.ts';
import { type ClusterFlags, withSession } from '../../session.ts';
import { canvasOf, say } from '../../terminal/output.ts';
import { type Canvas, FIXED, type Paint, wrap } from '../../terminal/paint.ts';
import { VERDICTS } from '../../terminal/verdict-mark.ts';

/** The part of a release whose change makes a new line. */
export function markOf({ place, traffic, analysis, people }: ReleaseView): string {
  const { text, step, reason } = place;
  return [text, step, traffic.canary, analysis.verdict, people.gate?.name, reason].join(' ');
}

/**
 * A change of a release: time, name, place, weight, and its message, unless that was already shown `before`. One line,
 * or more if the terminal is too narrow.
 */
export function view(release: ReleaseView, canvas: Canvas, before = ''): string[] {
  const [first = '', ...rest] = wrap(lineOf(release, canvas, before), canvas.width).map((line) =>
    line.trimEnd(),
  );
  if (rest.length === 0) return [first];
  return [first, ...wrap(rest.join(' '), canvas.width - INDENT.length).map((line) => INDENT + line)];
}

/** Continuation lines start below the name. */
const INDENT = ' '.repeat(10);

/** The message of a release beside its place. */
export function messageOf({ place }: ReleaseView): string {
  return place.message ?? '';
}

function newsOf(release: ReleaseView, paint: Paint, before: string): string {
  const { analysis, metrics } = release;
  if (!analysis.isJudging) return messageOf(release) === before ? '' : messageOf(release);
  return metrics
    .map(({ name, verdict, message }) => {
      const { mark, tone } = VERDICTS[verdict];
      return `${paint(tone, mark)} ${name}: ${message}`;
    })
    .join('; ');
}

function lineOf(release: ReleaseView, { paint, now }: Canvas, before: string): string {
  const { heading, place, tone, traffic, people } = release;
  const time = new Date(now).toISOString().slice(11, 19);
  return [
    `${paint('faint', time)}${FIXED} ${heading.release}`,
    paint(tone, place.text),
    `at ${place.step}`,
    `${traffic.canary} %${traffic.isShared ? ' by pods' : ''}`,
    ...(people.gate === null ? [] : [`waits for approval of "${people.gate.name}"`]),
    newsOf(release, paint, before),
  ]
    .filter((part) => part !== '')
    .join(`${FIXED} `);
}

/** `sluice watch [NAME]`: a line for every change, until Ctrl-C. */
export function run(name: string | undefined, flags: ClusterFlags): Promise<void> {
  return withSession(flags, async (session) => {
    const signal = interrupted();
    const only =
      name === undefined ? undefined : findRollout(await readInventory(session), name).metadata.name;
    const following = await follow(session, { Release: {} }, signal);
    const marks = new Map<string, string>();
    const said = new Map<string, string>();
    try {
      for (let first = true; !signal.aborted; first = false) {
        for (const release of oldestFirst(following.list('Release') as readonly Release[])) {
          if (only !== undefined && release.spec.rollout !== only) continue;
          const key = release.metadata.uid ?? release.metadata.name;
          const canvas = canvasOf();
          const seen = viewOf({ release, hidden: ['ReplicaSet', 'Pod'], now: canvas.now });
          const mark = markOf(seen);
          const isNews = marks.get(key) !== mark && !(first && isOver(release));
          marks.set(key, mark);
          if (!isNews) continue;
          say(...view(seen, canvas, said.get(key)));
          said.set(key, messageOf(seen));
        }
        await following.changed(60_000);
      }
    } finally {
      await following.stop();
    }
  });
}
