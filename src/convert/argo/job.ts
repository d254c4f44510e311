import type { Field } from '../ledger/ledger.ts';
import { isFields } from '../ledger/path.ts';
import { compact } from '../output.ts';
import type { Metric, MetricContext } from './metric.ts';

/** A number within the limits of its field; remarked where it had to be moved there. */
function limited(field: Field, [least, most]: readonly [number, number], to: string): number | undefined {
  const given = field.number();
  if (given === undefined) return undefined;
  const value = Math.min(most, Math.max(least, Math.round(given)));
  if (value === given) field.keep(to);
  else field.remark(`is ${value}: it must be from ${least} to ${most}`, to);
  return value;
}

function podTemplate(template: Field, to: string): Readonly<Record<string, unknown>> | null {
  const pod = template.at('spec');
  if (!isFields(template.value) || !isFields(pod.value) || pod.at('containers').items().length === 0) {
    template.refuse('must have containers: correct it in the source first');
    return null;
  }
  const isRestarted = pod.at('restartPolicy').isGiven && pod.at('restartPolicy').value !== 'Never';
  template.keep(`${to}.template`);
  if (isRestarted)
    pod
      .at('restartPolicy')
      .remark(
        'is Never: else the exit code of a container that is started again is lost',
        `${to}.template.spec.restartPolicy`,
      );
  return { ...template.value, spec: { ...pod.value, restartPolicy: 'Never' } };
}

/** A metric that runs a Job. */
export function jobMetric(metric: Field, name: string, context: MetricContext, to: string): Metric | null {
  const job = metric.at('provider', 'job');
  const spec = job.at('spec');
  const template = podTemplate(spec.at('template'), `${to}.job`);
  job.at('metadata').remark('Sluice names and labels the Job itself; it belongs to the Release');
  const backoffLimit = limited(spec.at('backoffLimit'), [0, 6], `${to}.job.backoffLimit`);
  const activeDeadlineSeconds = limited(
    spec.at('activeDeadlineSeconds'),
    [1, 86_400],
    `${to}.job.activeDeadlineSeconds`,
  );
  const ttl = limited(spec.at('ttlSecondsAfterFinished'), [60, 604_800], `${to}.job.ttlSecondsAfterFinished`);
  for (const [key, field] of spec.entries())
    if (!['template', 'backoffLimit', 'activeDeadlineSeconds', 'ttlSecondsAfterFinished'].includes(key))
      field.refuse('a Job of Sluice is one pod, which runs once: start more of them from within it');
  for (const key of ['count', 'interval'])
    metric.at(key).remark('a Job runs once in each step, or once before any traffic');
  metric.at('initialDelay').remark('a Job runs as soon as the weight of its step is in force');
  metric.at('failureLimit').remark('a Job that fails rolls back; a Job that could not run is run again');
  for (const key of ['inconclusiveLimit', 'consecutiveErrorLimit', 'consecutiveSuccessLimit'])
    metric.at(key).remark('a Job passes or fails by its exit code; a Job that could not run is run again');
  for (const key of ['successCondition', 'failureCondition'])
    metric.at(key).refuse('a Job passes or fails by its exit code: let the container decide');
  if (template === null) return null;
  const at = context.uses.isBeforeTraffic(context.template) ? 'start' : 'step';
  return {
    name,
    job: compact({ at, template, backoffLimit, activeDeadlineSeconds, ttlSecondsAfterFinished: ttl }),
    ...(context.dryRun && { dryRun: true }),
  };
}
