import type { Problem as ProblemOf } from '../api/problem.ts';
import { trouble } from '../api/release/reason.ts';

const FIELD = 'The message has the field of `spec.analysis`, and what it should be.';

/** Reasons of templates, their arguments and their queries. */
export const ANALYSIS_REASONS = {
  TemplateNotFound: trouble(['Rollout'], `There is no AnalysisTemplate of that name. ${FIELD}`),
  InvalidTemplate: trouble(['Rollout'], `An AnalysisTemplate cannot be read. ${FIELD}`),
  TemplateCycle: trouble(['Rollout'], 'An AnalysisTemplate includes itself; the message has the chain.'),
  TemplateTooDeep: trouble(['Rollout'], 'AnalysisTemplates include each other too deeply; flatten them.'),
  MissingArgument: trouble(['Rollout'], `A template needs an argument that is not given. ${FIELD}`),
  UnknownArgument: trouble(['Rollout'], `A template has no such argument. ${FIELD}`),
  InvalidArgument: trouble(['Rollout'], `An argument has a value that the template does not take. ${FIELD}`),
  InvalidBound: trouble(['Rollout'], `A bound of a metric cannot be read. ${FIELD}`),
  UnknownMetric: trouble(['Rollout'], `\`only\` or \`bounds\` names a metric that no template has. ${FIELD}`),
  DuplicateMetric: trouble(
    ['Rollout'],
    'Two metrics have the same name: leave one out (`only`), or rename one in its template.',
  ),
  TooManyMetrics: trouble(['Rollout'], 'A Release can carry 64 metrics: leave some out (`only`).'),
  NothingCounts: trouble(
    ['Rollout'],
    'No metric would judge the steps: every one has `dryRun`, or is measured before any traffic. Let one count.',
  ),
  InvalidCheck: trouble(
    ['Rollout', 'Release'],
    'A `golden` or `shadow` metric cannot be read, or its ConfigMap, key or JSON is wrong; the message has the place.',
  ),
  InvalidQuery: trouble(
    ['Release'],
    'Prometheus refuses a query, or its answer is not what that part of the metric needs; the message has the query.',
  ),
  NotSeparated: trouble(
    ['Release'],
    'A query does not tell canary and stable apart: select by `{{hash}}` or `{{pods}}`. See [templates](../../analysis-templates/README.md).',
  ),
  MetricWithoutData: trouble(
    ['Release'],
    'Prometheus answers, but has no series for stable: see whether the pods are scraped. The message has the query.',
  ),
  LabelMissing: trouble(
    ['Release'],
    'Prometheus answers, but the series lack a label that the metric needs; the message has the query.',
  ),
  NoBucketEdge: trouble(
    ['Release'],
    'The histogram has no bucket at the bound of the metric: choose one of the edges in the message.',
  ),
  MetricsUnreachable: trouble(
    ['Release'],
    'Prometheus does not answer. The release waits and stable serves.',
  ),
};

/** A reason of this room. */
type AnalysisReason = keyof typeof ANALYSIS_REASONS;
/** What is wrong with templates, arguments or queries. */
export type Problem = ProblemOf<AnalysisReason>;
