import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../api/meta.ts';
import { SluiceError } from '../../errors.ts';
import { createSecrets, createTexts, readConfigValue, readWarmUpBody } from './values.ts';

const object = (kind: string, data: object): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name: 's' },
  data,
});
const answering = (found: KubeObject | null | Error) => ({
  get: async () => {
    if (found instanceof Error) throw found;
    return found;
  },
});
const ref = { name: 'sluice-notifications', key: 'hmac' };

describe('a Secret', () => {
  it('is decoded', async () => {
    const secret = object('Secret', { hmac: Buffer.from('hunter2 ü').toString('base64') });
    expect(await createSecrets(answering(secret)).read('shop', ref)).toBe('hunter2 ü');
  });

  it.each<[string, KubeObject | null | Error, string]>([
    ['that is missing', null, 'there is no Secret shop/sluice-notifications; create it with the key hmac'],
    ['without the key', object('Secret', { other: 'aHVudGVyMg==' }), 'has no key hmac; its keys are other'],
    ['with an empty value', object('Secret', { hmac: '' }), 'has no key hmac'],
    [
      'that may not be read',
      new SluiceError('KUBERNETES_FORBIDDEN', 'forbidden', { retry: 'terminal' }),
      'let the ServiceAccount of the controller get Secret sluice-notifications by a Role in namespace shop',
    ],
  ])('%s is reported with the fix, and worth another try', async (_case, found, message) => {
    const error = await createSecrets(answering(found))
      .read('shop', ref)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'SECRET_MISSING', retry: 'backoff' });
    expect((error as Error).message).toContain(message);
    expect((error as Error).message).not.toContain('hunter2');
  });

  it('that cannot be asked for is the fault of the API server', async () => {
    const down = new SluiceError('KUBERNETES_UNAVAILABLE', 'down', { retry: 'backoff' });
    await expect(createSecrets(answering(down)).read('shop', ref)).rejects.toThrow('down');
  });
});

describe('a value of a ConfigMap', () => {
  it('is there or not', async () => {
    const config = object('ConfigMap', { notifications: '[]' });
    expect(await readConfigValue(answering(config), 'shop', 's', 'notifications')).toBe('[]');
    expect(await readConfigValue(answering(config), 'shop', 's', 'other')).toBeNull();
    expect(await readConfigValue(answering(null), 'shop', 's', 'notifications')).toBeNull();
  });
});

describe('the body of warm-up requests', () => {
  const at = { configMap: 'sluice-warm-up', key: 'predict.json' };
  const failing = (code: 'KUBERNETES_FORBIDDEN' | 'KUBERNETES_UNAVAILABLE') =>
    answering(new SluiceError(code, 'down', { retry: 'backoff' }));

  it('is a text or bytes', async () => {
    const text = object('ConfigMap', { 'predict.json': '{}' });
    expect(await readWarmUpBody(answering(text), 'shop', at)).toEqual({ value: '{}' });
    const bytes = { ...object('ConfigMap', {}), binaryData: { 'predict.json': 'AP8=' } };
    expect(await readWarmUpBody(answering(bytes), 'shop', at)).toEqual({ value: Buffer.from([0, 255]) });
  });

  it.each<[string, ReturnType<typeof answering>, string]>([
    [
      'that is missing',
      answering(null),
      'there is no ConfigMap shop/sluice-warm-up; create it with the key predict.json',
    ],
    [
      'without the key',
      answering(object('ConfigMap', { other: '' })),
      'has no key predict.json; its keys are other',
    ],
    ['without anything', answering(object('ConfigMap', {})), 'its keys are none'],
    ['that may not be read', failing('KUBERNETES_FORBIDDEN'), 'by a Role in namespace shop'],
  ])('in a ConfigMap %s is reported with the fix', async (_case, found, message) => {
    expect(await readWarmUpBody(found, 'shop', at)).toEqual({
      problem: expect.stringContaining(message),
    });
  });

  it('that cannot be asked for is the fault of the API server', async () => {
    await expect(readWarmUpBody(failing('KUBERNETES_UNAVAILABLE'), 'shop', at)).rejects.toThrow('down');
  });
});

describe('a text of a ConfigMap', () => {
  const at = { name: 'sluice-checks', key: 'cases.json' };

  it('is read', async () => {
    const read = createTexts(answering(object('ConfigMap', { 'cases.json': '[]' })));
    expect(await read('shop', at)).toEqual({ text: '[]' });
  });

  it.each<[string, KubeObject | null | Error, string]>([
    ['that is missing', null, 'there is no ConfigMap shop/sluice-checks; create it with the key cases.json'],
    ['without the key', object('ConfigMap', { a: '', b: '' }), 'has no key cases.json; its keys are a, b'],
    [
      'that may not be read',
      new SluiceError('KUBERNETES_FORBIDDEN', 'forbidden', { retry: 'terminal' }),
      'let the ServiceAccount of the controller get ConfigMap sluice-checks by a Role in namespace shop',
    ],
  ])('%s is reported with the fix', async (_case, found, problem) => {
    const answer = await createTexts(answering(found))('shop', at);
    expect(answer).toEqual({ problem: expect.stringContaining(problem) });
  });

  it('that cannot be asked for is the fault of the API server', async () => {
    const down = new SluiceError('KUBERNETES_UNAVAILABLE', 'down', { retry: 'backoff' });
    await expect(createTexts(answering(down))('shop', at)).rejects.toThrow('down');
  });
});
