import type { Severity } from '../../api/notification.ts';

/** `GET /api/v1/manual`: what every reason of this version means, in the order of the alphabet. */
export interface Manual {
  readonly reasons: readonly {
    readonly reason: string;
    readonly severity: Severity;
    /** Kinds of objects that show it. */
    readonly objects: readonly string[];
    /** What it means and what to do, in Markdown of one line. */
    readonly help: string;
  }[];
}
