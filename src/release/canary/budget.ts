import type { Release } from '../../api/release.ts';
import { quantityOf } from '../../api/values/quantity.ts';
import type { ObservedDeployment, Template } from '../../workload/workload.ts';
import { isFinal } from '../machine.ts';
import type { Problem } from '../reasons/catalogue.ts';
import { greatestWeight } from '../strategy/steps.ts';
import { canarySize, handoverSize } from './size.ts';

/** A release of the namespace with its workload. */
export interface Claim {
  readonly release: Release;
  readonly deployment: ObservedDeployment;
}

type Container = {
  readonly resources?: Readonly<Record<'requests' | 'limits', Readonly<Record<string, unknown>> | undefined>>;
  readonly restartPolicy?: string;
};

const amount = (container: Container, resource: string): number =>
  quantityOf(container.resources?.requests?.[resource] ?? container.resources?.limits?.[resource] ?? 0);

/** What one pod of a template asks for. Where only a limit is written, that is the request. */
export function requestOf(template: Template, resource: string): number {
  if (resource === 'pods') return 1;
  const {
    containers = [],
    initContainers = [],
    overhead = {},
  } = (template['spec'] ?? {}) as {
    containers?: Container[];
    initContainers?: Container[];
    overhead?: Record<string, unknown>;
  };
  const sidecars = initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always');
  const first = initContainers.filter(({ restartPolicy }) => restartPolicy !== 'Always');
  const running = [...containers, ...sidecars].reduce((sum, one) => sum + amount(one, resource), 0);
  const starting = Math.max(0, ...first.map((one) => amount(one, resource)));
  return Math.max(running, starting) + quantityOf(overhead[resource] ?? 0);
}

/** Most pods that a canary has on its way, the handover included. */
function mostPods({ release, deployment }: Claim): number {
  const { policy } = release.spec;
  const { canary } = policy;
  const most = canarySize(deployment.replicas, greatestWeight(policy), canary);
  return canary.mode === 'borrow' ? most : handoverSize(deployment.replicas, deployment.surge, most);
}

const needOf = (claim: Claim, resource: string): number =>
  mostPods(claim) * requestOf(claim.deployment.template, resource);

const phaseOf = ({ status }: Release): string => status?.phase ?? 'Pending';
/** When it came, or began: texts that sort as times do. The name tells apart what came in the same second. */
const orderOf = (release: Release): string => {
  const { metadata, status } = release;
  const since = phaseOf(release) === 'Pending' ? metadata.creationTimestamp : status?.startedAt;
  return `${since} ${metadata.name}`;
};

/** One that waits for something else than the budget stands in nobody's way. */
function isInLine({ status }: Release): boolean {
  const stuck = status?.conditions?.some(
    ({ type, status: held }) => type === 'Progressing' && held === 'False',
  );
  return stuck !== true || status?.reason === WAITING;
}

/** Whether a release has what it needs before another does. */
function isAhead(other: Release, mine: Release): boolean {
  if (isFinal(other.status?.phase ?? 'Pending')) return false;
  const [theirs, own] = [phaseOf(other) !== 'Pending', phaseOf(mine) !== 'Pending'];
  if (theirs !== own) return theirs;
  return (own || isInLine(other)) && orderOf(other) < orderOf(mine);
}

const WAITING: Problem['reason'] = 'WaitingForBudget';

/** Why a release must wait with its canary: others have, or come first for, what the budget of its policy leaves. */
export function overBudget(mine: Claim, others: readonly Claim[]): Problem | null {
  const ahead = others.filter(({ release }) => isAhead(release, mine.release));
  for (const { resource, max } of mine.release.spec.policy.canary.budget ?? []) {
    const need = needOf(mine, resource);
    const limit = quantityOf(max);
    if (need > limit) {
      const message = `canary.budget: the canary needs ${need} ${resource} and the budget is ${max}; raise it, or set canary.replicas or smaller steps`;
      return { reason: 'BudgetTooSmall', message };
    }
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
