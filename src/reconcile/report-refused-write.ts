import type { KubeObject } from '../api/meta.ts';
import { SluiceError } from '../errors.ts';
import type { Events } from '../ports/cluster.ts';

/** How soon what the API server has refused for good is tried again: somebody may have put the reason right. */
export const AGAIN_MS = 30_000;

/** Why the API server has refused something for good, in its own words; null where another try may help. */
export function refusalOf(error: unknown): string | null {
  return error instanceof SluiceError && error.retry === 'terminal' ? error.message : null;
}

/**
 * Does something. What the API server refuses for good (no permission, a policy, a quota) is told on the object, where
 * there is one, and tried again later, so that deadlines go on being kept; anything else is thrown. Answers when to try
 * again.
 */
export async function reportingRefusal(
  { events }: { readonly events: Events },
  regarding: KubeObject | null,
  now: number,
  act: () => Promise<number | undefined>,
): Promise<number | undefined> {
  try {
    return await act();
  } catch (error) {
    const why = refusalOf(error);
    if (why === null) throw error;
    if (regarding !== null) events.record(regarding, 'Warning', 'WriteRefused', why.slice(0, 1_000));
    return now + AGAIN_MS;
  }
}
