import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { until } from '../../../hack/testbed/until.ts';
import type { Release } from '../../../src/api/release/release.ts';
import type { FleetSnapshot } from '../../../src/dashboard/api/fleet.ts';
import type { Problem } from '../../../src/dashboard/api/problem.ts';
import type { ReleasePage } from '../../../src/dashboard/api/release.ts';
import { type Browser, eventsOf, signIn } from '../../fakes/dashboard.ts';
import type { OidcProvider } from '../../fakes/oidc-provider.ts';
import { signInByProvider } from '../../fakes/redirecting-browser.ts';
import { tokenOf as tokenIn } from '../accounts.ts';
import type { DashboardProcess } from '../dashboard-process.ts';
import { createClient } from '../kubectl.ts';
import { releaseManifest, rolloutManifest } from '../objects.ts';
import { type ProvidedDashboard, startProvidedDashboard } from '../provided-dashboard.ts';
import { CONTROLLER } from '../release-people.ts';

const access = inject('access');
const admin = createClient(access);
const PORT = 18_484;
const URL = `http://127.0.0.1:${PORT}`;
const VIEWERS = 100;

let provider: OidcProvider;
let dashboard: DashboardProcess;
let provided: ProvidedDashboard | undefined;

/** Nothing else reconciles here: the release stays where the tests have put it. */
const NAMESPACE = 'dashboard';
const NAME = 'ranker-sbcdfghjk';
const at = `/api/v1/namespaces/${NAMESPACE}`;
const kubectl = admin.with('--namespace', NAMESPACE);
const controller = kubectl.with('--as', CONTROLLER);

const releaseNow = async (): Promise<Release> => (await kubectl.get('releases.sluice.dev', NAME)) as Release;

/** A release that waits at its first gate. */
async function createRelease(): Promise<void> {
  await admin.ok(['create', 'namespace', NAMESPACE]);
  await kubectl.ok(['create', '-f', '-'], rolloutManifest('ranker'));
  const { spec } = JSON.parse(releaseManifest(NAME)) as { spec: { policy: object } };
  const policy = { ...spec.policy, approval: { at: ['start'], quorum: 2 } };
  await controller.ok(['create', '-f', '-'], releaseManifest(NAME, { policy }));
  const status = {
    machineVersion: 1,
    phase: 'Pending',
    step: 0,
    weight: 0,
    replicas: 0,
    waitingFor: 'start',
    waitingSince: new Date().toISOString(),
  };
  const patch = ['patch', 'releases.sluice.dev', NAME, '--subresource=status', '--type=merge'];
  await kubectl.ok([...patch, '-p', JSON.stringify({ status })]);
}

beforeAll(async () => {
  provided = await startProvidedDashboard(access, PORT);
  ({ provider, dashboard } = provided);
  await createRelease();
});
afterAll(async () => {
  await provided?.stop();
  await admin.run(['delete', 'namespace', NAMESPACE, '--wait=false']);
});

const tokenOf = (name: string, ...roles: readonly string[]): Promise<string> =>
  tokenIn(admin, NAMESPACE, name, ...roles);
const userOf = (name: string): string => `system:serviceaccount:${NAMESPACE}:${name}`;
const fleetOf = async (browser: Browser, namespace: string): Promise<FleetSnapshot> =>
  (await (await browser.get(`/api/v1/fleet?namespace=${namespace}`)).json()) as FleetSnapshot;
const act = async (browser: Browser, body: object) => {
  const answer = await browser.post(`${at}/releases/${NAME}/acts`, body);
  return { status: answer.status, body: (await answer.json()) as Problem };
};

describe('the dashboard on a real API server', () => {
  it('shows somebody without rights nothing, and says why', async () => {
    const nobody = await signIn(URL, await tokenOf('nobody'));
    const { rows, unseen } = await fleetOf(nobody, NAMESPACE);
    expect(rows).toEqual([]);
    expect(unseen.at(-1)?.message).toBe(
      `${userOf('nobody')} may not list rollouts in namespace ${NAMESPACE}`,
    );
    expect((await nobody.get(`${at}/rollouts/ranker/current`)).status).toBe(403);
  });

  it('shows somebody who may see releases those of their namespace, and hides what they may not see', async () => {
    const viewer = await signIn(URL, await tokenOf('viewer', 'sluice-view'));
    const { rows, unseen } = await fleetOf(viewer, NAMESPACE);
    expect(rows.map(({ key, gate }) => [key, gate?.name])).toEqual([[`${NAMESPACE}/ranker`, 'start']]);
    expect(unseen.map(({ namespace }) => namespace)).toEqual(['*']);
    const page = (await (await viewer.get(`${at}/rollouts/ranker/current`)).json()) as ReleasePage;
    expect(page.view.hidden).toEqual(['ReplicaSet', 'Pod']);
    expect(page.view.people.gate?.name).toBe('start');
  });

  it('lets nobody approve who may not', async () => {
    const editor = await signIn(URL, await tokenOf('editor', 'sluice-view', 'sluice-edit'));
    const { status, body } = await act(editor, { act: 'approve', reason: 'mine' });
    expect([status, body.code]).toEqual([403, 'forbidden']);
    expect(body.message).toContain(`${userOf('editor')} may not approve releases`);
    expect(body.next[0]).toContain(`--user=${userOf('editor')} --clusterrole=sluice-approve -n ${NAMESPACE}`);
    expect((await releaseNow()).spec.approvals).toBeUndefined();
    expect(await (await editor.get(`${at}/rights`)).json()).toMatchObject({ change: true, approve: false });
  });

  it('lets somebody of the provider approve, in the name that the API server gives them', async () => {
    provider.person = { name: 'ann', groups: ['ml'] };
    for (const role of ['sluice-view', 'sluice-approve'])
      await kubectl.ok(['create', 'rolebinding', `ml-${role}`, `--clusterrole=${role}`, '--group=oidc:ml']);
    const ann = await until('the API server trusts the provider', () => signInByProvider(URL, provider.ca), {
      within: 90_000,
      every: 2_000,
    });
    const { status, body } = await act(ann, { act: 'approve', gate: 'start', reason: 'looks good' });
    expect([status, body.message]).toEqual([200, expect.stringContaining('is approved by oidc:ann')]);
    expect((await releaseNow()).spec.approvals).toMatchObject([
      { gate: 'start', by: 'oidc:ann', reason: 'looks good' },
    ]);
  });

  it(`serves ${VIEWERS} people with the watches of one`, async () => {
    const token = await tokenOf('crowd', 'view', 'sluice-view');
    const before = await dashboard.memory();
    const from = Date.now();
    const crowd = await Promise.all(
      Array.from({ length: VIEWERS }, (_, n) => signIn(URL, token, { 'x-forwarded-for': `10.0.0.${n}` })),
    );
    const stop = new AbortController();
    const open = crowd.map((one) =>
      eventsOf(`${URL}${at}/rollouts/ranker/current/stream`, { cookie: one.cookie }, stop.signal),
    );
    await Promise.all(open.map((events) => events.next()));
    const [opened, memory] = [Date.now(), await dashboard.memory()];
    // Everybody gets the next change, whatever it is.
    await act(await signIn(URL, await tokenOf('pauser', 'sluice-view', 'sluice-edit')), { act: 'pause' });
    await Promise.all(
      open.map(async (events) => {
        for await (const { event, data } of events)
          if (event === 'page' && (data as ReleasePage).view.people.acts.some((one) => one.act === 'paused'))
            return;
      }),
    );
    const asked = await requestsSince(from);
    stop.abort();
    console.log(
      `${VIEWERS} viewers: ${before.toFixed(0)} MiB before, ${memory.toFixed(0)} MiB with all pages open; opened in ${opened - from} ms; requests to the API server ${JSON.stringify(asked)}`,
    );
    expect(asked['watch'] ?? 0).toBeLessThanOrEqual(20);
    expect(memory - before).toBeLessThan(200);
  });

  it('of two people who abort at once tells the second who was first', async () => {
    const people = await Promise.all(
      ['one', 'two'].map(async (name) => signIn(URL, await tokenOf(name, 'sluice-view', 'sluice-edit'))),
    );
    const answers = await Promise.all(people.map((one, n) => act(one, { act: 'abort', reason: `by ${n}` })));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    const messages = answers.map(({ body }) => body.message);
    expect(messages.filter((text) => text.includes('already, by'))).toHaveLength(1);
    const { spec } = await releaseNow();
    expect(messages.every((text) => text.includes(`by ${spec.abort?.by}`))).toBe(true);
  });

  it('ends for somebody whose account is deleted', async () => {
    const gone = await signIn(URL, await tokenOf('gone', 'sluice-view'));
    expect((await gone.get(`${at}/rollouts/ranker/history`)).status).toBe(200);
    await kubectl.ok(['delete', 'serviceaccount', 'gone']);
    const answer = await until('its token counts no more', async () => {
      const now = await gone.get(`${at}/rollouts/ranker/history`);
      return now.status === 200 ? null : now;
    });
    expect([answer.status, ((await answer.json()) as Problem).code]).toEqual([401, 'signedOut']);
  });
});

/** Requests of the dashboard by verb, as the API server's audit log has them when they begin to be answered. */
async function requestsSince(from: number): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for await (const line of createInterface({ input: createReadStream(access.auditLog) })) {
    if (!line.includes('"userAgent":"sluice-dashboard/')) continue;
    const { verb, stage, requestReceivedTimestamp: time } = JSON.parse(line) as Record<string, string>;
    const counted = verb === 'watch' ? 'ResponseStarted' : 'ResponseComplete';
    if (Date.parse(time ?? '') < from || stage !== counted) continue;
    counts[verb ?? ''] = (counts[verb ?? ''] ?? 0) + 1;
  }
  return counts;
}
