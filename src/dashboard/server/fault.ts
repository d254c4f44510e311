import { grantFor } from '../../acts/grant.ts';
import { Refusal } from '../../acts/refusal.ts';
import { SluiceError, wordsOf } from '../../errors.ts';
import type { Problem } from '../api/problem.ts';

/** A request that cannot be answered, with what the person reads. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly problem: Problem;

  constructor(code: Problem['code'], message: string, next: readonly string[] = []) {
    super(message);
    this.problem = { code, message, next };
  }
}

/** The HTTP status of each kind of problem. */
export const STATUS = {
  signedOut: 401,
  forbidden: 403,
  notFound: 404,
  invalid: 400,
  conflict: 409,
  tooMany: 429,
  unavailable: 503,
  failed: 500,
} as const satisfies Record<Problem['code'], number>;

const SIGN_IN_AGAIN: Problem = {
  code: 'signedOut',
  message: 'the API server does not accept your credentials (any more)',
  next: ['sign in again'],
};

const BUSY: Problem = {
  code: 'conflict',
  message: 'somebody else changed the release at the same time, again and again',
  next: ['see what it shows now, then try again'],
};

function ofCluster({ code, message }: SluiceError, namespace: string): Problem {
  if (code === 'KUBERNETES_FORBIDDEN' && /Unauthorized/.test(message)) return SIGN_IN_AGAIN;
  if (code === 'KUBERNETES_FORBIDDEN')
    return { code: 'forbidden', message, next: [grantFor(message, namespace)] };
  if (code === 'KUBERNETES_NOT_FOUND') return { code: 'notFound', message, next: [] };
  if (code === 'KUBERNETES_CONFLICT') return BUSY;
  if (code !== 'KUBERNETES_UNAVAILABLE' && code !== 'KUBERNETES_TIMEOUT')
    return { code: 'invalid', message, next: [] };
  return {
    code: 'unavailable',
    message: `the API server does not answer (${message})`,
    next: ['nothing was lost; try again in a moment'],
  };
}

/** What the person reads about an error; null if it is a fault of ours, which only the log may describe. */
export function problemOf(error: unknown, namespace: string): Problem | null {
  if (error instanceof Fault) return error.problem;
  if (error instanceof Refusal)
    return { code: error.isUsage ? 'invalid' : 'conflict', message: error.message, next: error.next };
  if (error instanceof SluiceError && error.code.startsWith('KUBERNETES_'))
    return ofCluster(error, namespace);
  if (error instanceof SyntaxError) return { code: 'invalid', message: wordsOf(error), next: [] };
  return null;
}
