import { rm } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import { z } from 'zod';
import { ClusterError, messageOf } from '../cluster-error.ts';
import type { Component } from './component.ts';

/** A component as `status` shows it. */
const ComponentStatus = z.object({
  name: z.string(),
  pid: z.number().optional(),
  state: z.enum(['healthy', 'not answering', 'ended']),
  logFile: z.string(),
});
export type ComponentStatus = z.infer<typeof ComponentStatus>;

const actions = ['start', 'stop', 'pause', 'resume'] as const;
/** What a person can do to one component of a running cluster. */
export type Action = (typeof actions)[number];

async function statusOf(component: Component): Promise<ComponentStatus> {
  const { name, pid, logFile } = component;
  if (pid === undefined) return { name, state: 'ended', logFile };
  return { name, pid, state: (await component.healthy()) ? 'healthy' : 'not answering', logFile };
}

async function act(components: readonly Component[], action: string, name: string): Promise<void> {
  const component = components.find((one) => one.name === name);
  if (component === undefined) {
    throw new ClusterError(`no component ${name}; there are ${components.map((one) => one.name).join(', ')}`);
  }
  const known = actions.find((one) => one === action);
  if (known !== undefined) await component[known]();
}

/** Serves the state of a cluster's components on a Unix socket, which is reached from every network namespace. */
export async function serveControl(path: string, components: readonly Component[]): Promise<Server> {
  await rm(path, { force: true });
  const server = createServer((incoming, response) => {
    const [, action = '', name = ''] = (incoming.url ?? '').split('/');
    const work = incoming.method === 'POST' ? act(components, action, name) : Promise.resolve();
    work
      .then(() => Promise.all(components.map(statusOf)))
      .then((statuses) => response.end(JSON.stringify(statuses)))
      .catch((error: unknown) => response.writeHead(400).end(messageOf(error)));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  return server;
}

function ask(socketPath: string, method: string, path: string): Promise<ComponentStatus[]> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, method, path }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const text = Buffer.concat(chunks).toString();
        if (response.statusCode !== 200) return reject(new ClusterError(text));
        resolve(z.array(ComponentStatus).parse(JSON.parse(text)));
      });
    });
    outgoing.once('error', (error) =>
      reject(new ClusterError(`the supervisor does not answer: ${error.message}`)),
    );
    outgoing.end();
  });
}

/** The state of each component of a running cluster. */
export const askStatus = (socketPath: string): Promise<ComponentStatus[]> => ask(socketPath, 'GET', '/');

/** Does something to one component and returns the state of all. */
export const askAction = (socketPath: string, action: Action, name: string): Promise<ComponentStatus[]> =>
  ask(socketPath, 'POST', `/${action}/${name}`);
