import type { KubeClient } from '../../../adapters/kubernetes/client.ts';
import type { FetchText } from '../../../adapters/kubernetes/fetch-text.ts';

/** A person who looks, with the credentials that every read and every act of theirs goes with. */
export interface Viewer {
  /** The API server with this person's own rights. */
  readonly client: KubeClient;
  /** Other paths of it, such as that of a Service behind it, with the same rights. */
  readonly fetchText: FetchText;
  /** Their user for the API server; empty if it does not say. */
  readonly user: string;
  /** Namespace of their credentials, if they have one. */
  readonly namespace?: string | undefined;
  /** Aborted when they are signed out. */
  readonly signal: AbortSignal;
}
