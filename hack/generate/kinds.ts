import type { z } from 'zod';
import { AnalysisTemplateSpec } from '../../src/api/analysis/analysis-template.ts';
import { PHASES } from '../../src/api/release/places.ts';
import { ReleaseSpec, ReleaseStatus } from '../../src/api/release/release.ts';
import { RolloutSpec, RolloutStatus } from '../../src/api/rollout/rollout.ts';
import type { Rule } from '../../src/api/rules.ts';
import { isFinal } from '../../src/release/machine.ts';

/** A column of `kubectl get`; priority 1 is shown with `-o wide` only. */
interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'date';
  readonly jsonPath: string;
  readonly priority?: 1;
  readonly description: string;
}

/** One of our kinds, with all that its CRD says beside the schema. */
export interface ApiKind {
  readonly kind: string;
  readonly plural: string;
  readonly shortNames: readonly string[];
  readonly scope: 'Namespaced' | 'Cluster';
  readonly description: string;
  readonly spec: z.ZodType;
  /** What the controller writes; absent where it writes nothing. */
  readonly status?: z.ZodType;
  readonly columns: readonly Column[];
  readonly rules?: readonly Rule[];
}

const AGE: Column = {
  name: 'Age',
  type: 'date',
  jsonPath: '.metadata.creationTimestamp',
  description: 'Time since it was created.',
};

const text = (name: string, jsonPath: string, description: string, priority?: 1): Column => ({
  name,
  type: 'string',
  jsonPath,
  ...(priority === undefined ? {} : { priority }),
  description,
});

const weight: Column = {
  name: 'Weight',
  type: 'integer',
  jsonPath: '.status.weight',
  description: 'Percent of the traffic that the canary is to have.',
};

const ready = (field: string): string => `.status.conditions[?(@.type=="Ready")].${field}`;

const ENDED = PHASES.filter(isFinal)
  .map((phase) => `'${phase}'`)
  .join(', ');
const ACTIONS = ['abort', 'approvals', 'paused', 'pause', 'skips', 'skipStep', 'promote'];
const unchanged = (field: string): string =>
  `has(self.spec.${field}) == has(oldSelf.spec.${field}) && (!has(self.spec.${field}) || self.spec.${field} == oldSelf.spec.${field})`;
const UNCHANGED = ACTIONS.map(unchanged).join(' && ');

const Rollout: ApiKind = {
  kind: 'Rollout',
  plural: 'rollouts',
  shortNames: ['slr'],
  scope: 'Namespaced',
  description:
    'The policy by which new versions of one workload are released: traffic, steps, analysis and approvals.',
  spec: RolloutSpec,
  status: RolloutStatus,
  columns: [
    text('Workload', '.spec.target.name', 'The workload that is under the gate.'),
    text('Phase', '.status.phase', 'Idle, Invalid, or the phase of the current Release.'),
    weight,
    text('Release', '.status.release', 'The current Release.'),
    text('Last', '.status.last.outcome', 'How the newest finished Release ended.'),
    text('Ready', ready('status'), 'Whether the next change of the pod template is gated.'),
    text('Reason', ready('reason'), 'Why it is ready or not.'),
    text('Stable', '.status.stable.replicaSet', 'ReplicaSet that serves.', 1),
    text('Message', ready('message'), 'What is the case and what to do.', 1),
    AGE,
  ],
};

const Release: ApiKind = {
  kind: 'Release',
  plural: 'releases',
  shortNames: ['rel'],
  scope: 'Namespaced',
  description:
    'One attempt to release one revision of a workload. Made by the controller; people act on it by spec.abort, spec.paused, spec.approvals, spec.skips and spec.promote.',
  spec: ReleaseSpec,
  status: ReleaseStatus,
  columns: [
    text('Phase', '.status.phase', 'Where the release is.'),
    text(
      'Step',
      '.status.stepText',
      'The step, with its number and its weight; before them start, after them promotion.',
    ),
    weight,
    text('Verdict', '.status.verdict', 'Verdict over all metrics at this step.'),
    text('Waiting', '.status.waitingFor', 'Gate that waits for a person.'),
    text('Reason', '.status.reason', 'Why it is where it is.'),
    text('Workload', '.spec.workload.name', 'The workload.', 1),
    text('Stage', '.status.stage', 'Where it is within the phase.', 1),
    text('Message', '.status.message', 'Why it is there, with numbers.', 1),
    AGE,
  ],
  rules: [
    {
      rule: `!has(oldSelf.status) || !(oldSelf.status.phase in [${ENDED}]) || (${UNCHANGED})`,
      message: `the release has ended: ${ACTIONS.join(', ')} have no effect any more`,
      messageExpression: `'the release has ended as ' + oldSelf.status.phase + ': ${ACTIONS.join(', ')} have no effect any more'`,
    },
    {
      rule: `!has(oldSelf.status) || oldSelf.status.phase != 'Aborting' || ${unchanged('skips')} && ${unchanged('promote')}`,
      message: 'the release is being rolled back: skips and promote have no effect any more',
    },
    {
      rule: `!has(oldSelf.status) || !has(self.spec.skips) || ${unchanged('skips')} || self.spec.skips.all(one, has(oldSelf.spec.skips) && oldSelf.spec.skips.exists(old, old == one) || oldSelf.status.phase != 'Promoting' && one.step >= oldSelf.status.step)`,
      message:
        'spec.skips: a step that lies behind the release cannot be skipped; it is at status.step, counted from 0',
    },
  ],
};

function template(kind: string, scope: ApiKind['scope'], shortName: string, where: string): ApiKind {
  return {
    kind,
    plural: `${kind.toLowerCase()}s`,
    shortNames: [shortName],
    scope,
    description: `Metrics to judge a canary by, with arguments, for the Rollouts of ${where}.`,
    spec: AnalysisTemplateSpec,
    columns: [text('Description', '.spec.description', 'What it measures.', 1), AGE],
  };
}

/** All kinds of the API. */
export const KINDS: readonly ApiKind[] = [
  Rollout,
  Release,
  template('AnalysisTemplate', 'Namespaced', 'sat', 'its namespace'),
  template('ClusterAnalysisTemplate', 'Cluster', 'scat', 'every namespace'),
];
