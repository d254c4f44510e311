import { createPodRequest } from '../pod-request.ts';
import type { AskPod } from '../reconcile/ports.ts';

/** Bytes of an answer that are read. One that is longer is no answer. */
const MOST_BYTES = 4 * 1024 * 1024;

/** Makes what asks pods. It throws an `Error` that says what went wrong where the answer is not wholly there in time. */
export function createAskPod(): AskPod {
  const send = createPodRequest(MOST_BYTES);
  return async (question) => {
    const began = performance.now();
    const response = await send(question);
    const text = await response.body.text();
    return { status: response.statusCode, body: text, ms: performance.now() - began };
  };
}
