import { createServer, request, type Server } from 'node:http';
import type { Cluster } from '../cluster/cluster.ts';

const ACTIONS = ['start', 'stop', 'kill', 'pause', 'resume'] as const;

/** Actions on a component of the cluster from another process. */
export type Action = (typeof ACTIONS)[number];

/** Does something to a component of a cluster of this process. */
export async function act(cluster: Cluster, name: string, action: string): Promise<void> {
  const component = cluster.component(name);
  if (action === 'start') await component.start();
  else if (action === 'stop') await component.stop();
  else if (action === 'kill') await component.stop('SIGKILL');
  else if (action === 'pause') component.pause();
  else if (action === 'resume') component.resume();
  else throw new TypeError(`${action} is none of ${ACTIONS.join(', ')}`);
}

/** Lets other processes act on the components of a cluster, over a Unix socket: `POST /COMPONENT/ACTION`. */
export function serveComponents(cluster: Cluster, socketPath: string): Promise<Server> {
  const server = createServer((asked, answer) => {
    const [, name = '', action = ''] = (asked.url ?? '').split('/');
    act(cluster, decodeURIComponent(name), action).then(
      () => answer.end(),
      (error: unknown) => answer.writeHead(500).end(String(error)),
    );
  });
  return new Promise((resolve) => server.listen(socketPath, () => resolve(server)));
}

/** Does something to a component; resolves when it is done (`start`: when it is ready again). */
export function actOn(socketPath: string, component: string, action: Action): Promise<void> {
  return new Promise((resolve, reject) => {
    const path = `/${encodeURIComponent(component)}/${action}`;
    const asked = request({ socketPath, path, method: 'POST' }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (part: string) => (text += part));
      answer.on('end', () => {
        if (answer.statusCode === 200) resolve();
        else reject(new Error(`${action} ${component}: ${text}`));
      });
    });
    asked.on('error', reject);
    asked.end();
  });
}
