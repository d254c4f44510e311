import type { KubeObject } from '../api/meta.ts';
import { SluiceError } from '../errors.ts';
import type { Events } from './ports.ts';

/** How soon what the API server has refused for good is tried again: somebody may have put the reason right. */
const AGAIN_MS = 30_000;

/**
 * Does something. What the API server refuses for good (no permission, a policy, a quota) is told on the object and
 * tried again later, so that deadlines go on being kept; anything else is thrown. Answers when to try again.
 */
export async function telling(
  { events }: { readonly events: Events },
  regarding: KubeObject,
  now: number,
  act: () => Promise<number | undefined>,
): Promise<number | undefined> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof SluiceError) || error.retry !== 'terminal') throw error;
    events.record(regarding, 'Warning', 'WriteRefused', error.message.slice(0, 1_000));
    return now + AGAIN_MS;
  }
}
