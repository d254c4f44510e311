import { describe, expect, it } from 'vitest';
import { hooksOf } from './hooks.ts';
import { testPod } from './test-pod.ts';

const withAnnotations = (annotations: Record<string, string>) =>
  hooksOf(testPod({ metadata: { annotations } }));

describe('hooksOf', () => {
  it('has no effect by default', () => {
    expect(hooksOf(testPod())).toEqual({ ready: null, readyAfterMs: 0, crash: false, evict: null });
  });

  it('reads every annotation', () => {
    expect(
      withAnnotations({
        'sluice.dev/ready': 'false',
        'sluice.dev/ready-after': '1m2s',
        'sluice.dev/crash': 'true',
        'sluice.dev/evict': 'disk pressure',
      }),
    ).toEqual({ ready: false, readyAfterMs: 62_000, crash: true, evict: 'disk pressure' });
  });

  it('takes the load time of the template where no annotation says otherwise', () => {
    const env = [{ name: 'LOAD_SECONDS', value: '1.5' }];
    expect(hooksOf(testPod({ container: { env } })).readyAfterMs).toBe(1_500);
    const annotations = { 'sluice.dev/ready-after': '0s' };
    expect(hooksOf(testPod({ container: { env }, metadata: { annotations } })).readyAfterMs).toBe(0);
  });

  it.each([
    [{ 'sluice.dev/ready': 'yes' }, 'annotation sluice.dev/ready="yes" must be "true" or "false"'],
    [{ 'sluice.dev/ready-after': 'soon' }, 'annotation sluice.dev/ready-after="soon" must be a duration'],
    [{ 'sluice.dev/crash': '1' }, 'annotation sluice.dev/crash="1" must be "true" or "false"'],
  ] as const)('refuses %o', (annotations, message) => {
    expect(() => withAnnotations({ ...annotations })).toThrow(message);
  });
});
