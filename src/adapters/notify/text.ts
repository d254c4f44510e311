import type { MetricNews, Notification } from '../../ports/notifier.ts';

const BARS = '▁▂▃▄▅▆▇█';

/** A row of values as a line of bars, the highest of them full; empty for fewer than three. */
function sparkline(values: readonly number[]): string {
  const most = Math.max(...values);
  if (values.length < 3) return '';
  return values.map((value) => BARS[most === 0 ? 0 : Math.round((value / most) * 7)]).join('');
}

/** One metric in one line: its verdict, the reason with numbers, and its course. */
function metricLine({ name, verdict, message, course }: MetricNews): string {
  const line = sparkline(course);
  return `${name}: ${verdict}: ${message}${line === '' ? '' : ` ${line}`}`;
}

const MARKS = { info: 'ℹ️', warning: '⚠️', critical: '🛑' } as const;

/** The message in one line, for subjects and previews. */
export function titleOf({ severity, reason, namespace, release, phase }: Notification): string {
  const mark = phase === 'Promoted' && severity === 'info' ? '✅' : MARKS[severity];
  return `${mark} ${namespace}/${release}: ${reason}`;
}

/** The facts beside a message, as pairs of a name and a text. */
export function factsOf(message: Notification): readonly (readonly [string, string])[] {
  const {
    workload,
    namespace,
    revision,
    phase,
    step,
    weight,
    changes,
    metrics,
    gate,
    approvals,
    traceparent,
  } = message;
  const given = approvals.length === 0 ? '' : `, given by ${approvals.join(', ')}`;
  return [
    ['Workload', `${workload} in ${namespace}`],
    ['Revision', revision],
    ['State', `${phase}, at ${step}, ${weight} % of the traffic`],
    ...(changes.length === 0 ? [] : [['Changes', changes.join('\n')] as const]),
    ...(metrics.length === 0 ? [] : [['Verdicts', metrics.map(metricLine).join('\n')] as const]),
    ...(gate === null ? [] : [['Approval', `"${gate.subject.gate}" needs ${gate.quorum}${given}`] as const]),
    ...(traceparent === null ? [] : [['Trace', traceparent.split('-')[1] ?? ''] as const]),
  ];
}
