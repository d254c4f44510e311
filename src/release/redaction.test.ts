import { expect, it } from 'vitest';
import { createRedaction } from './redaction.ts';

const container = (token: string, ...args: string[]) => ({
  image: 'model:v1',
  env: [
    { name: 'TOKEN', value: token },
    { name: 'KEY', valueFrom: { secretKeyRef: { name: 'keys', key: 'a' } } },
  ],
  args,
  livenessProbe: { httpGet: { path: '/live', httpHeaders: [{ name: 'authorization', value: token }] } },
});

it('what may be a secret is hidden, equal ones by equal texts, and the rest is as it was', () => {
  const redacted = createRedaction();
  expect(redacted([container('hunter2', '--token=hunter2'), container('other'), 7, null])).toEqual([
    {
      image: 'model:v1',
      env: [
        { name: 'TOKEN', value: '***1' },
        { name: 'KEY', valueFrom: { secretKeyRef: { name: 'keys', key: 'a' } } },
      ],
      args: ['***2'],
      livenessProbe: { httpGet: { path: '/live', httpHeaders: [{ name: '***3', value: '***1' }] } },
    },
    {
      image: 'model:v1',
      env: [
        { name: 'TOKEN', value: '***4' },
        { name: 'KEY', valueFrom: { secretKeyRef: { name: 'keys', key: 'a' } } },
      ],
      args: [],
      livenessProbe: { httpGet: { path: '/live', httpHeaders: [{ name: '***3', value: '***4' }] } },
    },
    7,
    null,
  ]);
  expect(redacted({ env: [{ name: 'TOKEN', value: 'hunter2' }] })).toEqual({
    env: [{ name: 'TOKEN', value: '***1' }],
  });
});

it.each([
  ['a header of a route', { route: [{ headers: { request: { set: { authorization: 'hunter2' } } } }] }],
  ['a command', { exec: { command: ['sh', '-c', 'login hunter2'] } }],
  ['an object in an annotation', { annotations: { last: JSON.stringify(container('hunter2')) } }],
  ['credentials of a URL', { webhook: { url: 'https://me:hunter2@example.com/judge' } }],
])('%s is hidden', (_what, value) => {
  expect(JSON.stringify(createRedaction()(value))).not.toContain('hunter2');
});

it.each([
  { args: [{ name: 'threshold', value: '0.5' }] },
  { annotations: { note: '{not json', routes: '[{"weight":100}]' } },
])('what is no secret stays: %o', (value) => {
  expect(createRedaction()(value)).toEqual(value);
});
