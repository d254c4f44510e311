import { createKubeClient, type KubeClient } from '../../../adapters/kubernetes/client.ts';
import type { Connection } from '../../../adapters/kubernetes/connection.ts';
import { isCode } from '../../../adapters/kubernetes/failure.ts';
import { fetchTextOf } from '../../../adapters/kubernetes/fetch-text.ts';
import type { Resource } from '../../../adapters/kubernetes/resource.ts';
import type { Clock } from '../../../clock.ts';
import { Fault } from '../fault.ts';
import type { SignedIn } from '../parts.ts';

const REQUEST_MS = 15_000;
/** Requests at once of one person. */
const AT_ONCE = 16;

const SELF: Resource = {
  group: 'authentication.k8s.io',
  version: 'v1',
  plural: 'selfsubjectreviews',
  kind: 'SelfSubjectReview',
  namespaced: false,
};

/** How the dashboard reaches the API server; `observe` counts requests. */
export interface Reach {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly version: string;
  readonly observe?: (verb: string, resource: string, code: number) => void;
}

function clientOf(connection: Connection, { clock, version, observe }: Reach): KubeClient {
  return createKubeClient(connection, {
    userAgent: `sluice-dashboard/${version}`,
    timeoutMs: REQUEST_MS,
    concurrency: AT_ONCE,
    clock,
    observe,
  });
}

/** Who the API server takes a client for; empty if it does not say (before Kubernetes 1.28). */
async function userOf(client: KubeClient): Promise<string> {
  const body = { apiVersion: `${SELF.group}/${SELF.version}`, kind: SELF.kind, metadata: { name: '' } };
  try {
    const { status } = (await client.create(SELF, body)) as { status?: { userInfo?: { username?: string } } };
    return status?.userInfo?.username ?? '';
  } catch (error) {
    if (isCode(error, 'KUBERNETES_NOT_FOUND')) return '';
    throw error;
  }
}

/** The connection with somebody's token in place of any credentials of this process. */
function withToken(connection: Connection, token: string): Connection {
  return {
    server: connection.server,
    open: async () => ({
      dispatcher: (await connection.open()).dispatcher,
      headers: { authorization: `Bearer ${token}` },
    }),
    refresh: () => undefined,
    close: async () => undefined,
  };
}

/** What a JSON Web Token says of itself. It is not verified: that is the API server's part. */
function claimsOf(token: string): {
  readonly exp?: unknown;
  readonly 'kubernetes.io'?: { namespace?: unknown };
} {
  try {
    return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) ?? {};
  } catch {
    return {};
  }
}

/** Signs somebody in by a token, if the API server accepts it. */
export function signInByToken(reach: Reach): (token: string) => Promise<SignedIn> {
  return async (token) => {
    const connection = withToken(reach.connection, token);
    const client = clientOf(connection, reach);
    const fetchText = fetchTextOf(connection, REQUEST_MS);
    const user = await userOf(client).catch((error: unknown): never => {
      if (isCode(error, 'KUBERNETES_FORBIDDEN'))
        throw new Fault('forbidden', 'the API server does not accept this token', [
          'it may have expired or been revoked: get a new one, such as by kubectl create token NAME',
        ]);
      throw error;
    });
    const { exp, 'kubernetes.io': ofAccount } = claimsOf(token);
    const { namespace } = ofAccount ?? {};
    const place = typeof namespace === 'string' ? { namespace } : {};
    return {
      make: (signal) => ({ client, fetchText, user, ...place, signal }),
      tokenEndsAt: typeof exp === 'number' ? exp * 1_000 : null,
    };
  };
}

/** The person of a kubeconfig. Rejects if the API server does not answer or does not accept the credentials. */
export async function ownerOf(reach: Reach, namespace: string): Promise<SignedIn> {
  const client = clientOf(reach.connection, reach);
  const user = await userOf(client);
  const fetchText = fetchTextOf(reach.connection, REQUEST_MS);
  return { make: (signal) => ({ client, fetchText, user, namespace, signal }), tokenEndsAt: null };
}
