import { z } from 'zod';
import type { KubeObject } from '../../api/meta.ts';
import { isStarting } from '../../workload/container-wait.ts';

/** How often something happened to the canary's pods, with an example in words. */
interface Tally {
  readonly count: number;
  readonly text: string;
}

/** The health of a canary's pods. Only read while they are not all ready. */
export interface ObservedPods {
  /** Restarts of the worst container, beyond its usual ones. */
  readonly restarts: Tally;
  /** Pods that a node has evicted. */
  readonly evictions: Tally;
  /** The pod that has been unready for longest after it was ready. Epoch milliseconds. */
  readonly lapsed: { readonly since: number; readonly text: string } | null;
  /** A container that can never start. */
  readonly hopeless: string | null;
  /** What keeps a pod from becoming ready, if it is not just loading. */
  readonly stuck: string | null;
}

const Terminated = z.looseObject({
  reason: z.string().catch('Error'),
  exitCode: z.number().catch(0),
  finishedAt: z.string().optional().catch(undefined),
});
const ContainerShape = z.looseObject({
  name: z.string().catch('?'),
  restartCount: z.number().catch(0),
  state: z
    .looseObject({
      waiting: z
        .looseObject({ reason: z.string().catch('Waiting'), message: z.string().catch('') })
        .optional(),
      running: z.looseObject({ startedAt: z.string().catch('') }).optional(),
    })
    .catch({}),
  lastState: z.looseObject({ terminated: Terminated.optional() }).catch({}),
});
const PodShape = z.looseObject({
  status: z
    .looseObject({
      phase: z.string().catch(''),
      reason: z.string().catch(''),
      message: z.string().catch(''),
      conditions: z
        .array(
          z.looseObject({
            type: z.string(),
            status: z.string(),
            reason: z.string().catch(''),
            message: z.string().catch(''),
            lastTransitionTime: z.string().catch(''),
          }),
        )
        .catch([]),
      containerStatuses: z.array(ContainerShape).catch([]),
      initContainerStatuses: z.array(ContainerShape).catch([]),
    })
    .catch({
      phase: '',
      reason: '',
      message: '',
      conditions: [],
      containerStatuses: [],
      initContainerStatuses: [],
    }),
});
type Container = z.infer<typeof ContainerShape>;
type Status = z.infer<typeof PodShape>['status'];

interface Pod {
  readonly name: string;
  readonly status: Status;
  readonly containers: readonly Container[];
}

/** Permanent reasons of a waiting container. */
const HOPELESS: readonly string[] = ['InvalidImageName', 'ErrImageNeverPull'];
/** The API writes whole seconds. */
const SECOND = 1_000;

function read(object: KubeObject): Pod {
  const { status } = PodShape.parse(object);
  return {
    name: object.metadata.name,
    status,
    containers: [...status.initContainerStatuses, ...status.containerStatuses],
  };
}

/** Restarts that every pod of stable has, by container. */
export type UsualRestarts = ReadonlyMap<string, number>;
/** Stable's restarts count up to here: within weeks, a container may restart more often than starting explains. */
const MOST_USUAL = 3;

/** Usual restarts: a container that starts before its sidecar, for example, crashes once in every stable pod, too. */
export function usualRestarts(stable: readonly KubeObject[]): UsualRestarts {
  const usual = new Map<string, number>();
  for (const { containers } of present(stable))
    for (const { name, restartCount } of containers)
      usual.set(name, Math.min(usual.get(name) ?? MOST_USUAL, restartCount));
  return usual;
}

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`);

/** Counted per container and pod: four pods that crash once each at startup are no worse than one. */
function restartsOf(pods: readonly Pod[], usual: UsualRestarts): Tally {
  const all = pods.flatMap(({ name, containers }) =>
    containers.map((container) => {
      const known = usual.get(container.name) ?? 0;
      return { name, container, known, excess: Math.max(0, container.restartCount - known) };
    }),
  );
  const worst = all.toSorted((a, b) => b.excess - a.excess)[0];
  if (worst === undefined || worst.excess === 0) return { count: 0, text: '' };
  const { container, known, name, excess } = worst;
  const { terminated } = container.lastState;
  const how = terminated === undefined ? '' : ` with exit code ${terminated.exitCode} (${terminated.reason})`;
  const stable = known === 0 ? '' : `, in every pod of stable ${times(known)}`;
  const often = `it was started again ${times(container.restartCount)}${stable}`;
  return { count: excess, text: `container ${container.name} of pod ${name} ended${how}; ${often}` };
}

function evictionsOf(pods: readonly Pod[]): Tally {
  const evicted = pods.filter(({ status }) => status.phase === 'Failed' && status.reason === 'Evicted');
  const newest = evicted.at(-1);
  const text = newest === undefined ? '' : `pod ${newest.name} was evicted: ${newest.status.message}`;
  return { count: evicted.length, text };
}

/** Terminating pods do not count. */
function present(objects: readonly KubeObject[]): Pod[] {
  return objects.filter(({ metadata }) => metadata.deletionTimestamp === undefined).map(read);
}

/** A loading pod has been unready since before its containers ran; a pod that was ready, since a later time. */
function lapsedSince({ status }: Pod): number | null {
  if (status.phase === 'Failed') return null;
  const ready = status.conditions.find(({ type }) => type === 'Ready');
  if (ready?.status !== 'False') return null;
  const began = status.containerStatuses.map(({ state }) => Date.parse(state.running?.startedAt ?? ''));
  const since = Date.parse(ready.lastTransitionTime);
  const first = Math.min(...began.filter((time) => !Number.isNaN(time)));
  return Number.isFinite(first) && since > first + SECOND ? since : null;
}

function lapsedOf(pods: readonly Pod[]): ObservedPods['lapsed'] {
  const lapses = pods.flatMap((pod) => {
    const since = lapsedSince(pod);
    return since === null ? [] : [{ since, text: `pod ${pod.name} was ready and is not any more` }];
  });
  return lapses.toSorted((a, b) => a.since - b.since)[0] ?? null;
}

function waitingOf({ name, containers }: Pod): { reason: string; text: string } | null {
  const found = containers.find(
    ({ state: { waiting } }) => waiting !== undefined && !isStarting(waiting.reason),
  );
  if (found?.state.waiting === undefined) return null;
  const { reason, message } = found.state.waiting;
  return { reason, text: `pod ${name}: ${reason}${message === '' ? '' : `: ${message}`}` };
}

function unscheduled({ name, status }: Pod): string | null {
  const scheduled = status.conditions.find(({ type }) => type === 'PodScheduled');
  return scheduled?.status === 'False' ? `pod ${name}: ${scheduled.reason}: ${scheduled.message}` : null;
}

/** Reads the raw pods of a canary; `usual` are the restarts of stable's pods. */
export function observePods(objects: readonly KubeObject[], usual: UsualRestarts = new Map()): ObservedPods {
  const pods = present(objects);
  const waiting = pods.map(waitingOf).filter((one) => one !== null);
  const pending = pods.map(unscheduled).filter((one) => one !== null);
  return {
    restarts: restartsOf(pods, usual),
    evictions: evictionsOf(pods),
    lapsed: lapsedOf(pods),
    hopeless: waiting.find(({ reason }) => HOPELESS.includes(reason))?.text ?? null,
    stuck: (pending[0] ?? waiting[0]?.text ?? null)?.slice(0, 512) ?? null,
  };
}
