import type { KubeObject } from '../api/meta.ts';
import { SluiceError } from '../errors.ts';
import type { Events } from '../ports/cluster.ts';

/** How soon a permanently refused write is retried: somebody may have fixed the cause. */
export const AGAIN_MS = 30_000;

/** The API server's error, if it refused something for good; null if retrying may help. */
export function refusalOf(error: unknown): string | null {
  return error instanceof SluiceError && error.retry === 'terminal' ? error.message : null;
}

/**
 * Runs an action. If the API server refuses it for good (no permission, a policy, a quota), that is reported on the
 * object, if any, and retried later, so that deadlines still apply; other errors are thrown. Returns when to try again.
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
