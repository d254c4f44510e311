import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * How a Prometheus answers. `down`: no connection lasts; `slow`: no answer at all; `empty`: no series; `nan`: every value
 * is NaN; `wrong`: every value is some other number; `page`: a page of HTML, as a login proxy sends it.
 */
export type MetricsMood = 'sound' | 'down' | 'slow' | 'empty' | 'nan' | 'wrong' | 'page';

/** A proxy in front of Prometheus, for faults. */
export interface MetricsProxy {
  readonly url: string;
  become(mood: MetricsMood): void;
  close(): Promise<void>;
}

interface Answer {
  readonly data?: {
    readonly result?: readonly { readonly value?: [number, string]; readonly histogram?: unknown }[];
  };
}

/** An answer to an instant query with other values in it. */
export function withValues(text: string, value: (before: string) => string): string {
  const answer = JSON.parse(text) as Answer;
  for (const { value: pair } of answer.data?.result ?? []) {
    if (pair !== undefined) pair[1] = value(pair[1]);
  }
  return JSON.stringify(answer);
}

const EMPTY = JSON.stringify({ status: 'success', data: { resultType: 'vector', result: [] } });

function changed(text: string, mood: MetricsMood, random: () => number): string {
  if (mood === 'empty') return EMPTY;
  if (mood === 'nan') return withValues(text, () => 'NaN');
  if (mood === 'wrong') return withValues(text, () => String(Math.floor(random() * 1e6)));
  return text;
}

const send = (answer: ServerResponse, [code, text]: [number, string]): void => {
  answer.writeHead(code, { 'content-type': 'application/json' }).end(text);
};

/** Starts a proxy in front of a Prometheus, on loopback only. `random` is for the values of `wrong`. */
export async function startMetricsProxy(upstream: string, random: () => number): Promise<MetricsProxy> {
  let mood: MetricsMood = 'sound';
  const relay = async (
    method: string,
    url: string,
    body: string,
    type: string,
  ): Promise<[number, string]> => {
    const asked = await fetch(`${upstream}${url}`, {
      method,
      ...(body === '' ? {} : { body, headers: { 'content-type': type } }),
    });
    return [asked.status, changed(await asked.text(), mood, random)];
  };
  const server = createServer((message, answer) => {
    let body = '';
    answer.on('error', () => undefined);
    message.setEncoding('utf8').on('data', (part: string) => (body += part));
    message.on('end', () => {
      if (mood === 'slow') return;
      if (mood === 'down') return void message.socket.destroy();
      if (mood === 'page')
        return void answer.writeHead(200, { 'content-type': 'text/html' }).end('<html>Log in');
      const type = message.headers['content-type'] ?? '';
      relay(message.method ?? 'GET', message.url ?? '/', body, type).then(
        (answered) => send(answer, answered),
        () => answer.destroy(),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    become: (next) => {
      mood = next;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
