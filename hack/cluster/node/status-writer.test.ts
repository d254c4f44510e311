import { expect, it, vi } from 'vitest';
import type { KubeObject } from '../../../src/api/meta.ts';
import { SluiceError } from '../../../src/errors.ts';
import type { Pod, PodStatus } from './pod.ts';
import { createStatusWriter } from './status-writer.ts';
import { testPod } from './test-pod.ts';

/** A writer of one pod against an API server that keeps what it is sent. */
function setUp() {
  let stored: Pod | null = testPod();
  let wanted: PodStatus | null = { phase: 'Pending' };
  const patches: unknown[] = [];
  const failures: SluiceError[] = [];
  const warn = vi.fn<(fields: object, message: string) => void>();
  const patch = async (
    _resource: unknown,
    _place: unknown,
    _type: unknown,
    body: unknown,
  ): Promise<KubeObject> => {
    const failure = failures.shift();
    if (failure !== undefined) throw failure;
    patches.push(body);
    const { status } = body as { status: PodStatus };
    return { ...testPod(), status };
  };
  const writer = createStatusWriter(
    {
      current: () => stored,
      wanted: () => wanted,
      observeWrite: (pod) => {
        stored = pod;
      },
    },
    { client: { patch }, warn },
  );
  return {
    patches,
    failures,
    warn,
    wake: (status: PodStatus | null) => {
      wanted = status;
      writer.wake();
    },
    forget: () => {
      stored = null;
    },
  };
}

/** A write begins in the turn after its wake, and the API server of this test answers at once. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
}

it('writes what changes together once, with the uid as precondition', async () => {
  const { wake, patches } = setUp();
  wake({ phase: 'Pending' });
  wake({ phase: 'Running' });
  await settled();
  expect(patches).toEqual([{ metadata: { uid: 'uid-1' }, status: { phase: 'Running' } }]);
});

it('writes nothing where the object has it already, is gone, or nothing is wanted', async () => {
  const { wake, patches, forget } = setUp();
  wake({ phase: 'Running' });
  await settled();
  wake({ phase: 'Running' });
  await settled();
  wake(null);
  await settled();
  forget();
  wake({ phase: 'Failed' });
  await settled();
  expect(patches).toHaveLength(1);
});

it('tries again when the API server is away, and lets a pod go that is not there', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  const { wake, patches, failures, warn } = setUp();
  failures.push(new SluiceError('KUBERNETES_UNAVAILABLE', 'away', { retry: 'backoff' }));
  wake({ phase: 'Running' });
  await vi.waitFor(() => expect(warn).toHaveBeenCalledTimes(1));
  await vi.advanceTimersByTimeAsync(1_000);
  await vi.waitFor(() => expect(patches).toHaveLength(1));
  failures.push(new SluiceError('KUBERNETES_NOT_FOUND', 'gone', { retry: 'terminal' }));
  wake({ phase: 'Failed' });
  await vi.waitFor(() => expect(failures).toHaveLength(0));
  await vi.advanceTimersByTimeAsync(5_000);
  expect([patches.length, warn.mock.calls.length]).toEqual([1, 1]);
  vi.useRealTimers();
});
