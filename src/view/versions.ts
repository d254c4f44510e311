import { HASH_LABEL } from '../api/labels.ts';
import type { KubeObject } from '../api/meta.ts';
import { imagesOf } from '../release/status/template-diff.ts';
import { triedTemplate } from './change.ts';
import { isOver } from './place.ts';
import { podView } from './pod.ts';
import type { VersionView } from './release-view.ts';
import type { Tone } from './tone.ts';
import type { Known } from './view-input.ts';

/** A version: its ReplicaSet, and the pod template if known. */
interface Version {
  readonly replicaSet: string;
  readonly podTemplateHash: string;
  readonly template: unknown;
}

interface Numbers {
  readonly ready: number;
  readonly wanted: number;
}

function numbersIn(set: KubeObject | undefined): Numbers | null {
  if (set === undefined) return null;
  const { replicas = 0 } = (set['spec'] ?? {}) as { replicas?: number };
  const { readyReplicas = 0 } = (set['status'] ?? {}) as { readyReplicas?: number };
  return { ready: readyReplicas, wanted: replicas };
}

/** Pods of the canary by the Release's status, for those who may not read ReplicaSets. */
function numbersInStatus({ release }: Known, role: VersionView['role']): Numbers | null {
  const { readyReplicas, replicas = 0 } = release?.status ?? {};
  if (role === 'stable' || release === null || isOver(release) || readyReplicas === undefined) return null;
  return { ready: readyReplicas, wanted: replicas };
}

/** The text for an unknown ReplicaSet. */
function absentText({ release, hidden }: Known): string {
  if (hidden.includes('ReplicaSet')) return '';
  return release !== null && isOver(release) ? 'removed' : 'no ReplicaSet';
}

function toneOfNumbers(numbers: Numbers | null): Tone {
  if (numbers === null || numbers.wanted === 0) return 'faint';
  return numbers.ready >= numbers.wanted ? 'good' : 'doubt';
}

function labelOf({ release }: Known, role: VersionView['role']): VersionView['label'] {
  if (release?.status?.phase !== 'Promoted') return role;
  return role === 'stable' ? 'before' : 'serves';
}

function versionView(input: Known, role: VersionView['role'], version: Version): VersionView {
  const { replicaSet, podTemplateHash, template } = version;
  const set = input.replicaSets.find(({ metadata }) => metadata.name === replicaSet);
  const numbers = input.hidden.includes('ReplicaSet') ? numbersInStatus(input, role) : numbersIn(set);
  const pods = input.pods
    .filter(({ metadata }) => metadata.labels?.[HASH_LABEL] === podTemplateHash)
    .map((pod) => podView(pod, input.now))
    .toSorted((a, b) => Number(a.ready) - Number(b.ready));
  return {
    role,
    label: labelOf(input, role),
    replicaSet,
    podTemplateHash,
    images: Object.fromEntries(imagesOf(template)),
    ...numbers,
    text: numbers === null ? absentText(input) : `${numbers.ready}/${numbers.wanted} ready`,
    tone: toneOfNumbers(numbers),
    pods,
  };
}

/** The versions of a release, or what serves without one. */
export function versionViews(input: Known): readonly VersionView[] {
  const { release, rollout, replicaSets, deployment } = input;
  if (release !== null) {
    const { stable, canary } = release.spec;
    const template = triedTemplate(release, replicaSets, deployment);
    return [versionView(input, 'stable', stable), versionView(input, 'canary', { ...canary, template })];
  }
  const { stable } = rollout?.status ?? {};
  return stable === undefined ? [] : [versionView(input, 'stable', { template: undefined, ...stable })];
}
