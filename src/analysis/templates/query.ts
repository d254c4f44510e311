import type { Metric } from '../../api/analysis/analysis-template.ts';
import { podBase } from '../../api/derived-names.ts';
import type { ArmQuery } from '../evidence/sample.ts';
import { expand, type Lookup, regexLiteral } from './variable.ts';

/** One version of the workload, as queries name it. */
export interface ArmNames {
  readonly replicaSet: string;
  readonly hash: string;
}

/** Values of the variables of a query. */
export interface QueryNames {
  readonly namespace: string;
  readonly workload: string;
  readonly service: string;
  readonly canary: ArmNames;
  readonly stable: ArmNames;
}

/** Variables that every template can use; each query is made once for the canary and once for stable. */
export const VARIABLES = ['namespace', 'workload', 'service', 'pods', 'hash', 'subset', 'arm'] as const;

/** The names of the pods of a ReplicaSet, as a regular expression. */
export function podsPattern(replicaSet: string): string {
  return `${regexLiteral(podBase(replicaSet))}[a-z0-9]{5}`;
}

function valuesOf(arm: ArmQuery['arm'], names: QueryNames): Readonly<Record<string, string>> {
  const { namespace, workload, service } = names;
  const { replicaSet, hash } = names[arm];
  const pods = podsPattern(replicaSet);
  return { namespace, workload, service, pods, hash, subset: `sluice-${arm}`, arm };
}

/** Names are taken literally where a pattern is expected; `pods` already is a pattern. */
function lookupIn(values: Readonly<Record<string, string>>): Lookup {
  return (name, { pattern }) => {
    const value = values[name];
    return value === undefined || !pattern || name === 'pods' ? value : regexLiteral(value);
  };
}

type Template = Pick<ArmQuery, 'part' | 'covariate' | 'promql'>;

function covariatesOf({ latency }: Metric): Template[] {
  return (latency?.explainedBy ?? []).flatMap(({ name: covariate, sum, per, gauge }): Template[] => [
    ...(sum === undefined ? [] : [{ part: 'sum', covariate, promql: sum } as const]),
    ...(per === undefined ? [] : [{ part: 'per', covariate, promql: per } as const]),
    ...(gauge === undefined ? [] : [{ part: 'gauge', covariate, promql: gauge } as const]),
  ]);
}

/** A query's part for people: `buckets`, or `prompt length: sum`. */
export const partText = ({ part, covariate }: Pick<ArmQuery, 'part' | 'covariate'>): string =>
  covariate === undefined ? part : `${covariate}: ${part}`;

/** The queries of a metric before the variables are filled in. */
export function templatesOf(metric: Metric): readonly Template[] {
  const { errors, latency, drift, value } = metric;
  return [
    ...(errors === undefined ? [] : [{ part: 'requests', promql: errors.requests } as const]),
    ...(errors === undefined ? [] : [{ part: 'failures', promql: errors.failures } as const]),
    ...(latency === undefined ? [] : [{ part: 'buckets', promql: latency.buckets } as const]),
    ...(drift === undefined ? [] : [{ part: 'counters', promql: drift.counters } as const]),
    ...(value === undefined ? [] : [{ part: 'query', promql: value.query } as const]),
    ...covariatesOf(metric),
  ];
}

/**
 * All queries, for both versions unless only the canary is measured. A variable that cannot be filled in stays, and
 * Prometheus will refuse it.
 */
export function queriesOf(metrics: readonly Metric[], names: QueryNames): ArmQuery[] {
  const arms = (['canary', 'stable'] as const).map((arm) => ({ arm, values: valuesOf(arm, names) }));
  return metrics.flatMap((metric) =>
    templatesOf(metric).flatMap(({ part, covariate, promql }) =>
      arms
        .filter(({ arm }) => arm === 'canary' || part !== 'query')
        .map(({ arm, values }): ArmQuery => {
          const expanded = expand(promql, lookupIn(values));
          const { name, source } = metric;
          const text = 'text' in expanded ? expanded.text : promql;
          const of = covariate === undefined ? {} : { covariate };
          return { metric: name, arm, part, ...of, promql: text, ...(source !== undefined && { source }) };
        }),
    ),
  );
}
