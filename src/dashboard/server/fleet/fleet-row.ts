import type { KubeObject } from '../../../api/meta.ts';
import type { Release } from '../../../api/release/release.ts';
import type { Rollout } from '../../../api/rollout/rollout.ts';
import { verdictNow } from '../../../view/metrics.ts';
import { isOver } from '../../../view/place.ts';
import { viewOf } from '../../../view/view-of.ts';
import type { FleetRow } from '../../api/fleet.ts';

/** The key of the row of a Rollout, and of the Rollout that a Release belongs to. */
export function rowKey({ kind, metadata, ...rest }: KubeObject): string {
  const name =
    kind === 'Release' ? ((rest['spec'] as Release['spec'] | undefined)?.rollout ?? '') : metadata.name;
  return `${metadata.namespace ?? ''}/${name}`;
}

/** Since when a Rollout has been where it is. */
function sinceOf({ metadata, status }: Rollout, placeSince: string | undefined): string | null {
  return placeSince ?? status?.last?.at ?? metadata.creationTimestamp ?? null;
}

/** The row of a Rollout with its current Release. Its texts name no spans of time, so that it only changes with its objects. */
export function rowOf(rollout: Rollout, releases: readonly Release[], now: number): FleetRow {
  const release = releases.find((one) => !isOver(one)) ?? null;
  const { heading, place, tone, severity, traffic, analysis, people } = viewOf({
    rollout,
    release,
    hidden: ['ReplicaSet', 'Pod'],
    now,
  });
  const { namespace = '', name, labels = {} } = rollout.metadata;
  const last = rollout.status?.last;
  const { gate } = people;
  const isFault = release !== null || severity !== 'info';
  return {
    key: `${namespace}/${name}`,
    namespace,
    name,
    workload: rollout.spec.target.name,
    release: heading.release,
    phase: place.phase,
    place: place.text,
    tone,
    severity,
    step: place.step ?? null,
    weight: release === null ? null : traffic.canary,
    verdict: verdictNow(analysis) ?? null,
    summary: isFault ? place.summary : '',
    gate:
      gate === null
        ? null
        : {
            name: gate.name,
            given: gate.approvedBy.length,
            quorum: gate.quorum,
            ...(gate.since === undefined ? {} : { since: gate.since }),
          },
    since: sinceOf(rollout, place.since),
    last:
      last === undefined
        ? null
        : { outcome: last.outcome, reason: last.reason, at: last.at, release: last.release },
    labels,
  };
}

/**
 * A Release without what no row needs once it is over: its evidence and templates are the greatest part of what a
 * cluster has of Sluice.
 */
export function trimFinished(object: KubeObject): KubeObject {
  const { metadata, spec, status, ...rest } = object as Release;
  if (status?.finishedAt === undefined) return object;
  const { name, namespace, uid, resourceVersion } = metadata;
  return {
    ...rest,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    spec: { rollout: spec.rollout },
    status: { finishedAt: status.finishedAt },
  };
}
