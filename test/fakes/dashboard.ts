import { connectTo } from '../../src/adapters/kubernetes/connection.ts';
import { systemClock } from '../../src/clock.ts';
import { assemble, type Chosen } from '../../src/dashboard/server/assemble.ts';
import { type Assets, assetsOf } from '../../src/dashboard/server/assets.ts';
import type { Parts } from '../../src/dashboard/server/parts.ts';
import { signInByToken } from '../../src/dashboard/server/people/access.ts';
import { serveDashboard } from '../../src/dashboard/server/serve.ts';

const SILENT = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
const EMPTY: Assets = assetsOf({ 'index.html': '<!doctype html><title>Sluice</title>', 'app.js': '' });

/** A dashboard in front of an API server, for people who sign in with tokens. */
export interface TestDashboard {
  readonly url: string;
  readonly parts: Parts;
  close(): Promise<void>;
}

/** Starts it, on a free port unless one is given; `chosen` replaces what a test is about. */
export async function startDashboard(
  server: string,
  chosen: Partial<Chosen> = {},
  port = 0,
): Promise<TestDashboard> {
  const connection = connectTo(server);
  const parts = assemble({
    version: '0.0.0-test',
    cluster: server,
    assets: EMPTY,
    access: { ways: ['token'], byToken: signInByToken({ connection, clock: systemClock, version: 'test' }) },
    sessionMs: 3_600_000,
    namespaces: [],
    isSecure: false,
    cookie: 'sluice',
    isBehindProxy: false,
    hosts: null,
    clock: systemClock,
    random: Math.random,
    log: SILENT,
    ...chosen,
  });
  const served = await serveDashboard(parts, { host: '127.0.0.1', port });
  return {
    url: `http://127.0.0.1:${served.port}`,
    parts,
    close: async () => {
      await served.close();
      await connection.close();
    },
  };
}

/** Somebody's browser, as far as cookies and headers go. */
export interface Browser {
  get(path: string): Promise<Response>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  readonly cookie: string;
  readonly csrf: string;
}

/** Signs somebody in. */
export async function signIn(
  url: string,
  token: string,
  more: Record<string, string> = {},
): Promise<Browser> {
  const headers = { 'content-type': 'application/json', ...more };
  const answer = await fetch(`${url}/api/v1/sign-in`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ token }),
  });
  if (!answer.ok) throw new Error(`sign-in failed: ${await answer.text()}`);
  const cookie = (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  const { csrf } = (await answer.json()) as { csrf: string };
  return {
    cookie,
    csrf,
    get: (path) => fetch(`${url}${path}`, { headers: { cookie } }),
    post: (path, body, given = { 'x-csrf-token': csrf }) =>
      fetch(`${url}${path}`, {
        method: 'POST',
        headers: { ...headers, cookie, ...given },
        body: JSON.stringify(body),
      }),
  };
}

/** An event of a stream. */
export interface StreamEvent {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: unknown;
}

/** The events of a stream as they come; ends with it, or when the signal is aborted. */
export async function* eventsOf(
  url: string,
  headers: Record<string, string>,
  signal: AbortSignal,
): AsyncGenerator<StreamEvent> {
  const response = await fetch(url, { headers, signal });
  if (!response.ok) throw new Error(`HTTP ${response.status}: ${await response.text()}`);
  let rest = '';
  try {
    for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const blocks = `${rest}${part}`.split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const fields = new Map(
          block.split('\n').map((line) => [line.split(': ')[0], line.slice(line.indexOf(': ') + 2)]),
        );
        const data = fields.get('data');
        if (data !== undefined)
          yield { event: fields.get('event') ?? '', id: fields.get('id'), data: JSON.parse(data) };
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
