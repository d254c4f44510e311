import type { Notification } from '../reconcile/ports.ts';

/** A message of a release that waits at a gate, with all that a receiver can show. */
export function notification(over: Partial<Notification> = {}): Notification {
  return {
    id: 'u-release/3',
    at: '2026-11-24T12:00:00.000Z',
    severity: 'warning',
    reason: 'WaitingForApproval',
    text: 'waits for approval of "50": p95 612 ms against 300 ms bound and 287 ms stable, 1,204 requests, 4 windows',
    namespace: 'shop',
    release: 'ranker-h2',
    rollout: 'ranker',
    workload: 'Deployment ranker',
    revision: 'h2',
    phase: 'Stepping',
    step: '2/3',
    weight: 25,
    changes: ['server: registry/ranker:v1 → v2', 'spec.replicas: 2 → <3 & more>'],
    metrics: [
      {
        name: 'errors',
        verdict: 'pass',
        message: '0.2 % against 1 %',
        canary: { events: 1_204, bad: 2 },
        stable: { events: 3_600, bad: 7 },
        course: [0, 0.001, 0.002, 0.001],
      },
    ],
    approvals: ['alice'],
    links: [{ name: 'Dashboard | p95', url: 'https://grafana.example/d/x?var-release=ranker-h2&from=1' }],
    gate: {
      subject: { namespace: 'shop', release: 'ranker-h2', uid: 'u-release', gate: '50' },
      quorum: 2,
      links: null,
    },
    ...over,
  };
}
