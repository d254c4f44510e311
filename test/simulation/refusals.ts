import { failureOf } from '../../src/adapters/kubernetes/failure.ts';
import type { ClusterWrite } from '../fakes/memory-server.ts';

/** What refuses the controller's writes. */
export type Refuser = 'istiod' | 'quota' | 'policy' | 'deploymentPolicy';

interface Answer {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
}

/** Kinds of routes, and what routers make beside them. */
const ROUTING: readonly string[] = ['VirtualService', 'DestinationRule', 'HTTPRoute', 'GRPCRoute', 'Service'];

/** The API server's answer to a write, as in Kubernetes 1.37; null if that refuser does not apply. */
const ANSWERS: Readonly<Record<Refuser, (write: ClusterWrite) => Answer | null>> = {
  istiod: ({ object, verb, subresource }) =>
    ROUTING.includes(object.kind) && verb !== 'remove' && subresource === undefined
      ? {
          code: 500,
          reason: 'InternalError',
          message:
            'Internal error occurred: failed calling webhook "rev.validation.istio.io": failed to call webhook: Post "https://istiod.istio-system.svc:443/validate?timeout=10s": tls: failed to verify certificate: x509: certificate signed by unknown authority',
        }
      : null,
  quota: ({ object, verb }) =>
    object.kind === 'ReplicaSet' && verb === 'create'
      ? {
          code: 403,
          reason: 'Forbidden',
          message: `replicasets.apps "${object.metadata.name}" is forbidden: exceeded quota: objects, requested: count/replicasets.apps=1, used: count/replicasets.apps=2, limited: count/replicasets.apps=2`,
        }
      : null,
  policy: ({ object, verb }) =>
    object.kind === 'ReplicaSet' && verb !== 'remove'
      ? {
          code: 422,
          reason: 'Invalid',
          message: `replicasets.apps "${object.metadata.name}" is forbidden: ValidatingAdmissionPolicy 'frozen' with binding 'frozen' denied request: no change before Monday`,
        }
      : null,
  deploymentPolicy: ({ object, verb, subresource }) =>
    object.kind === 'Deployment' && verb === 'patch' && subresource === undefined
      ? {
          code: 422,
          reason: 'Invalid',
          message: `deployments.apps "${object.metadata.name}" is forbidden: ValidatingAdmissionPolicy 'frozen' with binding 'frozen' denied request: no change before Monday`,
        }
      : null,
};

/** Refuses writes of the controller, as long as a refuser is active. */
export class Refusers {
  readonly #until = new Map<Refuser, number>();
  /** Writes that were refused, oldest first. */
  readonly refused: { readonly at: number; readonly kind: string; readonly by: Refuser }[] = [];

  /** From now until then, epoch milliseconds; 0 sends it away. */
  stand(by: Refuser, until: number): void {
    this.#until.set(by, until);
  }

  /** Until when a refuser is active, as seen from `now`. */
  isThere(by: Refuser, now: number): boolean {
    return (this.#until.get(by) ?? 0) > now;
  }

  leave(): void {
    this.#until.clear();
  }

  /** The error that a write fails with; null where nobody refuses it. */
  answer(write: ClusterWrite, now: number): Error | null {
    for (const [by, until] of this.#until) {
      const found = until > now ? ANSWERS[by](write) : null;
      if (found === null) continue;
      const { kind } = write.object;
      this.refused.push({ at: now, kind, by });
      const details = { name: write.object.metadata.name, kind: `${kind.toLowerCase()}s` };
      return failureOf({
        what: `${write.verb} ${kind.toLowerCase()}s/${write.object.metadata.name}`,
        method: write.verb === 'patch' ? 'PATCH' : 'POST',
        code: found.code,
        body: JSON.stringify({ ...found, details }),
        retryAfter: undefined,
      });
    }
    return null;
  }
}
