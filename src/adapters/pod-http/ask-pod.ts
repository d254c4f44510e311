import type { Dispatcher } from 'undici';
import type { Targets } from '../../http/outgoing/targets.ts';
import { textOf } from '../../http/outgoing/text-body.ts';
import type { AskPod } from '../../ports/pods.ts';
import { createPodRequest } from './pod-request.ts';

const NO_LIMIT = -1;

/** The whole body; null as soon as it is known to be longer than so many bytes. */
async function bodyOf({ body, headers }: Dispatcher.ResponseData, mostBytes: number): Promise<string | null> {
  try {
    return Number(headers['content-length'] ?? 0) > mostBytes ? null : await textOf(body, mostBytes);
  } finally {
    body.on('error', () => {}).destroy();
  }
}

/** Makes what asks pods. It throws an `Error` that says what went wrong where the answer is not wholly there in time. */
export function createAskPod(targets: Targets): AskPod {
  // Here it is for each question to say how much is read.
  const send = createPodRequest(NO_LIMIT, targets);
  return async ({ mostBytes, ...question }) => {
    const began = performance.now();
    const response = await send(question);
    const text = await bodyOf(response, mostBytes);
    if (text === null) return 'tooLong';
    return { status: response.statusCode, body: text, ms: performance.now() - began };
  };
}
