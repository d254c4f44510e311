import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Behaviour } from './behaviour.ts';
import { startGrpc } from './grpc.ts';
import { createMetrics } from './metrics.ts';
import { type Answer, answerOf } from './predict.ts';

/** A running model server. */
export interface ModelServer {
  /** The port that it listens on. */
  readonly port: number;
  /** Resolves when the model has loaded. */
  readonly loaded: Promise<void>;
  /**
   * Ends it without losing a request: it is unready at once, still accepts requests while the proxies learn of it, and
   * answers those in flight. Resolves after the last answer.
   */
  drain(): Promise<void>;
}

/** Maximum length of an input that is used. */
const MOST_INPUT = 65_536;

type Phase = 'loading' | 'serving' | 'draining';

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

const sendJson = (response: ServerResponse, status: number, body: object): void =>
  send(response, status, 'application/json', JSON.stringify(body));

/** The body of a request, as far as it matters. */
async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) if (text.length < MOST_INPUT) text += chunk;
  return text;
}

/** Starts to listen at once and to load; until the model has loaded, `/ready` and `/predict` answer 503. */
export async function startModelServer(
  behaviour: Behaviour,
  log: (line: object) => void,
): Promise<ModelServer> {
  const { version, pod, loadSeconds } = behaviour;
  const metrics = createMetrics(behaviour.buckets, version);
  const began = performance.now();
  let phase: Phase = 'loading';
  let loadedAt = began;
  let requests = 0;

  /** Answers an input as the behaviour says, and counts it. */
  const outcomeFor = async (input: string): Promise<Answer['outcome']> => {
    const started = performance.now();
    const { latencyMs, outcome } = answerOf(
      behaviour,
      requests++,
      (started - loadedAt) / 1_000,
      input,
      Date.now() / 1_000,
    );
    await sleep(latencyMs);
    if (outcome.status === 200) metrics.prediction(outcome.class);
    metrics.request(outcome.status, (performance.now() - started) / 1_000);
    return outcome;
  };

  const predict = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const outcome = await outcomeFor(await bodyOf(request));
    if (outcome.status === 200)
      sendJson(response, 200, { version, pod, class: outcome.class, score: outcome.score });
    else sendJson(response, 500, { version, pod, error: 'the model failed on this input' });
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    response.setHeader('x-version', version);
    response.setHeader('x-pod', pod);
    if (phase === 'draining') response.setHeader('connection', 'close');
    const path = (request.url ?? '/').split('?')[0];
    if (path === '/live') sendJson(response, 200, { phase });
    else if (path === '/ready') sendJson(response, phase === 'serving' ? 200 : 503, { phase });
    else if (path === '/metrics') send(response, 200, 'text/plain; version=0.0.4', metrics.text());
    else if (path !== '/predict') sendJson(response, 404, { error: `no such path: ${path}` });
    else if (phase !== 'loading') await predict(request, response);
    else {
      metrics.request(503, 0);
      sendJson(response, 503, { error: 'the model is loading' });
    }
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      log({ message: 'request failed', error: String(error) });
      response.destroy();
    });
  });
  // A proxy keeps idle connections for an hour; the side that closes first must not be this one.
  server.keepAliveTimeout = 2 * 3_600_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(behaviour.port, behaviour.ip, resolve);
  });

  const { grpcPort, ip } = behaviour;
  const grpc =
    grpcPort === null
      ? null
      : await startGrpc({ port: grpcPort, ip, version, pod }, async () => {
          if (phase === 'loading') return 503;
          return (await outcomeFor('')).status;
        });

  const load = async (): Promise<void> => {
    await sleep(loadSeconds * 1_000);
    loadedAt = performance.now();
    metrics.loaded((loadedAt - began) / 1_000);
    if (phase === 'loading') phase = 'serving';
    log({ message: 'model loaded', version, pod, seconds: Math.round(loadedAt - began) / 1_000 });
  };

  const drain = async (): Promise<void> => {
    phase = 'draining';
    await sleep(behaviour.drainSeconds * 1_000);
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    // A connection whose last answer began before the drain stays open when that answer is done.
    const idle = setInterval(() => server.closeIdleConnections(), 50);
    await closed.finally(() => clearInterval(idle));
    await grpc?.close();
    log({ message: 'stopped', version, pod, requests });
  };

  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : behaviour.port;
  return { port, loaded: load(), drain };
}
