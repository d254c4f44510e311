import type { Dispatcher } from 'undici';
import type { Targets } from '../../http/outgoing/targets.ts';
import type { AskPod } from '../../ports/pods.ts';
import { createPodRequest } from './pod-request.ts';

const NO_LIMIT = -1;

/** The whole body as text; null as soon as it is longer than so many bytes. */
async function textOf({ body, headers }: Dispatcher.ResponseData, mostBytes: number): Promise<string | null> {
  const stop = (): null => {
    body.on('error', () => {}).destroy();
    return null;
  };
  if (Number(headers['content-length'] ?? 0) > mostBytes) return stop();
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > mostBytes) return stop();
    parts.push(part);
  }
  return new TextDecoder().decode(Buffer.concat(parts));
}

/**
 * Creates the client for requests to pods. It throws an `Error` with the cause if the answer is not complete in time.
 */
export function createAskPod(targets: Targets): AskPod {
  // The limit differs per request.
  const send = createPodRequest(NO_LIMIT, targets);
  return async ({ mostBytes, ...question }) => {
    const began = performance.now();
    const response = await send(question);
    const text = await textOf(response, mostBytes);
    if (text === null) return 'tooLong';
    return { status: response.statusCode, body: text, ms: performance.now() - began };
  };
}
