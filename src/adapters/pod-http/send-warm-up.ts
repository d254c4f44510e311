import type { Targets } from '../../http/outgoing/targets.ts';
import type { WarmUpRequest } from '../../ports/pods.ts';
import { createPodRequest } from './pod-request.ts';

/** Maximum bytes of an answer that are read; its content does not matter. */
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * Creates the sender of warm-up requests. It throws an `Error` with the cause if the answer is not a success or not
 * complete in time.
 */
export function createWarmUpSender(targets: Targets): (warmUp: WarmUpRequest) => Promise<void> {
  const send = createPodRequest(MOST_BYTES, targets);
  return async ({ contentType, ...warmUp }) => {
    const type: Record<string, string> = warmUp.body === undefined ? {} : { 'content-type': contentType };
    const response = await send({ ...warmUp, headers: { 'user-agent': 'sluice', ...type } });
    await response.body.dump({ limit: MOST_BYTES });
    const { statusCode } = response;
    if (statusCode < 200 || statusCode >= 300) throw new Error(`HTTP ${statusCode}`);
  };
}
