import { readFile } from 'node:fs/promises';
import type { KubeClient } from '../adapters/kubernetes/client.ts';
import type { FetchText } from '../adapters/kubernetes/fetch-text.ts';
import { systemClock } from '../clock.ts';
import { version } from '../version.ts';
import { explainError } from './explain-error.ts';

/** Flags that select the cluster and the namespace. */
export interface ClusterFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly allNamespaces?: boolean;
}

/** A connected cluster. */
export interface Session {
  readonly server: string;
  /** The namespace of -n, else of the context, else `default`. */
  readonly namespace: string;
  /** Who the API server takes this person for, where that is known. */
  readonly user?: string;
  readonly client: KubeClient;
  /** The answer to a GET of any path of the API server, with any HTTP status. */
  readonly fetchText: FetchText;
  close(): Promise<void>;
}

const REQUEST_MS = 15_000;
const POD_NAMESPACE = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';

/** Opens the cluster that the flags, the environment or the kubeconfig name. Its libraries are loaded only now. */
async function openSession(flags: ClusterFlags): Promise<Session> {
  const { connect } = await import('../adapters/kubernetes/connection.ts');
  const { createKubeClient } = await import('../adapters/kubernetes/client.ts');
  const { fetchTextOf } = await import('../adapters/kubernetes/fetch-text.ts');
  const connection = await connect(flags, process.env, systemClock);
  const inPod = await readFile(POD_NAMESPACE, 'utf8').catch(() => undefined);
  return {
    server: connection.server,
    namespace: flags.namespace ?? connection.namespace ?? inPod?.trim() ?? 'default',
    client: createKubeClient(connection, {
      userAgent: `sluice-cli/${version}`,
      timeoutMs: REQUEST_MS,
      concurrency: 16,
      clock: systemClock,
    }),
    fetchText: fetchTextOf(connection, REQUEST_MS),
    close: () => connection.close(),
  };
}

/** Runs an action with a cluster and closes it. Errors of the cluster are explained. */
export async function withSession<T>(
  flags: ClusterFlags,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const unknown = { server: '', namespace: flags.namespace ?? 'default' };
  const session = await openSession(flags).catch((error: unknown) => {
    throw explainError(error, unknown);
  });
  try {
    return await work(session);
  } catch (error) {
    throw explainError(error, session);
  } finally {
    await session.close();
  }
}
