import type { KubeObject } from '../api/meta.ts';
import { extendedOf, requestOf } from '../release/canary/pod-resources.ts';
import { isStarting } from '../workload/container-wait.ts';
import { since } from './duration-text.ts';
import type { PodView } from './release-view.ts';
import type { Tone } from './tone.ts';

interface Container {
  readonly restartCount?: number;
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly running?: { readonly startedAt?: string };
    readonly terminated?: { readonly reason?: string; readonly exitCode?: number };
  };
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

interface PodStatus {
  readonly phase?: string;
  readonly reason?: string;
  readonly conditions?: readonly Condition[];
  readonly containerStatuses?: readonly Container[];
}

function waitingText(containers: readonly Container[]): { text: string; tone: Tone } | null {
  const waiting = containers.map(({ state }) => state?.waiting).find((one) => one !== undefined);
  if (waiting === undefined) return null;
  const { reason = 'waiting', message } = waiting;
  if (isStarting(reason)) return { text: `starting (${reason})`, tone: 'doubt' };
  return { text: message === undefined ? reason : `${reason}: ${message}`, tone: 'bad' };
}

function restartText(containers: readonly Container[]): string {
  const restarts = containers.reduce((sum, { restartCount = 0 }) => sum + restartCount, 0);
  return restarts === 0 ? '' : `, ${restarts} restart${restarts === 1 ? '' : 's'}`;
}

type Said = Omit<PodView, 'name' | 'devices'>;

const said = (text: string, tone: Tone, ready = false): Said => ({ text, tone, ready });

/** A pod without a running container: terminating, not scheduled, or ended. */
function outside(pod: KubeObject, { phase, reason, conditions = [] }: PodStatus, now: number): Said | null {
  if (pod.metadata.deletionTimestamp !== undefined) return said('terminating', 'faint');
  const scheduled = conditions.find(({ type }) => type === 'PodScheduled');
  const age = since(pod.metadata.creationTimestamp, now);
  if (scheduled?.status === 'False')
    return said(`not scheduled for ${age}: ${scheduled.message ?? scheduled.reason}`, 'bad');
  if (phase !== 'Failed' && phase !== 'Succeeded') return null;
  return said(reason === undefined ? phase : `${phase}: ${reason}`, 'bad');
}

function inside(pod: KubeObject, { conditions = [], containerStatuses = [] }: PodStatus, now: number): Said {
  const ready = conditions.find(({ type }) => type === 'Ready');
  const restarts = restartText(containerStatuses);
  if (ready?.status === 'True')
    return said(`ready for ${since(ready.lastTransitionTime, now)}${restarts}`, 'good', true);
  const waiting = waitingText(containerStatuses);
  if (waiting !== null) return said(`${waiting.text}${restarts}`, waiting.tone);
  const began = containerStatuses
    .map(({ state }) => state?.running?.startedAt)
    .find((one) => one !== undefined);
  if (began === undefined) return said(`starting for ${since(pod.metadata.creationTimestamp, now)}`, 'doubt');
  return said(`loading for ${since(began, now)}${restarts}`, 'doubt');
}

/** What a pod asks for beside CPU and memory. */
function devicesOf(pod: KubeObject): readonly string[] {
  const template = { spec: pod['spec'] };
  return extendedOf({ template }).map((resource) => `${requestOf(template, resource)} ${resource}`);
}

/**
 * The state of a pod: not scheduled, starting, loading (running but not ready yet), ready, terminating, or its problem.
 */
export function podView(pod: KubeObject, now: number): PodView {
  const status = (pod['status'] ?? {}) as PodStatus;
  const state = outside(pod, status, now) ?? inside(pod, status, now);
  return { name: pod.metadata.name, ...state, devices: devicesOf(pod) };
}
