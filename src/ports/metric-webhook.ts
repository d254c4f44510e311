/** A question to an external system about a canary. */
export interface WebhookRequest {
  /** The Release that asks. */
  readonly owner: { readonly namespace: string; readonly name: string };
  readonly url: string;
  /** Secret for the signature. */
  readonly secret: string;
  /** Bearer token. */
  readonly token?: string;
  /** The same for each try. */
  readonly id: string;
  readonly body: string;
  /** Longest time for one try. */
  readonly timeoutMs: number;
}

/** Its answer, or why there is no valid one. */
export type WebhookReply =
  | {
      readonly kind: 'pass' | 'fail' | 'inconclusive' | 'noData' | 'providerError';
      readonly message: string;
    }
  | { readonly kind: 'value'; readonly value: number; readonly message: string };

/** Calls an external system. Never rejects: a failure is a reply that explains it and contains no secret. */
export type AskWebhook = (request: WebhookRequest, signal: AbortSignal) => Promise<WebhookReply>;
