import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';

const timeoutMs = 2_000;

/**
 * Whether a GET answers 200 within two seconds. The certificate is not checked: the probe stays inside the namespace
 * and sends nothing.
 */
export function answers(url: string): Promise<boolean> {
  const send = url.startsWith('https:') ? httpsRequest : httpRequest;
  return new Promise((resolve) => {
    const request = send(url, { rejectUnauthorized: false, agent: false, timeout: timeoutMs }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode === 200));
      response.once('error', () => resolve(false));
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(false));
    request.end();
  });
}

/** Whether a Redis server answers PING within two seconds. */
export function redisAnswers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: timeoutMs });
    const finish = (result: boolean): void => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (data) => finish(data.toString().startsWith('+PONG')));
    socket.once('timeout', () => finish(false));
    socket.once('error', () => finish(false));
  });
}

/** PEM texts that a client shows and trusts. */
export interface ClientTls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

interface NodeConditions {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

/** Whether the API server knows a node as ready. */
export function nodeIsReady(server: string, tls: ClientTls, node: string): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { ...tls, agent: false, timeout: timeoutMs } as const;
    const request = httpsRequest(`${server}/api/v1/nodes/${node}`, options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', () => resolve(false));
      response.once('end', () => {
        if (response.statusCode !== 200) return resolve(false);
        const { status } = JSON.parse(Buffer.concat(chunks).toString()) as NodeConditions;
        resolve(
          status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false,
        );
      });
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(false));
    request.end();
  });
}
