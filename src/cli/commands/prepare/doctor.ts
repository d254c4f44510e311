import { SluiceError } from '../../../errors.ts';
import { EXIT } from '../../cli-error.ts';
import { ACCESS } from '../../doctor/access.ts';
import type { Check, Patient, Result } from '../../doctor/check.ts';
import { CLUSTER } from '../../doctor/cluster.ts';
import { CONTROLLER } from '../../doctor/controller.ts';
import { type ClusterFlags, withSession } from '../../session.ts';
import { canvasOf, type Format, say, sayData } from '../../terminal/output.ts';
import { type Canvas, pad, wrap } from '../../terminal/paint.ts';

/** The result of one check. */
export interface Diagnosis {
  readonly title: string;
  readonly results: readonly Result[];
}

const MARKS = {
  ok: { mark: '✓', tone: 'good' },
  warning: { mark: '!', tone: 'doubt' },
  failed: { mark: '✗', tone: 'bad' },
  unknown: { mark: '?', tone: 'faint' },
} as const;
const TITLE = 24;

function resultLines(title: string, { state, message, fix }: Result, { width, paint }: Canvas): string[] {
  const { mark, tone } = MARKS[state];
  const room = width - TITLE - 2;
  const [first = '', ...rest] = wrap(message, room);
  const indent = ' '.repeat(TITLE + 2);
  return [
    `${paint(tone, mark)} ${pad(title, TITLE)}${first}`,
    ...rest.map((line) => indent + line),
    ...(fix === undefined ? [] : wrap(`→ ${fix}`, room).map((line) => indent + paint('strong', line))),
  ];
}

/** The report. */
export function view(diagnoses: readonly Diagnosis[], canvas: Canvas): string[] {
  return diagnoses.flatMap(({ title, results }) =>
    results.flatMap((result, at) => resultLines(at === 0 ? title : '', result, canvas)),
  );
}

/** An unreachable cluster is not the finding of a single check. What may not be read is unknown. */
async function diagnose({ title, run: check }: Check, patient: Patient): Promise<Diagnosis> {
  try {
    return { title, results: await check(patient) };
  } catch (error) {
    if (!(error instanceof SluiceError) || error.code === 'KUBERNETES_UNAVAILABLE') throw error;
    if (error.code !== 'KUBERNETES_FORBIDDEN' && error.code !== 'KUBERNETES_NOT_FOUND') throw error;
    return { title, results: [{ state: 'unknown', message: error.message }] };
  }
}

interface Flags extends ClusterFlags {
  readonly controllerNamespace: string;
  readonly prometheusUrl?: string;
  readonly output?: Format | undefined;
}

/** `sluice doctor`. */
export async function run(flags: Flags): Promise<void> {
  const diagnoses = await withSession(flags, (session) => {
    const patient = { session, home: flags.controllerNamespace, prometheusUrl: flags.prometheusUrl };
    return Promise.all([...CLUSTER, ...CONTROLLER, ...ACCESS].map((check) => diagnose(check, patient)));
  });
  if (flags.output === 'json' || flags.output === 'yaml') await sayData(flags.output, diagnoses);
  else say(...view(diagnoses, canvasOf()));
  if (diagnoses.some(({ results }) => results.some(({ state }) => state === 'failed')))
    process.exitCode = EXIT.no;
}
