import { connect } from '../adapters/kubernetes/connection.ts';
import { identityProblem } from '../adapters/kubernetes/identity.ts';
import { createKubernetes, type Kubernetes } from '../adapters/kubernetes/kubernetes.ts';
import type { Config } from '../config/config.ts';
import { ROUTERS } from '../traffic/registry.ts';
import type { Runtime } from './runtime.ts';

/**
 * Whether this process works without the lease: with Redis every replica does, each write guarded by what was read;
 * without an election nobody else works.
 */
export function worksWithoutLease({ queue, leaderElect }: Config): boolean {
  return queue === 'redis' || !leaderElect;
}

/** Connects to the API server, and says which one it is. Watches and the election run from `start` on. */
export async function connectCluster(
  runtime: Runtime,
): Promise<{ readonly kubernetes: Kubernetes; readonly server: string }> {
  const { config, version, clock, random, log, metrics, tracing } = runtime;
  const connection = await connect(config, process.env, clock);
  const kubernetes = createKubernetes({
    connection,
    version,
    namespaces: config.namespaces,
    watches: ROUTERS.watches,
    settings: config,
    lease: { namespace: config.leaseNamespace, name: config.leaseName, identity: config.identity },
    elect: config.leaderElect,
    fence: worksWithoutLease(config) ? 'none' : 'leader',
    clock,
    random,
    log,
    observe: (verb, resource, code, seconds) => {
      metrics.kubernetesRequest(verb, resource, code, seconds);
      const failed = code >= 200 && code < 300 ? undefined : `HTTP ${code}`;
      tracing.requested(`${verb} ${resource}`, seconds, { 'http.response.status_code': code }, failed);
    },
    eventDropped: () => metrics.eventDropped(),
  });
  return { kubernetes, server: connection.server };
}

/** Logs once what would make the admission policies undo all that this process does. */
export async function reportIdentity({ client }: Kubernetes, { log }: Runtime): Promise<void> {
  try {
    const problem = await identityProblem(client);
    if (problem !== null)
      log.error({ problem }, 'the API server does not take this process for the controller');
  } catch (err) {
    log.warn({ err }, 'who this process is for the API server could not be checked');
  }
}
