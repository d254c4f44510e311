import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { isFailed } from '../../../hack/load/record.ts';
import { createController } from '../../../hack/testbed/controller.ts';
import { receivedMessagesOf } from '../../../hack/testbed/evidence/received-messages.ts';
import { MODEL, QUICK } from '../../../hack/testbed/model.ts';
import { onSite } from '../../../hack/testbed/site.ts';
import { until } from '../../../hack/testbed/until.ts';
import { createClient } from '../kubectl.ts';

const access = inject('access');
const controller = createController(access, { name: 'bypass' });
const kubectl = createClient(access);
const BINDING = 'manifests/admission/hold.yaml';

describe('without the admission policy that holds', () => {
  beforeAll(async () => {
    await controller.start();
    await kubectl.ok(['delete', 'mutatingadmissionpolicybinding', 'sluice-hold']);
  });
  afterAll(async () => {
    await kubectl.ok(['apply', '-f', BINDING]);
    await controller.stop();
  });

  it('a change whose native update has begun is stopped, and released step by step', async () => {
    await onSite(access, { annotations: QUICK, replicas: 3, env: { LOAD_SECONDS: '5' } }, async (site) => {
      await site.untilGated();
      // The API server forgets a binding a moment after it is gone.
      const own = kubectl.with('--namespace', site.namespace);
      const change = JSON.stringify([
        { op: 'add', path: '/spec/template/metadata/labels/probe', value: 'yes' },
      ]);
      const patch = [
        'patch',
        'deployment',
        MODEL,
        '--dry-run=server',
        '--output=json',
        '--type=json',
        '-p',
        change,
      ];
      await until('nothing is held', async () => {
        const { spec } = JSON.parse(await own.ok(patch)) as { spec: { paused?: boolean } };
        return spec.paused !== true;
      });
      const v2 = await site.push('v2');
      await until('it is reported', async () => {
        const told = await receivedMessagesOf(site.api, 'Deployment', MODEL);
        return told.some(({ reason }) => reason === 'HoldBypassed');
      });
      const { status } = await site.untilEnded(v2);
      expect(status).toMatchObject({ phase: 'Promoted' });
      expect(status?.trail?.map(({ phase }) => phase)).toContain('Stepping.Analysing');
      expect((await site.recordsNow()).filter(isFailed)).toEqual([]);
    });
  });
});
