import { z } from 'zod';
import { type ErrorCode, SluiceError } from '../errors.ts';

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
  details: z.object({ causes: z.array(Cause).optional() }).optional(),
});
type Status = z.infer<typeof Status>;

function statusOf(body: string): Status {
  try {
    return Status.parse(JSON.parse(body));
  } catch {
    return body === '' ? {} : { message: body.slice(0, 300) };
  }
}

/** The API's own message, and what it is hiding in the causes when the message says nothing. */
function messageOf(code: number, { message, details }: Status): string {
  const causes = (details?.causes ?? []).flatMap((cause) => cause.message ?? []);
  const hidden = causes.filter((cause) => message?.includes(cause) !== true);
  return [message ?? `HTTP ${code}`, ...hidden].join(': ');
}

/** A JSON patch whose `test` did not hold: the API server answers 422 to what is a conflict for us. */
function isFailedTest(code: number, message: string): boolean {
  return code === 422 && /testing (value|path) .* failed|test failed/i.test(message);
}

function retryAfterMs(header: string | undefined): number | null {
  if (header === undefined) return null;
  const seconds = Number(header);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : null;
}

/** Our error for an answer of the API server that is not a success. `retryAfter` is the header, in seconds. */
export function failureOf(
  what: string,
  code: number,
  body: string,
  retryAfter: string | undefined,
): SluiceError {
  const status = statusOf(body);
  const message = messageOf(code, status);
  const text = `${what}: ${message}`;
  if (code === 409 || isFailedTest(code, message)) {
    return new SluiceError('KUBERNETES_CONFLICT', text, { retry: 'backoff' });
  }
  if (code === 404) return new SluiceError('KUBERNETES_NOT_FOUND', text, { retry: 'terminal' });
  if (code === 410) return new SluiceError('KUBERNETES_GONE', text, { retry: 'backoff' });
  // Credentials rotate, so this one passes; what is forbidden stays so until somebody changes RBAC.
  if (code === 401) return new SluiceError('KUBERNETES_FORBIDDEN', text, { retry: 'backoff' });
  if (code === 403) return new SluiceError('KUBERNETES_FORBIDDEN', text, { retry: 'terminal' });
  if (code === 429 || code >= 500) {
    const afterMs = retryAfterMs(retryAfter);
    return new SluiceError('KUBERNETES_UNAVAILABLE', text, {
      retry: afterMs === null ? 'backoff' : { afterMs },
    });
  }
  return new SluiceError('KUBERNETES_INVALID', text, { retry: 'terminal' });
}

const TIMEOUTS = new Set(['TimeoutError', 'HeadersTimeoutError', 'BodyTimeoutError', 'ConnectTimeoutError']);

/** Our error for a request that got no answer, or whose answer broke off. */
export function unreachable(what: string, cause: unknown): SluiceError {
  const { name, message } = cause instanceof Error ? cause : { name: '', message: String(cause) };
  const code = TIMEOUTS.has(name) ? 'KUBERNETES_TIMEOUT' : 'KUBERNETES_UNAVAILABLE';
  return new SluiceError(code, `${what}: ${message || name}`, { retry: 'backoff', cause });
}

/** Whether this is our error with that code. */
export function isCode(error: unknown, code: ErrorCode): boolean {
  return error instanceof SluiceError && error.code === code;
}
