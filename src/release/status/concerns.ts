import type { Condition } from '../../api/meta.ts';
import type { ReleaseStatus } from '../../api/release/release.ts';
import { isFinal } from '../machine.ts';
import type { Observation } from '../observed.ts';
import { type Problem, reasonInfo } from '../reasons/catalogue.ts';
import { notServing } from '../rollout/contain.ts';
import { promotionProblem } from '../rollout/preflight.ts';
import { isHandedOver } from '../stages/progress.ts';
import { withCondition } from './conditions.ts';
import type { Notice } from './notice.ts';

/** Requirements of a release beyond its stage, each as a condition that is False while it is not met. */
interface Concern {
  readonly type: 'StableServing' | 'Promotable';
  /** Message of the condition once the problem is gone. */
  readonly mended: string;
  readonly problemOf: (seen: Observation, status: ReleaseStatus) => Problem | null;
}

const stableServes: Concern['problemOf'] = (seen, status) => {
  const { deployment, release, stable } = seen;
  const isOver = status.handedOver === true || isHandedOver(seen);
  if (deployment === null || !deployment.held || deployment.replicas === 0 || isOver) return null;
  const { podTemplateHash: hash, replicaSet: name } = release.spec.stable;
  return notServing(deployment, { hash, name }, stable === null ? [] : [stable]);
};

const CONCERNS: readonly Concern[] = [
  { type: 'StableServing', mended: 'pods of stable are ready again', problemOf: stableServes },
  {
    type: 'Promotable',
    mended: 'the strategy of the Deployment allows the promotion again',
    problemOf: ({ deployment, release: { spec } }, status) =>
      deployment === null ? null : promotionProblem(deployment, { spec, status }),
  },
];

const found = (conditions: readonly Condition[] | undefined, type: string): Condition | undefined =>
  conditions?.find((one) => one.type === type);

/** The conditions about problems beyond the release's own progress. They only exist once there was a problem. */
export function withConcerns(
  conditions: readonly Condition[],
  seen: Observation,
  status: ReleaseStatus,
): readonly Condition[] {
  return CONCERNS.reduce<readonly Condition[]>((list, { type, mended, problemOf }) => {
    if (isFinal(status.phase)) return list.filter((one) => one.type !== type);
    const problem = problemOf(seen, status);
    if (problem !== null) return withCondition(list, { type, status: 'False', ...problem }, seen.now);
    if (found(list, type) === undefined) return list;
    return withCondition(list, { type, status: 'True', reason: type, message: mended }, seen.now);
  }, conditions);
}

/** Reports each problem once. */
export function concernNotices(seen: Observation, status: ReleaseStatus): Notice[] {
  if (isFinal(status.phase)) return [];
  return CONCERNS.flatMap(({ type, problemOf }) => {
    const problem = problemOf(seen, status);
    const before = found(seen.release.status?.conditions, type);
    if (problem === null || reasonInfo(problem.reason).quiet === true || before?.reason === problem.reason)
      return [];
    return [{ type: 'Warning', reason: problem.reason, note: problem.message.slice(0, 1_000) }];
  });
}
