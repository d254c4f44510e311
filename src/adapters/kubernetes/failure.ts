import { z } from 'zod';
import { type ErrorCode, SluiceError } from '../../errors.ts';

const Cause = z.object({
  reason: z.string().optional(),
  field: z.string().optional(),
  message: z.string().optional(),
});

/** The part of Kubernetes' Status that we read. */
const Status = z.object({
  message: z.string().optional(),
  reason: z.string().optional(),
  code: z.number().optional(),
  details: z.object({ kind: z.string().optional(), causes: z.array(Cause).optional() }).optional(),
});
type Status = z.infer<typeof Status>;

function statusOf(body: string): Status {
  try {
    return Status.parse(JSON.parse(body));
  } catch {
    return body === '' ? {} : { message: body.trim().slice(0, 300) };
  }
}

/** The API server's message, or the causes if the message has no detail. */
function messageOf(code: number, { message, details }: Status): string {
  const causes = (details?.causes ?? []).flatMap((cause) => cause.message ?? []);
  const hidden = causes.filter((cause) => message?.includes(cause) !== true);
  return [message ?? `HTTP ${code}`, ...hidden].join(': ');
}

/**
 * A JSON patch that does not fit the current object: a `test` failed, or a path does not exist. The API server (1.37)
 * answers 422 Invalid with empty details; failures of validation or admission have kind and causes.
 */
function isUnfitPatch(code: number, method: string, { reason, details }: Status): boolean {
  const isBare = details?.kind === undefined && (details?.causes ?? []).length === 0;
  return method === 'PATCH' && code === 422 && reason === 'Invalid' && isBare;
}

function retryAfterMs(header: string | undefined): number | null {
  if (header === undefined) return null;
  const seconds = Number(header);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : null;
}

/** The API server works, but a webhook that must admit the object does not answer. */
function isWebhookFailure(code: number, message: string): boolean {
  return code === 500 && message.includes('failed calling webhook');
}

/** An answer of the API server that is not a success. */
export interface FailedAnswer {
  /** A description of the request, for people. */
  readonly what: string;
  readonly method: string;
  readonly code: number;
  readonly body: string;
  /** The header, in seconds. */
  readonly retryAfter: string | undefined;
}

const SMALLER =
  'the object is larger than etcd or the API server takes (1.5 MiB by default, --max-request-bytes of etcd)';

/** As reported by etcd, the API server's etcd client and the API server itself: with 500, 500 and 413. */
const TOO_LARGE = /request is too large|larger than max|[Rr]equest entity too large/;

/** The `SluiceError` for an answer that is not a success. */
export function failureOf({ what, method, code, body, retryAfter }: FailedAnswer): SluiceError {
  const status = statusOf(body);
  const message = messageOf(code, status);
  if (isUnfitPatch(code, method, status)) {
    const text = `${what}: the patch does not fit the object as it is now`;
    return new SluiceError('KUBERNETES_CONFLICT', text, { retry: 'backoff' });
  }
  const text = `${what}: ${message}`;
  if (code === 409) return new SluiceError('KUBERNETES_CONFLICT', text, { retry: 'backoff' });
  if (code === 404) return new SluiceError('KUBERNETES_NOT_FOUND', text, { retry: 'terminal' });
  if (code === 410) return new SluiceError('KUBERNETES_GONE', text, { retry: 'backoff' });
  // Credentials rotate, so this may succeed later; what is forbidden stays so until somebody changes RBAC.
  if (code === 401) return new SluiceError('KUBERNETES_FORBIDDEN', text, { retry: 'backoff' });
  if (code === 403) return new SluiceError('KUBERNETES_FORBIDDEN', text, { retry: 'terminal' });
  if (code === 413 || (code === 500 && TOO_LARGE.test(message)))
    return new SluiceError('KUBERNETES_TOO_LARGE', `${text}: ${SMALLER}`, { retry: 'terminal' });
  if (isWebhookFailure(code, message))
    return new SluiceError('KUBERNETES_REFUSED', text, { retry: 'backoff' });
  if (code === 429 || code >= 500) {
    const afterMs = retryAfterMs(retryAfter);
    return new SluiceError('KUBERNETES_UNAVAILABLE', text, {
      retry: afterMs === null ? 'backoff' : { afterMs },
    });
  }
  return new SluiceError('KUBERNETES_INVALID', text, { retry: 'terminal' });
}

const TIMEOUTS = new Set(['TimeoutError', 'HeadersTimeoutError', 'BodyTimeoutError', 'ConnectTimeoutError']);

/** The `SluiceError` for a request without an answer, or with an incomplete one. */
export function unreachable(what: string, cause: unknown): SluiceError {
  if (cause instanceof SluiceError) return cause;
  const { name, message } = cause instanceof Error ? cause : { name: '', message: String(cause) };
  const code = TIMEOUTS.has(name) ? 'KUBERNETES_TIMEOUT' : 'KUBERNETES_UNAVAILABLE';
  return new SluiceError(code, `${what}: ${message || name}`, { retry: 'backoff', cause });
}

/** Whether this is a `SluiceError` with that code. */
export function isCode(error: unknown, code: ErrorCode): boolean {
  return error instanceof SluiceError && error.code === code;
}
