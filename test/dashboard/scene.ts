import { TRACEPARENT } from '../../src/api/annotations/annotations.ts';
import type { KubeObject } from '../../src/api/meta.ts';
import type { MetricState } from '../../src/api/release/analysis-state.ts';
import type { Release } from '../../src/api/release/release.ts';
import type { ApiServer } from '../fakes/api-server.ts';
import { pod, release, replicaSet, stepping, template } from '../fixtures/cli.ts';

/** The time so many seconds before now. */
export const before = (seconds: number): string => new Date(Date.now() - seconds * 1_000).toISOString();

/** Windows of a metric, the newest a few seconds ago: `bad` of 300 more requests in each. */
export function windowsOf(bad: readonly number[]): NonNullable<MetricState['history']> {
  let sum = 0;
  return bad.map((one, at) => {
    sum += one;
    return {
      at: before((bad.length - at) * 10 - 5),
      step: 1,
      verdict: at < 3 ? 'noData' : 'inconclusive',
      ...(at === 3 ? { message: `after ${at} windows there are enough requests` } : {}),
      canary: { events: 300 * (at + 1), bad: sum, over: sum },
      stable: { events: 900 * (at + 1), bad: 4 * (at + 1), over: 4 * (at + 1) },
    };
  });
}

const metricsNow = (): MetricState[] =>
  (stepping().analysis?.metrics ?? []).map((metric, at) => ({
    ...metric,
    history: windowsOf(at === 0 ? [0, 1, 0, 0, 1, 0, 0, 0] : [12, 20, 14, 16, 18, 13, 17, 15]),
    series: { spans: [[30, 900, 1, 2_700, 9, 900, 50, 2_700, 90]], merged: 0 },
  }));

const gpu = { containers: [{ name: 'server', resources: { limits: { 'nvidia.com/gpu': '2' } } }] };

const readySince = (seconds: number) => ({
  phase: 'Running',
  conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: before(seconds) }],
  containerStatuses: [{ restartCount: 0, state: { running: { startedAt: before(seconds + 30) } } }],
});

/** The trace of the release. */
export const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

/** A release under way with everything that its page can show. */
export function richRelease(): Release {
  const known = release(
    {
      ...stepping(),
      waitingFor: '25',
      waitingSince: before(40),
      stageStartedAt: before(64),
      startedAt: before(400),
      deadline: before(-3_000),
      analysis: { windows: 8, metrics: metricsNow() },
      approvals: [{ gate: 'start', who: 'ann', via: 'kubernetes', at: before(300) }],
      trail: [
        { phase: 'Starting.Preparing', at: before(400), reason: 'PreflightPassed', weight: 0 },
        { phase: 'Stepping.Shifting', at: before(300), reason: 'CanaryReady', weight: 10 },
        { phase: 'Stepping.Shifting', at: before(90), reason: 'StepPassed', weight: 25 },
        { phase: 'Stepping.Analysing', at: before(64), reason: 'WeightRaised', weight: 25 },
      ],
      messages: [
        {
          at: before(300),
          severity: 'info',
          reason: 'CanaryReady',
          text: 'the canary gets 10 % of the traffic',
          receivers: [],
        } as never,
      ],
    },
    {
      approvals: [{ gate: 'start', by: 'ann', onBehalfOf: '', reason: 'the offline figures are fine' }],
      policy: {
        approval: { at: ['start', '25', 'promotion'], quorum: 2, from: { users: ['ann', 'bob'] } },
        links: [
          { name: 'Grafana', url: 'https://grafana.example/d/sluice?var-release={release}' },
          { name: 'Logs', url: 'https://logs.example/?namespace={namespace}&workload={workload}' },
          { name: 'Trace', url: 'https://traces.example/trace/{trace}' },
        ],
      },
    },
  );
  const annotations = { [TRACEPARENT]: `00-${TRACE}-00f067aa0ba902b7-01` };
  return { ...known, metadata: { ...known.metadata, annotations, creationTimestamp: before(410) } };
}

/** The same while Prometheus does not answer. */
export function blindRelease(): Release {
  const one = richRelease();
  const { windows = 0, metrics = [] } = one.status?.analysis ?? {};
  const message = 'http://prometheus.monitoring:9090: connect ECONNREFUSED';
  const blind = metrics.map((metric) => ({
    ...metric,
    verdict: 'providerError' as const,
    message,
    history: (metric.history ?? []).map((window, at, all) =>
      at < all.length - 3 ? window : { ...window, verdict: 'providerError' as const, message },
    ),
  }));
  const status = { ...one.status, verdict: 'providerError', analysis: { windows, metrics: blind } };
  return { ...one, status } as Release;
}

function event(name: string, kind: string, about: string, more: object): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace: 'models', uid: name, creationTimestamp: before(100) },
    involvedObject: { kind, name: about },
    type: 'Normal',
    lastTimestamp: before(100),
    ...more,
  };
}

/** Puts it into an API server, with its pods and events. */
export function putScene(api: ApiServer): void {
  api.put('releases', richRelease());
  const set = replicaSet('ranker-s222222222', 2, 1);
  const after = template('registry/ranker:v2', { MODEL: 'ranker-large' });
  api.put('replicasets', { ...set, spec: { replicas: 2, template: after } });
  api.put('replicasets', replicaSet('ranker-aaa', 3, 3, 'registry/ranker:v1'));
  const put = (name: string, hash: string, status: object): void => {
    const labels = { app: 'ranker', 'pod-template-hash': hash };
    const one = pod(name, hash, status, { labels, uid: name, creationTimestamp: before(150) });
    api.put('pods', { ...one, spec: gpu });
  };
  for (const at of [1, 2, 3]) put(`ranker-aaa-${at}`, 'aaa', readySince(86_400));
  put('ranker-s222222222-1', 's222222222', readySince(60));
  put('ranker-s222222222-2', 's222222222', {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: 'False' }],
    containerStatuses: [{ restartCount: 1, state: { running: { startedAt: before(42) } } }],
  });
  api.put(
    'events',
    event('a', 'Pod', 'ranker-s222222222-2', {
      type: 'Warning',
      reason: 'Unhealthy',
      message: 'Readiness probe failed: HTTP probe failed with statuscode: 503',
      count: 14,
      lastTimestamp: before(4),
    }),
  );
  api.put(
    'events',
    event('b', 'Release', 'ranker-s222222222', { reason: 'WeightRaised', message: 'the canary gets 25 %' }),
  );
  api.put('events', event('c', 'Pod', 'another-pod', { reason: 'Foreign', message: 'of somebody else' }));
}
