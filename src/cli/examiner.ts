import { Fault } from '../dashboard/server/fault.ts';
import type { Examined, Examiner } from '../dashboard/server/policy/examiner.ts';
import { CliError, EXIT } from './cli-error.ts';
import { notesOf, planFor } from './commands/prepare/plan.ts';
import { findingsFor } from './commands/prepare/preflight.ts';
import { reportFor } from './commands/prepare/replay.ts';
import type { PrometheusFlags } from './preflight/prometheus.ts';
import type { Session } from './session.ts';

/** What the examinations take beside a session. */
export interface ExamineFlags extends PrometheusFlags {
  readonly rootNamespace: string;
}

/** As `sluice replay` does without flags. */
const USUAL = { periods: 48, runs: 480, faultRuns: 48, seed: 1 } as const;

/** A session of a command with the credentials of a viewer. */
function sessionOf({ viewer, namespace }: Examined, server: string): Session {
  const { client, fetchText, user } = viewer;
  return { server, namespace, user, client, fetchText, close: async () => undefined };
}

/** Errors of commands as those of the dashboard; those of the API server stay. */
async function faulted<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    const { message, next, exit } = error;
    throw new Fault(exit === EXIT.unanswered ? 'unavailable' : 'invalid', message, next);
  }
}

/** The examinations of the dashboard: the same functions as those of the commands. */
export function createExaminer(flags: ExamineFlags, server: string): Examiner {
  const subject = (of: Examined) => [sessionOf(of, server), `rollout/${of.rollout}`] as const;
  return {
    asksForAll: flags.prometheusUrl !== undefined,
    preflight: (of) => faulted(findingsFor(...subject(of), flags)),
    plan: async (of, over) => {
      const found = await faulted(planFor(...subject(of), { ...flags, over }));
      return { ...found, notes: notesOf(found) };
    },
    replay: (of, asked, hooks) => faulted(reportFor(...subject(of), { ...flags, ...USUAL, ...asked }, hooks)),
  };
}
