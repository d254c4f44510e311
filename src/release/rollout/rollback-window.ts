import type { Release, ReleaseSpec } from '../../api/release/release.ts';
import type { BlueGreen } from '../../api/rollout/blue-green.ts';
import { gatesOf } from '../../api/rollout/gates.ts';
import type { Policy } from '../../api/rollout/rollout.ts';
import { fixedSteps, type Step } from '../../api/rollout/steps.ts';
import { NO_ROUTER } from '../../traffic/routers.ts';
import type { ObservedReplicaSet } from '../../workload/workload.ts';

interface Past {
  readonly revision: string;
  /** When it was replaced, as in the API. */
  readonly until: string;
}

/** Ends that judge the revision: a superseded or cancelled release was not judged. */
const JUDGED: readonly (string | undefined)[] = ['Promoted', 'Aborted'];

/** The revisions that served before the current one, newest first. */
function servedBefore(releases: readonly Release[], owned: readonly ObservedReplicaSet[]): Past[] {
  const promoted = releases.filter(({ status }) => status?.phase === 'Promoted').toReversed();
  return promoted.flatMap(({ spec, status }, index) => {
    const before = promoted[index + 1];
    const stable = owned.find(({ hash }) => hash === spec.stable.podTemplateHash);
    const revision = before?.spec.revision ?? stable?.revision;
    return revision === undefined ? [] : [{ revision, until: status?.finishedAt ?? '' }];
  });
}

/**
 * Why a revision may come back without steps: it is one of the last few that served. If it was tried again since and
 * rolled back, it may not.
 */
export function rollbackOf(
  { rollbackWindow }: Pick<Policy, 'rollbackWindow'>,
  revision: string,
  releases: readonly Release[],
  owned: readonly ObservedReplicaSet[],
): string | null {
  const revisions = rollbackWindow?.revisions ?? 0;
  const judged = releases.filter(({ status }) => JUDGED.includes(status?.phase));
  const newest = judged.findLast(({ spec }) => spec.revision === revision)?.status?.phase;
  if (revisions === 0 || newest === 'Aborted') return null;
  const distinct = servedBefore(releases, owned).filter(
    (one, index, all) => all.findIndex((other) => other.revision === one.revision) === index,
  );
  const found = distinct.slice(0, revisions).find((one) => one.revision === revision);
  return found === undefined
    ? null
    : `revision ${revision} served until ${found.until}: no steps (rollbackWindow.revisions ${revisions})`;
}

function withoutPreview(policy: Policy, { scaleDownDelay }: BlueGreen): ReleaseSpec['policy'] {
  return { ...policy, blueGreen: { scaleDownDelay } };
}

/** The policy of a release that skips steps: only the last one, and the gates that still apply. */
export function withoutSteps(policy: Policy): ReleaseSpec['policy'] {
  const { approval, steps: _steps, autoSteps, rollingUpdate, abTest: _test, ...rest } = policy;
  if (rest.blueGreen !== undefined) return withoutPreview(policy, rest.blueGreen);
  const steps: readonly Step[] = autoSteps === undefined ? fixedSteps(policy) : [{ weight: autoSteps.max }];
  const last = steps.slice(-1);
  const before = gatesOf(steps).at(-1) ?? '';
  const at = (approval?.at ?? []).flatMap((gate) => {
    if (gate === before) return gatesOf(last);
    return gate === 'start' || gate === 'promotion' ? [gate] : [];
  });
  return {
    ...rest,
    ...(rollingUpdate === undefined ? {} : { traffic: NO_ROUTER }),
    steps: last,
    ...(approval === undefined || at.length === 0 ? {} : { approval: { ...approval, at } }),
  };
}
