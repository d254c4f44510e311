import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SluiceError } from '../../errors.ts';
import { createLog, describeError } from './log.ts';

function logged(write: (log: ReturnType<typeof createLog>) => void): Record<string, unknown> {
  const lines: string[] = [];
  write(createLog('debug', (line) => lines.push(line)));
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0] ?? '') as Record<string, unknown>;
}

describe('log', () => {
  it('is JSON with level, time, fields and message', () => {
    const line = logged((log) => log.info({ release: 'shop/ranker-1', revision: 'abc' }, 'release moved'));
    expect(line).toMatchObject({
      level: 'info',
      release: 'shop/ranker-1',
      revision: 'abc',
      msg: 'release moved',
    });
    expect(new Date(String(line['time'])).getTime()).not.toBeNaN();
  });

  it.each([
    ['a token', { token: 's3cret' }],
    ['a header', { request: { headers: { authorization: 'Bearer s3cret' } } }],
    ['a password below', { redis: { password: 's3cret' } }],
    ['an address', { url: 'redis://:s3cret@redis' }],
  ])('hides %s', (_what, fields) => {
    expect(JSON.stringify(logged((log) => log.warn(fields, 'x')))).not.toContain('s3cret');
  });

  it('hides credentials in messages of errors and their causes, and properties of errors', () => {
    const cause = Object.assign(new Error('connect rediss://me:s3cret@redis:6379/0 failed'), {
      config: { headers: { authorization: 's3cret' } },
    });
    const err = new SluiceError('PROMETHEUS_UNAVAILABLE', 'http://:s3cret@prometheus is down', {
      retry: 'backoff',
      cause,
    });
    const text = JSON.stringify(logged((log) => log.warn({ err }, 'x')));
    expect(text).not.toContain('s3cret');
    expect(text).toContain('rediss://***@redis:6379/0');
  });

  it('gives a stack to faults and none to what is expected', () => {
    expect(describeError(new TypeError('boom'))).toMatchObject({ type: 'TypeError', message: 'boom' });
    expect(describeError(new TypeError('boom')).stack).toContain('log.test.ts');
    const expected = new SluiceError('KUBERNETES_CONFLICT', 'changed', { retry: 'backoff' });
    expect(describeError(expected)).toEqual({
      type: 'SluiceError',
      code: 'KUBERNETES_CONFLICT',
      message: 'changed',
    });
    expect(describeError('text')).toEqual({ type: 'string', message: 'text' });
  });
});

it('a recorded pass is one line, whole', () => {
  const file = new URL('../../../test/fixtures/passes/bad-version.json', import.meta.url);
  const pass: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const lines: string[] = [];
  createLog('debug', (line) => lines.push(line)).debug({ pass }, 'release decided');
  expect(lines.map((line) => (JSON.parse(line) as { pass: unknown }).pass)).toEqual([pass]);
});
