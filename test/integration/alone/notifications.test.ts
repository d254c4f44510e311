import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Controller, createController } from '../../../hack/testbed/controller.ts';
import { conditionOf, receivedMessagesOf } from '../../../hack/testbed/evidence/received-messages.ts';
import { QUICK } from '../../../hack/testbed/model.ts';
import { onSite, type Site } from '../../../hack/testbed/site.ts';
import { until } from '../../../hack/testbed/until.ts';
import type { Release, ReleaseStatus } from '../../../src/api/release/release.ts';
import { pictureOf } from '../../../src/view/plot/picture.ts';
import { type HttpReceiver, type Received, startHttpReceiver } from '../../fakes/http-server.ts';
import { type SlackServer, startSlackServer } from '../../fakes/slack-server.ts';
import { createClient } from '../kubectl.ts';

const access = inject('access');
const root = createClient(access);
let slack: SlackServer;
let web: HttpReceiver;
/** By ID, so that a message of which nobody knows whether it got through can be looked for. */
const CHANNEL = 'C0MLRELEASES';
const replicas: Controller[] = [];

async function replica(name: string, port: number): Promise<Controller> {
  const controller = createController(access, {
    name,
    port,
    queue: 'redis',
    flags: [`--slack-api-url=${slack.apiUrl}`, '--lease-name=sluice'],
  });
  replicas.push(controller);
  await controller.start();
  return controller;
}

beforeAll(async () => {
  [slack, web] = await Promise.all([startSlackServer(), startHttpReceiver()]);
  const token = '--from-literal=slack-bot-token=xoxb-1';
  await root.ok(['-n', 'sluice-system', 'create', 'secret', 'generic', 'sluice-credentials', token]);
});
afterAll(async () => {
  await Promise.all(replicas.map((controller) => controller.stop()));
  await root.run(['-n', 'sluice-system', 'delete', 'secret', 'sluice-credentials']);
  await Promise.all([slack.close(), web.close()]);
});

/** The default of a namespace: a channel, and a URL that takes everything. */
async function prepare({ namespace }: Site, secret: string): Promise<void> {
  const admin = root.with('-n', namespace);
  const list = [
    { name: 'team', slack: { channel: CHANNEL } },
    { name: 'events', webhook: { url: `${web.url}/events`, secret: { key: 'events' } } },
  ];
  const config = `--from-literal=notifications=${JSON.stringify(list)}`;
  await admin.ok(['create', 'configmap', 'sluice-notifications', config]);
  await admin.ok(['create', 'secret', 'generic', 'sluice-notifications', `--from-literal=events=${secret}`]);
}

/** A killed process keeps its claim for a while, and a receiver that was away is left alone for a while. */
const PATIENCE = { within: 150_000 };

const untilTold = (site: Site, release: Release): Promise<ReleaseStatus> =>
  until(
    'everything is delivered',
    async () => {
      const found = (await site.api.get('Release', release.metadata.name)) as Release | null;
      const status = found?.status;
      return status?.notified === status?.messages?.at(-1)?.seq ? status : null;
    },
    PATIENCE,
  );

function isSigned({ headers, body }: Received, secret: string): boolean {
  const signed = [headers['webhook-id'], headers['webhook-timestamp'], body].join('.');
  return (
    headers['webhook-signature'] === `v1,${createHmac('sha256', secret).update(signed).digest('base64')}`
  );
}

const idsOf = (release: Release): string[] =>
  web.received.flatMap(({ headers }) => {
    const id = String(headers['webhook-id']);
    return id.startsWith(`${release.metadata.uid}/`) ? [id] : [];
  });

describe('messages of a release', () => {
  it('arrive once and in order, by two replicas of which one is killed and with receivers that are away for a while', async () => {
    const first = await replica('told-0', 18_311);
    await replica('told-1', 18_312);
    await onSite(access, { annotations: QUICK, rate: 60 }, async (site) => {
      await prepare(site, 'first-secret');
      await site.untilGated();
      const v2 = await site.push('v2');
      await until('something is delivered', () => web.received.length > 0 && slack.messages.length > 0);
      slack.fault = () => ({ status: 503 });
      web.answer = { status: 500 };
      await first.stop('SIGKILL');
      const ended = await site.untilEnded(v2);
      expect(ended.status).toMatchObject({ phase: 'Promoted' });
      web.received.length = 0;
      const before = ended.status?.deliveries?.find(({ to }) => to === 'events')?.seq ?? 0;
      slack.fault = () => undefined;
      web.answer = { status: 200 };
      const status = await untilTold(site, ended);
      const newest = status.messages?.at(-1)?.seq ?? 0;
      const ids = idsOf(ended);
      expect(ids.at(-1)).toBe(`${ended.metadata.uid}/${newest}`);
      expect(new Set(ids).size).toBe(ids.length);
      expect(before + ids.length).toBeGreaterThanOrEqual(newest);
      expect(web.received.every((one) => isSigned(one, 'first-secret'))).toBe(true);
      const tops = slack.messages.filter(({ thread_ts }) => thread_ts === undefined);
      expect(tops).toHaveLength(1);
      expect(tops[0]?.text).toContain('Promoted');
      const texts = slack.messages.map(({ metadata }) => JSON.stringify(metadata));
      expect(new Set(texts).size).toBe(texts.length);
      expect(texts).toHaveLength(newest);
    });
  });

  it('have the reason with numbers, are signed with the current secret, and are listed when they fail', async () => {
    if (replicas.every(({ running }) => !running)) await replica('told-2', 18_313);
    slack.messages.length = 0;
    slack.files.length = 0;
    web.received.length = 0;
    await onSite(access, { annotations: QUICK, rate: 60 }, async (site) => {
      await prepare(site, 'first-secret');
      const admin = root.with('-n', site.namespace);
      const rotated = JSON.stringify({ stringData: { events: 'second-secret' } });
      await admin.ok(['patch', 'secret', 'sluice-notifications', '--type=merge', '-p', rotated]);
      await site.untilGated();
      const v2 = await site.push('v2', { ERROR_SHARE: '0.3' });
      const ended = await site.untilEnded(v2);
      await untilTold(site, ended);
      const failed = web.received.find(({ body }) => body.includes('analysis-failed'));
      expect(failed === undefined ? null : isSigned(failed, 'second-secret')).toBe(true);
      expect(JSON.parse(failed?.body ?? '{}')).toMatchObject({
        severity: 'critical',
        data: { reason: 'AnalysisFailed', message: expect.stringMatching(/errors: .*[0-9.]+ ?%/), weight: 0 },
      });
      expect(slack.messages.map(({ text }) => text).join('\n')).toMatch(/errors: .*[0-9.]+ ?%/);
      // One window draws no line: a version that is bad enough is rolled back by then.
      const thread = slack.messages.find(({ thread_ts }) => thread_ts === undefined)?.ts;
      const said = { alt_txt: expect.stringMatching(/^errors: canary .* %, allowed/) };
      const due = pictureOf(ended) === null ? [] : [{ thread, said }];
      expect(slack.files.slice(-1)).toMatchObject(due);

      web.answer = { status: 404 };
      const v3 = await site.push('v3', { ERROR_SHARE: '0' });
      const release = await site.untilIn(v3, 'Stepping');
      const seen = await until('the failed message is listed', async () => {
        const object = await site.api.get('Release', release.metadata.name);
        return conditionOf(object, 'Notified') === undefined ? null : object;
      });
      expect(conditionOf(seen, 'Notified')).toMatchObject({ status: 'False', reason: 'DeliveryFailed' });
      expect(conditionOf(seen, 'Notified')?.message).toMatch(/events: .*answered 404/);
      await until('an event tells', async () =>
        (await receivedMessagesOf(site.api, 'Release', release.metadata.name)).find(
          ({ reason }) => reason === 'NotificationFailed',
        ),
      );
      web.answer = { status: 200 };
      expect((await site.untilEnded(v3)).status).toMatchObject({ phase: 'Promoted' });
    });
  });
});
