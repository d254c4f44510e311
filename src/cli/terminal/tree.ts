import { since } from '../../view/duration-text.ts';
import type { ActView, HeadingView, ReleaseView } from '../../view/release-view.ts';
import { type Canvas, FIXED, pad, widthOf, wrap } from './paint.ts';
import { verdictLines } from './verdict-lines.ts';
import { hiddenLines, type Room, versionLines } from './version-lines.ts';

const LABEL = 12;
/** Maximum number of pods shown per version. */
const MOST_PODS = 6;

function field(name: string, text: string, { width, paint }: Canvas): string[] {
  const [first = '', ...rest] = wrap(text, width - LABEL);
  return [paint('faint', pad(name, LABEL)) + first, ...rest.map((line) => ' '.repeat(LABEL) + line)];
}

function heading({ heading: { namespace, rollout }, place, tone }: ReleaseView, canvas: Canvas): string[] {
  const { width, paint, now } = canvas;
  const { text, since: began, isOver } = place;
  const left = `${namespace}/${rollout}`;
  const right = isOver || began === undefined ? text : `${text} for ${since(began, now)}`;
  const gap = Math.max(2, Math.min(width, 100) - widthOf(left) - widthOf(right));
  return [`${paint('strong', left)}${' '.repeat(gap)}${paint(tone, right)}`];
}

function timeText({ began, ended }: HeadingView, now: number): string {
  if (ended === undefined) return `began ${since(began, now)} ago`;
  return `ended ${since(ended, now)} ago, took ${since(began, Date.parse(ended))}`;
}

function changeText({ change: { images, others } }: HeadingView): string {
  const more = others === 0 ? [] : [`${others} other field${others === 1 ? '' : 's'}`];
  return [...images, ...more].join(', ');
}

const STEP_MARKS = {
  done: { mark: '✓', tone: 'good' },
  skipped: { mark: '»', tone: 'doubt' },
  current: { mark: '●', tone: 'active' },
  ahead: { mark: '○', tone: 'faint' },
  failed: { mark: '✗', tone: 'bad' },
} as const;

function stepsText({ steps }: ReleaseView, { paint }: Canvas): string {
  return steps
    .map(({ name, state }) =>
      paint(STEP_MARKS[state].tone, `${STEP_MARKS[state].mark} ${name.replace(' ', FIXED)}`),
    )
    .map((text) => text.replace(' ', FIXED))
    .join(`${FIXED} `);
}

function bar(weight: number, { width, paint }: Canvas): string {
  const cells = Math.min(40, width - LABEL - 34);
  const canary = weight === 0 ? 0 : Math.max(1, Math.round((cells * weight) / 100));
  return `${paint('active', '█'.repeat(canary))}${paint('faint', '░'.repeat(cells - canary))}`;
}

function trafficLines({ traffic: { canary, text }, place }: ReleaseView, canvas: Canvas): string[] {
  if (place.isOver) return field('Traffic', text, canvas);
  return field('Traffic', `${bar(canary, canvas)}${FIXED} ${text}`, canvas);
}

const ACTS: Readonly<Record<ActView['act'], string>> = {
  aborted: 'Aborted',
  rejected: 'Rejected',
  approved: 'Approved',
  skipped: 'Skipped',
  promoted: 'Promotion',
  paused: 'Paused',
};

function actText({ act, about, by, reason }: ActView): string {
  const why = reason === undefined ? '' : `: ${reason}`;
  if (by === undefined) return `spec.paused is set${why}`;
  const what =
    act === 'promoted'
      ? 'in full, '
      : about === undefined
        ? ''
        : `${act === 'skipped' ? about : `"${about}"`} `;
  return `${what}by ${by}${why}`;
}

/** What people did: aborted, approved, skipped, promoted in full, paused. */
function peopleLines({ people }: ReleaseView, canvas: Canvas): string[] {
  return people.acts.flatMap((one) => field(ACTS[one.act], actText(one), canvas));
}

function nextLines({ next: { what, why, commands } }: ReleaseView, canvas: Canvas): string[] {
  return [
    '',
    ...field('Next', what, canvas),
    ...(why === undefined ? [] : field('', why, canvas)),
    ...commands.map((command) => `${' '.repeat(LABEL)}${canvas.paint('strong', command)}`),
  ];
}

function whyLines({ place: { phase, reason, message = '', isOver } }: ReleaseView, canvas: Canvas): string[] {
  if (!isOver && phase !== 'Aborting') return [];
  return field('Why', reason === undefined || reason === phase ? message : `${reason}: ${message}`, canvas);
}

function releaseLines(view: ReleaseView, canvas: Canvas): string[] {
  const change = changeText(view.heading);
  return [
    ...field('Release', `${view.heading.release}, ${timeText(view.heading, canvas.now)}`, canvas),
    ...(change === '' ? [] : field('Change', change, canvas)),
    ...field('Steps', stepsText(view, canvas), canvas),
    ...trafficLines(view, canvas),
    ...(view.exposure === null ? [] : field('Requests', view.exposure.text, canvas)),
    ...whyLines(view, canvas),
    ...peopleLines(view, canvas),
  ];
}

function linesIn(view: ReleaseView, canvas: Canvas, room: Room): string[] {
  const versions = view.versions.flatMap((one) => versionLines(one, canvas, room, LABEL));
  return [
    ...heading(view, canvas),
    ...(view.heading.release === null ? [] : releaseLines(view, canvas)),
    ...(versions.length === 0 ? [] : ['', ...versions]),
    ...hiddenLines(view, canvas),
    ...verdictLines(view, canvas, LABEL),
    ...nextLines(view, canvas),
  ];
}

/**
 * A Release, or a Rollout without one, as a tree. If it has more lines than `height`, pods are left out first, since
 * the verdict and what comes next are at the end.
 */
export function treeLines(view: ReleaseView, canvas: Canvas, height = Number.POSITIVE_INFINITY): string[] {
  const sizes = [MOST_PODS, 3, 1].map((pods) => linesIn(view, canvas, { pods }));
  return sizes.find((lines) => lines.length <= height) ?? linesIn(view, canvas, { pods: 0 });
}
