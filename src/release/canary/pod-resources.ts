import type { Capacity } from '../../api/rollout/capacity.ts';
import { quantityOf } from '../../api/values/quantity.ts';
import type { ObservedDeployment, Template } from '../../workload/workload.ts';

type Container = {
  readonly resources?: Readonly<Record<'requests' | 'limits', Readonly<Record<string, unknown>> | undefined>>;
  readonly restartPolicy?: string;
};

const amount = (container: Container, resource: string): number =>
  quantityOf(container.resources?.requests?.[resource] ?? container.resources?.limits?.[resource] ?? 0);

/** The requests of one pod of a template. If only a limit is given, that is the request. */
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

/** Extended resources, such as GPUs, that a pod of the template asks for. */
export function extendedOf({ template }: Pick<ObservedDeployment, 'template'>): readonly string[] {
  const { containers = [] } = (template['spec'] ?? {}) as { containers?: Container[] };
  const named = containers.flatMap(({ resources }) =>
    Object.keys({ ...resources?.requests, ...resources?.limits }),
  );
  return [...new Set(named)].filter((name) => name.includes('/'));
}

/** Pods of a template that a budget alone has room for; infinite without a budget, or if the pods request none of it. */
export function roomOf(budget: Capacity['budget'], template: Template): number {
  const rooms = (budget ?? []).map(({ resource, max }) => {
    const each = requestOf(template, resource);
    return each === 0 ? Number.POSITIVE_INFINITY : Math.floor(quantityOf(max) / each + 1e-9);
  });
  return Math.min(Number.POSITIVE_INFINITY, ...rooms);
}
