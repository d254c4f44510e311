import type { Page } from 'playwright-core';
import type { Release } from '../../src/api/release/release.ts';
import type { ApiServer } from '../fakes/api-server.ts';
import { ago, release, rollout, stepping, template } from '../fixtures/cli.ts';
import { watchedMetric } from '../fixtures/windows.ts';
import { blindRelease, putScene } from './scene.ts';
import { type Stage, signInAs } from './stage.ts';

/** A page in a state that people see. */
export interface Scene {
  readonly name: string;
  /** Goes there in a page that is open at the dashboard, and waits until everything is drawn. */
  readonly open: (page: Page, stage: Stage) => Promise<void>;
}

const QUORUM = { approval: { at: ['50'], quorum: 2, from: { users: ['ann', 'bob'] } } };

/** At its second step, with the course of two metrics and a gate at which one of two has approved. */
export function waiting(): Release {
  const before = stepping();
  const metrics = [
    watchedMetric('errors', 20, { canary: 0.002, stable: 0.003 }),
    watchedMetric('latency', 20, { canary: 0.054, stable: 0.031 }),
  ];
  return release(
    {
      ...before,
      waitingFor: '50',
      waitingSince: ago(64),
      analysis: { windows: 20, metrics },
      trail: [
        { phase: 'Starting', at: ago(190), reason: 'HoldDetected' },
        { phase: 'Stepping.Analysing', at: ago(64), reason: 'WeightRaised' },
      ],
    },
    {
      policy: { ...QUORUM, links: [{ name: 'Grafana', url: 'https://grafana.example.com/d/x' }] },
      approvals: [{ gate: '50', by: 'bob', onBehalfOf: '', reason: 'numbers are good' }],
    },
  );
}

/** How the newest release of a Rollout ended, long or short ago. */
const outcome = (index: number, name: string) => {
  const isGood = index % 5 !== 0;
  return {
    release: `${name}-f00`,
    revision: 'f00',
    outcome: isGood ? 'Promoted' : 'Aborted',
    reason: isGood ? 'Promoted' : 'AnalysisFailed',
    at: ago(60 * index * index),
  } as const;
};

/** A fleet of Rollouts in many states, of several teams. */
export function fleet(api: ApiServer, count: number): void {
  for (let index = 0; index < count; index += 1) {
    const name = `model-${String(index).padStart(4, '0')}`;
    const status =
      index % 7 === 0 ? { release: `${name}-s222222222` } : { phase: 'Idle', last: outcome(index, name) };
    const one = rollout(status, name);
    api.put('rollouts', {
      ...one,
      metadata: { ...one.metadata, labels: { team: index % 2 === 0 ? 'ranking' : 'vision' } },
    });
    if (index % 7 === 0)
      api.put(
        'releases',
        release(
          { ...stepping(), ...(index % 21 === 0 ? { waitingFor: '25', waitingSince: ago(500) } : {}) },
          { rollout: name, workload: { kind: 'Deployment', name } },
          `${name}-s222222222`,
        ),
      );
  }
}

const pod = (name: string, hash: string, isReady: boolean) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name,
    namespace: 'models',
    uid: name,
    labels: { app: 'ranker', 'pod-template-hash': hash },
    creationTimestamp: ago(120),
  },
  spec: template('registry/ranker:v2').spec,
  status: {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }],
    containerStatuses: [{ name: 'server', ready: isReady, restartCount: isReady ? 0 : 2, state: {} }],
  },
});

async function openRelease(page: Page, stage: Stage): Promise<void> {
  stage.api.put('releases', waiting());
  stage.api.put('pods', pod('ranker-s222222222-x7b2q', 's222222222', true));
  stage.api.put('pods', pod('ranker-s222222222-c9d4k', 's222222222', false));
  await signInAs(page, 'ann-token');
  await page.getByRole('link', { name: 'models/ranker', exact: true }).click();
  await page.locator('.plot canvas').first().waitFor();
}

/** A page about the Rollout, with two releases that have ended. */
async function openTab(page: Page, stage: Stage, tab: string): Promise<void> {
  for (const [name, phase] of [
    ['ranker-a', 'Promoted'],
    ['ranker-b', 'Aborted'],
  ] as const) {
    const { stage: _stage, ...status } = stepping();
    const end = { phase, reason: phase, finishedAt: ago(30), startedAt: ago(900) };
    stage.api.put('releases', release({ ...status, ...end }, {}, name));
  }
  await page.goto(`${stage.dashboard.url}/rollouts/models/ranker/${tab}`);
  await signInAs(page, 'ann-token');
}

/** Every page, and what people meet on it. */
export const SCENES: readonly Scene[] = [
  { name: 'sign-in', open: (page) => page.getByLabel(/Token/).waitFor() },
  {
    name: 'sign-in-refused',
    open: async (page) => {
      await signInAs(page, 'somebody-else');
      await page.getByRole('alert').waitFor();
    },
  },
  {
    name: 'fleet',
    open: async (page, stage) => {
      fleet(stage.api, 60);
      await signInAs(page, 'ann-token');
      await page.getByRole('link', { name: 'models/model-0007' }).waitFor();
    },
  },
  {
    name: 'fleet-without-rights',
    open: async (page, stage) => {
      stage.api.people.set('eve-token', { name: 'eve', grants: [] });
      await signInAs(page, 'eve-token');
      await page.getByRole('alert').first().waitFor();
    },
  },
  { name: 'release', open: openRelease },
  {
    name: 'release-prometheus-away',
    open: async (page, stage) => {
      putScene(stage.api);
      stage.api.put('releases', blindRelease());
      await page.goto(`${stage.dashboard.url}/rollouts/models/ranker`);
      await signInAs(page, 'ann-token');
      await page.getByText('has not answered').waitFor();
    },
  },
  {
    name: 'release-api-server-away',
    open: async (page, stage) => {
      await openRelease(page, stage);
      stage.api.fail(503);
      await page.getByText('this is how it was').waitFor();
    },
  },
  {
    name: 'release-dialog',
    open: async (page, stage) => {
      await openRelease(page, stage);
      await page.getByRole('button', { name: 'Abort' }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'release-rolled-back',
    open: async (page, stage) => {
      const { status, ...one } = waiting();
      const { stage: _stage, waitingFor: _gate, ...rest } = status ?? {};
      const end = { phase: 'Aborted', outcome: 'Aborted', reason: 'AnalysisFailed', finishedAt: ago(3) };
      const message = 'errors: 4.1 % against 0.3 % of stable, 1,204 requests';
      stage.api.put('releases', { ...one, status: { ...rest, ...end, message, weight: 0 } });
      await page.goto(`${stage.dashboard.url}/releases/models/ranker-s222222222`);
      await signInAs(page, 'ann-token');
      await page.getByText('Aborted', { exact: true }).waitFor();
    },
  },
  {
    name: 'history',
    open: async (page, stage) => {
      await openTab(page, stage, 'history?release=ranker-a&release=ranker-b');
      await page.getByRole('heading', { name: 'Beside each other' }).waitFor();
    },
  },
  {
    name: 'policy',
    open: async (page, stage) => {
      await openTab(page, stage, 'policy');
      await page.getByRole('heading', { name: 'In plain words' }).waitFor();
    },
  },
  {
    name: 'policy-examined',
    open: async (page, stage) => {
      await openTab(page, stage, 'policy');
      for (const name of ['Check now', 'Plan', 'Replay']) await page.getByRole('button', { name }).click();
      await page.getByText('good releases rolled back').waitFor();
      await page.getByText('All in all').waitFor();
    },
  },
  {
    name: 'manual',
    open: async (page, stage) => {
      await page.goto(`${stage.dashboard.url}/manual`);
      await signInAs(page, 'ann-token');
      await page.getByRole('rowheader', { name: 'PausedByOwner' }).waitFor();
    },
  },
  {
    name: 'no-such-page',
    open: async (page, stage) => {
      await page.goto(`${stage.dashboard.url}/nowhere/at/all`);
      await signInAs(page, 'ann-token');
      await page.getByText('There is no such page').waitFor();
    },
  },
];
