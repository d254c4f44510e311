import type { Act, ActDetails } from '../../acts/offers.ts';

/** What this person may do in a namespace by RBAC. `GET /api/v1/namespaces/NAMESPACE/rights`. Admission may still refuse. */
export interface Rights {
  /** Pause, resume, abort and reject. */
  readonly change: boolean;
  /** Approve, skip and promote. */
  readonly approve: boolean;
  /** How to get what is missing, one line each. */
  readonly next: readonly string[];
}

/**
 * Body of `POST /api/v1/namespaces/NAMESPACE/releases/RELEASE/acts`, with the header `x-csrf-token`. The reason has at
 * most 1,024 characters; the gate is the waiting one unless it is named.
 */
export interface ActRequest extends ActDetails {
  readonly act: Act;
}

/** The answer: what has happened, in a sentence, as the command line says it. A refusal is a `Problem`. */
export interface ActOutcome {
  readonly message: string;
}
