import type { KubeClient } from '../../adapters/kubernetes/client.ts';

/** A person who looks, with the credentials that every read and every act of theirs goes with. */
export interface Viewer {
  /** The API server with this person's own rights. */
  readonly client: KubeClient;
  /** Their user for the API server; empty if it does not say. */
  readonly user: string;
  /** Namespace of their credentials, if they have one. */
  readonly namespace?: string | undefined;
  /** Aborted when they are signed out. */
  readonly signal: AbortSignal;
}
