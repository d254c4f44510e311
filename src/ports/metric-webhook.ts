/** What a system outside is asked about a canary. */
export interface WebhookRequest {
  /** The Release that asks. */
  readonly owner: { readonly namespace: string; readonly name: string };
  readonly url: string;
  /** What it is signed with. */
  readonly secret: string;
  /** What it carries as a bearer token. */
  readonly token?: string;
  /** The same for each try. */
  readonly id: string;
  readonly body: string;
  /** Longest time for one try. */
  readonly timeoutMs: number;
}

/** What it answers, or why that is no answer. */
export type WebhookReply =
  | {
      readonly kind: 'pass' | 'fail' | 'inconclusive' | 'noData' | 'providerError';
      readonly message: string;
    }
  | { readonly kind: 'value'; readonly value: number; readonly message: string };

/** Asks a system outside. Never rejects: whatever goes wrong is a reply that says so, and names no secret. */
export type AskWebhook = (request: WebhookRequest, signal: AbortSignal) => Promise<WebhookReply>;
