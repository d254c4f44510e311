import { describe, expect, it } from 'vitest';
import { pushPatch } from './push.ts';

const deployment = (env?: object[]) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'model' },
  spec: { template: { spec: { containers: [{ name: 'server', ...(env === undefined ? {} : { env }) }] } } },
});
const envOf = (patch: object[]) => patch.find((one) => 'path' in one && String(one.path).endsWith('/env'));

describe('the change of the template that brings a version', () => {
  it.each([
    ['no variables yet', undefined, {}, [{ name: 'VERSION', value: 'v2' }]],
    [
      'those that are there stay where they are',
      [
        { name: 'VERSION', value: 'v1' },
        { name: 'SEED', value: '7' },
      ],
      { LATENCY_MS: '9' },
      [
        { name: 'VERSION', value: 'v2' },
        { name: 'SEED', value: '7' },
        { name: 'LATENCY_MS', value: '9' },
      ],
    ],
  ])('%s', (_name, before, env, value) => {
    const patch = pushPatch(deployment(before), { version: 'v2', env });
    expect(envOf(patch)).toMatchObject({ value });
    expect(patch).toContainEqual(expect.objectContaining({ value: 'sluice.dev/model-server:v2' }));
  });
});
