import type { Problem } from '../api/problem.ts';
import type { SessionInfo } from '../api/session.ts';

/** An answer that is none: what the server says about it. */
export class Refused extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.message);
    this.problem = problem;
  }
}

const AWAY: Problem = {
  code: 'unavailable',
  message: 'the dashboard does not answer',
  next: ['check the network, or that it still runs'],
};

/** Sent to the window when the session may be over: the page then asks the server who is signed in. */
export const SESSION_IN_DOUBT = 'sluice:session';

/** The path of a resource below `/api/v1`; each part is escaped. */
export function pathOf(...parts: readonly string[]): string {
  return `/api/v1/${parts.map(encodeURIComponent).join('/')}`;
}

async function answerOf<T>(asked: Promise<Response>): Promise<T> {
  const response = await asked.catch(() => null);
  if (response === null) throw new Refused(AWAY);
  const body: unknown = await response.json().catch(() => null);
  if (response.ok) return body as T;
  const isProblem = typeof body === 'object' && body !== null && 'code' in body;
  if (response.status === 401) window.dispatchEvent(new Event(SESSION_IN_DOUBT));
  throw new Refused(isProblem ? (body as Problem) : AWAY);
}

/** Reads. Rejects with `Refused`. */
export function read<T>(path: string, signal?: AbortSignal): Promise<T> {
  return answerOf(fetch(path, { signal: signal ?? null }));
}

/** Changes something, in the name of a session. Rejects with `Refused`. */
export function send<T>(path: string, body: unknown, session: SessionInfo | null): Promise<T> {
  const csrf: Record<string, string> = session?.signedIn === true ? { 'x-csrf-token': session.csrf } : {};
  return answerOf(
    fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...csrf },
      body: JSON.stringify(body),
    }),
  );
}
