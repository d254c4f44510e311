import { newLines } from './frames.ts';
import type { Recording } from './record.ts';
import type { Scenario } from './scenarios.ts';

/** A good and a bad release of a scenario. */
export interface Session {
  readonly scenario: Scenario;
  readonly good: Recording;
  readonly bad: Recording;
}

const fenced = (kind: string, lines: readonly string[]): string => ['```' + kind, ...lines, '```'].join('\n');

/** The lines of a picture without those of single pods. */
const withoutPods = (lines: readonly string[]): string[] => lines.filter((line) => !/^[├└]─/.test(line));

/** A recording: what came up, then the last picture whole. */
function shown({ frames, code, approvedAt }: Recording): string {
  const told = frames.map((frame) => ({ ...frame, lines: withoutPods(frame.lines) }));
  const news = newLines(told.slice(0, -1));
  const last = told.at(-1)?.lines ?? [];
  const approval = approvedAt === null ? '' : ` A person approved after ${approvedAt.toFixed(0)} s.`;
  return [
    fenced('text', ['$ sluice status model -w', ...news]),
    `At the end (exit code ${code}):${approval}`,
    fenced('text', last),
  ].join('\n\n');
}

function sectionOf({ scenario, good, bad }: Session): string {
  const { title, policy } = scenario;
  return [
    `## ${title}`,
    fenced('yaml', policy.split('\n')),
    'A good release:',
    shown(good),
    'A bad one, of which three in ten requests fail:',
    shown(bad),
  ].join('\n\n');
}

const headOf = (date: string): string => `# Sessions

What \`sluice status -w\` showed of a good and a bad release by each [strategy](strategies.md), recorded in a terminal on the local
cluster, with 40 requests a second and the quick policy of the tests (windows of 2 s, \`settle: 1s\`, \`drain: 2s\`): real releases take
minutes where these take seconds. A picture is drawn in place again and again; printed is the first one, and of those after it each line
that says something new (changed figures alone are left out), with the second in which it came. Lines of single pods are left out, and
the namespace of the test is called \`models\`. The machine had other work: a first picture may have come late. Recorded on ${date} by
\`npm run sessions\`.`;

/** The page with all sessions, recorded on a date. */
export const pageOf = (sessions: readonly Session[], date: string): string =>
  `${[headOf(date), ...sessions.map(sectionOf)].join('\n\n')}\n`;
