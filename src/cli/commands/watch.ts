import type { Release } from '../../api/release.ts';
import { stageOf } from '../../release/stages/table.ts';
import { stepTextOf } from '../../release/strategy/steps.ts';
import { isOver, placeOf } from '../../view/place.ts';
import { toneOf } from '../../view/tone.ts';
import { follow, interrupted } from '../follow.ts';
import { findRollout, oldestFirst, readInventory } from '../inventory.ts';
import { type ClusterFlags, withSession } from '../session.ts';
import { canvasOf, say } from '../terminal/output.ts';
import { type Canvas, FIXED, wrap } from '../terminal/paint.ts';
import { VERDICTS } from '../terminal/verdict-mark.ts';

/** What of a release makes a new line. */
export function markOf({ status }: Release): string {
  const { phase, stage, step, weight, verdict, waitingFor, reason } = status ?? {};
  return [phase, stage, step, weight, verdict, waitingFor, reason].join(' ');
}

/**
 * A change of a release: time, name, place, weight, and what there is to say, unless that was said `before`. One line,
 * and further ones where the terminal is too narrow for it.
 */
export function view(release: Release, canvas: Canvas, before = ''): string[] {
  const [first = '', ...rest] = wrap(lineOf(release, canvas, before), canvas.width).map((line) =>
    line.trimEnd(),
  );
  if (rest.length === 0) return [first];
  return [first, ...wrap(rest.join(' '), canvas.width - INDENT.length).map((line) => INDENT + line)];
}

/** What follows a line stands below the name. */
const INDENT = ' '.repeat(10);

/** What a release has to say beside where it is. */
export function messageOf({ status }: Release): string {
  return status?.message ?? '';
}

function lineOf({ metadata, spec, status }: Release, { paint, now }: Canvas, before: string): string {
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
  const analysing = status !== undefined && stageOf(status).analysis === 'step' && verdict !== undefined;
  const numbers = analysing
    ? (analysis?.metrics ?? []).map(
        ({ name, verdict: one, message: text }) =>
          `${paint(VERDICTS[one].tone, VERDICTS[one].mark)} ${name}: ${text}`,
      )
    : message === before
      ? []
      : [message];
  return [
    `${paint('faint', time)}${FIXED} ${metadata.name}`,
    place,
    `step ${stepText}`,
    `${weight} %`,
    ...gate,
    numbers.join('; '),
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
          const mark = markOf(release);
          const isNews = marks.get(key) !== mark && !(first && isOver(release));
          marks.set(key, mark);
          if (!isNews) continue;
          say(...view(release, canvasOf(), said.get(key)));
          said.set(key, messageOf(release));
        }
        await following.changed(60_000);
      }
    } finally {
      await following.stop();
    }
  });
}
