import type { Release, ReleaseStatus } from '../api/release.ts';
import { createDesk } from '../reconcile/desk.ts';
import { createMemoryCluster, type MemoryCluster } from '../reconcile/memory-cluster.ts';
import type { Desk, Log, Subject } from '../reconcile/ports.ts';
import { release as releaseOf } from '../release/fixtures.conformance.ts';

export const NOW = Date.parse('2026-11-24T12:00:00Z');
export const quiet: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** A Release that waits at "50" in a cluster in memory, and what a test may change while it plays. */
export interface Stage {
  now: number;
  signingSecret: string;
  linkKey: string;
  cluster: MemoryCluster;
  /** Always that of the cluster of now. */
  readonly desk: Desk;
  /** An empty cluster, and everything else as it was at first. */
  reset(): void;
  waiting(approval?: object, status?: Partial<ReleaseStatus>): void;
  release(): Release;
  subject(): Subject;
  /** Who has opened the gate, and by what way. */
  openBy(): unknown;
}

/** Makes a stage; the clock stands still. */
export function createStage(): Stage {
  const deskOf = (): Desk => {
    const { store, writer } = stage.cluster;
    const fetch = async (namespace: string, name: string) => stage.cluster.get('Release', namespace, name);
    return createDesk({ store, writer, telemetry: { vote: () => {} }, log: quiet, fetch });
  };
  const stage: Stage = {
    now: NOW,
    signingSecret: 'signing-secret',
    linkKey: 'link-key',
    cluster: createMemoryCluster({ now: () => NOW }),
    desk: { look: (subject) => deskOf().look(subject), cast: (vote) => deskOf().cast(vote) },
    reset: () => {
      const cluster = createMemoryCluster({ now: () => stage.now });
      Object.assign(stage, { now: NOW, signingSecret: 'signing-secret', linkKey: 'link-key', cluster });
    },
    waiting: (approval = {}, status = {}) => {
      const at = new Date(NOW).toISOString();
      const messages = [
        { seq: 1, at, severity: 'info' as const, reason: 'WaitingForApproval', text: 'waits' },
      ];
      const place = {
        phase: 'Stepping',
        stage: 'Analysing',
        weight: 25,
        waitingFor: '50',
        messages,
      } as const;
      const from = { slackUsers: ['U0ADA'], slackGroups: ['S0LEADS'] };
      const policy = { approval: { at: ['50'], from, ...approval } };
      stage.cluster.create(releaseOf({ ...place, ...status }, {}, policy));
    },
    release: () => stage.cluster.get('Release', 'shop', 'model-h2') as Release,
    subject: () => ({
      namespace: 'shop',
      release: 'model-h2',
      uid: stage.release().metadata.uid ?? '',
      gate: '50',
    }),
    openBy: () => stage.release().spec.approvals?.map(({ onBehalfOf, via }) => [onBehalfOf, via]),
  };
  return stage;
}
