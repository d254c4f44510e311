import type { Release, ReleaseSpec } from '../../api/release/release.ts';
import { quantityOf } from '../../api/values/quantity.ts';
import type { ObservedDeployment } from '../../workload/workload.ts';
import { isFinal } from '../machine.ts';
import type { Problem } from '../reasons/catalogue.ts';
import { greatestLoad } from '../strategy/steps.ts';
import { requestOf } from './pod-resources.ts';
import { canaryPodsAt, handoverSize } from './size.ts';

/** A release of the namespace with its workload. */
export interface Claim {
  readonly release: Release;
  readonly deployment: ObservedDeployment;
}

type Asked = Pick<ReleaseSpec, 'policy' | 'shares'>;

/** The maximum number of pods of a canary, including the handover. */
export function mostPods(spec: Asked, deployment: ObservedDeployment): number {
  const { canary } = spec.policy;
  const most = canaryPodsAt(spec, deployment, greatestLoad(spec.policy));
  return canary.mode === 'borrow' ? most : handoverSize(deployment.replicas, deployment.surge, most);
}

const needOf = ({ release, deployment }: Claim, resource: string): number =>
  mostPods(release.spec, deployment) * requestOf(deployment.template, resource);

/** Why the canary alone takes more than the budget of its policy allows, or null. */
export function beyondBudget(spec: Asked, deployment: ObservedDeployment): Problem | null {
  for (const { resource, max } of spec.policy.canary.budget ?? []) {
    const need = mostPods(spec, deployment) * requestOf(deployment.template, resource);
    if (need <= quantityOf(max)) continue;
    const less =
      spec.policy.blueGreen === undefined
        ? 'raise it, or set canary.replicas or smaller steps'
        : 'raise it, or write steps in place of blueGreen, which has as many new pods as there are old ones';
    const message = `canary.budget: the canary needs ${need} ${resource} and the budget is ${max}; ${less}`;
    return { reason: 'BudgetTooSmall', message };
  }
  return null;
}

const phaseOf = ({ status }: Release): string => status?.phase ?? 'Pending';
/** When it was created or started, as sortable texts. The name distinguishes releases of the same second. */
const orderOf = (release: Release): string => {
  const { metadata, status } = release;
  const since = phaseOf(release) === 'Pending' ? metadata.creationTimestamp : status?.startedAt;
  return `${since} ${metadata.name}`;
};

/** A release that waits for something other than the budget blocks no other. */
function isInLine({ status }: Release): boolean {
  const stuck = status?.conditions?.some(
    ({ type, status: held }) => type === 'Progressing' && held === 'False',
  );
  return stuck !== true || status?.reason === WAITING;
}

/** Whether a release takes precedence over another. */
function isAhead(other: Release, mine: Release): boolean {
  if (isFinal(other.status?.phase ?? 'Pending')) return false;
  const [theirs, own] = [phaseOf(other) !== 'Pending', phaseOf(mine) !== 'Pending'];
  if (theirs !== own) return theirs;
  return (own || isInLine(other)) && orderOf(other) < orderOf(mine);
}

const WAITING: Problem['reason'] = 'WaitingForBudget';

/** Why a release must wait with its canary: others use, or take precedence for, the budget of its policy. */
export function overBudget(mine: Claim, others: readonly Claim[]): Problem | null {
  const tooSmall = beyondBudget(mine.release.spec, mine.deployment);
  if (tooSmall !== null) return tooSmall;
  const ahead = others.filter(({ release }) => isAhead(release, mine.release));
  for (const { resource, max } of mine.release.spec.policy.canary.budget ?? []) {
    const need = needOf(mine, resource);
    const limit = quantityOf(max);
    const fitting = ahead.filter((claim) => needOf(claim, resource) <= limit);
    const taken = fitting.reduce((sum, claim) => sum + needOf(claim, resource), 0);
    if (need > 0 && taken + need > limit) {
      const names = fitting
        .map(({ release }) => release.metadata.name)
        .slice(0, 5)
        .join(', ');
      const message = `the canary needs ${need} ${resource}; ${taken} of ${max} (canary.budget) are taken by ${names}`;
      return { reason: WAITING, message };
    }
  }
  return null;
}
