/** When a failed operation is worth another try: never again as it is, with back-off, or after a known delay. */
export type Retry = 'terminal' | 'backoff' | { readonly afterMs: number };

/** Every code that a `SluiceError` can carry. A code is stable: people search for it. */
export type ErrorCode =
  | 'KUBERNETES_CONFLICT'
  | 'KUBERNETES_GONE'
  | 'KUBERNETES_NOT_FOUND'
  | 'KUBERNETES_INVALID'
  | 'KUBERNETES_TOO_LARGE'
  | 'KUBERNETES_FORBIDDEN'
  | 'KUBERNETES_REFUSED'
  | 'KUBERNETES_UNAVAILABLE'
  | 'KUBERNETES_TIMEOUT'
  | 'NOT_LEADER'
  | 'PROMETHEUS_UNAVAILABLE'
  | 'CONFIG_INVALID'
  | 'QUEUE_UNAVAILABLE'
  | 'SECRET_MISSING'
  | 'NOTIFICATION_FAILED'
  | 'NOTIFICATION_REFUSED';

/** An operation that failed for a reason outside this process, with the retry that makes sense. */
export class SluiceError extends Error {
  override readonly name = 'SluiceError';
  readonly code: ErrorCode;
  readonly retry: Retry;

  constructor(code: ErrorCode, message: string, options: { retry: Retry; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.code = code;
    this.retry = options.retry;
  }
}

/** What went wrong, in the words of whatever was thrown. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
