import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createStage, NOW, quiet } from '../../../test/fixtures/approval-stage.ts';
import type { KubeObject } from '../../api/meta.ts';
import { SluiceError } from '../../errors.ts';
import type { Listening } from '../../http/listen.ts';
import type { GateRef } from '../../ports/decision.ts';
import { createDecide } from './decide-endpoint.ts';
import { createLinks, openLink, sealLink } from './link.ts';
import { serveApprovals } from './server.ts';

const HOUR = 3_600_000;
const stage = createStage();
let server: Listening;
const url = (path: string): string => `http://127.0.0.1:${server.port}${path}`;

beforeAll(async () => {
  const clock = { now: () => stage.now };
  const decide = createDecide({ approvals: stage.approvals, key: async () => stage.linkKey, clock });
  server = await serveApprovals({ host: '127.0.0.1', port: 0 }, { decide }, quiet);
});
afterAll(() => server.close());
beforeEach(() => stage.reset());

async function linkTo(decision: 'approve' | 'reject', expires = NOW + HOUR): Promise<string> {
  const links = createLinks(url(''), async () => stage.linkKey);
  return (await links.link(stage.subject(), decision, expires)) ?? '';
}
const press = (
  link: string,
  body: object | string = { by: 'grace', reason: 'load test passed' },
): Promise<Response> =>
  typeof body === 'string'
    ? fetch(link, { method: 'POST', body: new URLSearchParams(body) })
    : fetch(link, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });

/** Ends the Release. */
const end = (draft: KubeObject): void => {
  const { stage: _stage, ...status } = draft['status'] as { stage?: string };
  draft['status'] = { ...status, phase: 'Promoted' };
};

describe('a link', () => {
  it('shows what it would decide, and decides nothing by being opened', async () => {
    stage.waiting();
    const answer = await fetch(await linkTo('approve'));
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('Approve &quot;50&quot; of model-h2?');
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(stage.release().spec.approvals).toBeUndefined();
  });

  it('approves once: as JSON, by name', async () => {
    stage.waiting({ quorum: 2 });
    const link = await linkTo('approve');
    expect(await (await press(link)).json()).toMatchObject({ accepted: true });
    const again = await press(link, { by: 'somebody else' });
    expect(again.status).toBe(409);
    expect(await again.json()).toEqual({ accepted: false, message: 'this link has been used already' });
    expect(stage.release().spec.approvals).toMatchObject([
      { gate: '50', onBehalfOf: 'grace', via: 'webhook', reason: 'load test passed' },
    ]);
  });

  it('approves once, though it is sent twice at the same time', async () => {
    stage.waiting({ quorum: 2 });
    const link = await linkTo('approve');
    const answers = await Promise.all(['a', 'b'].map((by) => press(link, { by })));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
    expect(stage.release().spec.approvals).toHaveLength(1);
  });

  it('approves and rejects at the same time: the no stands', async () => {
    stage.waiting();
    const links = await Promise.all([linkTo('approve'), linkTo('reject')]);
    await Promise.all(links.map((link, at) => press(link, { by: `person-${at}` })));
    expect(stage.release().spec.abort).toMatchObject({ gate: '50', onBehalfOf: 'person-1' });
  });

  it('decides nothing about a Release that has ended', async () => {
    stage.waiting();
    const link = await linkTo('approve');
    stage.cluster.update('Release', 'shop', 'model-h2', end, 'status');
    const answer = await press(link);
    expect([answer.status, await answer.text()]).toEqual([
      409,
      expect.stringContaining('has ended (Promoted)'),
    ]);
    expect(stage.release().spec.approvals).toBeUndefined();
  });

  it('rejects, as the form of its page', async () => {
    stage.waiting();
    const answer = await press(await linkTo('reject'), 'by=grace&reason=no%0Asecond%20line');
    expect(await answer.text()).toContain('is rolled back');
    expect(stage.release().spec.abort).toMatchObject({
      gate: '50',
      reason: 'no second line',
      onBehalfOf: 'grace',
    });
  });

  it.each<[string, (link: string) => string, number, RegExp]>([
    ['a changed one', (link) => link.replace(/\/decide\/./, '/decide/x'), 403, /not one of ours/],
    ['one without proof', (link) => link.replace(/\.[^./]+$/, ''), 403, /not one of ours/],
    ['an invalid link', () => url('/decide/abc.def'), 403, /not one of ours/],
    ['anything else', () => url('/decide/'), 404, /nothing is here/],
  ])('refuses %s', async (_case, change, status, why) => {
    stage.waiting();
    const answer = await press(change(await linkTo('approve')));
    expect(answer.status).toBe(status);
    expect(await answer.text()).toMatch(why);
  });

  it('ends with its time, with its key, with its Release and with its gate', async () => {
    stage.waiting();
    const link = await linkTo('approve');
    stage.now = NOW + HOUR;
    expect(await (await press(link)).json()).toMatchObject({
      message: expect.stringContaining('has expired'),
    });
    stage.now = NOW;
    stage.linkKey = 'rotated';
    expect((await press(link)).status).toBe(403);
    stage.linkKey = 'link-key';
    stage.cluster.update(
      'Release',
      'shop',
      'model-h2',
      (draft) => {
        delete (draft['status'] as { waitingFor?: string }).waitingFor;
      },
      'status',
    );
    expect(await (await press(link)).json()).toMatchObject({
      message: 'Release model-h2 does not wait at "50"',
    });
    stage.cluster.delete('Release', 'shop', 'model-h2');
    expect(await (await press(link)).json()).toMatchObject({
      message: 'Release model-h2 does not exist any more',
    });
  });

  it('requires a name for the decision', async () => {
    stage.waiting();
    const answer = await press(await linkTo('approve'), { reason: 'why not' });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('the body must say who decides');
  });

  it('is bound to every part of its subject', async () => {
    const one: GateRef = { namespace: 'a', release: 'b', uid: 'c', gate: 'start' };
    const sealed = sealLink('k', one, 'approve', NOW);
    expect(openLink('k', sealed, NOW - 1)).toMatchObject({ subject: one, decision: 'approve' });
    const others = [
      { ...one, gate: '50' },
      { ...one, uid: 'd' },
      { ...one, release: 'x' },
    ];
    for (const other of others) expect(sealLink('k', other, 'approve', NOW)).not.toBe(sealed);
    expect(sealLink('k', one, 'reject', NOW)).not.toBe(sealed);
    await expect(createLinks(undefined, async () => 'k').link(one, 'approve', NOW)).resolves.toBeNull();
  });
});

describe('the approvals', () => {
  it('takes a name from outside as one line, without control characters', async () => {
    stage.waiting();
    const subject = stage.subject();
    await stage.approvals.submit({ subject, decision: 'approve', via: 'webhook', who: ' the\nboss\u202e ' });
    expect(stage.openBy()).toEqual([['the boss', 'webhook']]);
  });

  it('gives as an answer what the API server refuses', async () => {
    stage.waiting();
    const error = new SluiceError('KUBERNETES_FORBIDDEN', 'a policy says no', { retry: 'terminal' });
    stage.cluster.failWrites(() => ({ when: 'before', error }));
    const subject = stage.subject();
    const result = await stage.approvals.submit({ subject, decision: 'approve', via: 'webhook', who: 'x' });
    expect(result).toEqual({ accepted: false, message: 'the API server refused it: a policy says no' });
  });
});
