import type { Release, ReleaseStatus } from '../../api/release/release.ts';
import type { Observation } from '../../release/observed.ts';
import { hasDeparted } from '../../release/stages/departed.ts';
import { earliest, type PassDeps } from '../pass-deps.ts';
import { questionOf } from './questions.ts';

/** How far a pass has come: what it knows, and the status that follows from it. */
export interface PassSoFar {
  /** The Release as it is stored. */
  readonly stored: Release;
  readonly observation: Observation;
  readonly status: ReleaseStatus;
}

/** What an observer adds. */
export interface Findings {
  readonly facts: Partial<Observation>;
  /** When it will have more to say without the pass being woken, epoch milliseconds. */
  readonly againAt?: number | undefined;
  /** It has not answered within its budget, and nothing can be decided without it. */
  readonly isPending?: boolean;
}

/** A source of facts that are not in the watch caches. */
export interface Observer {
  readonly name: 'memory' | 'pods' | 'metrics';
  /** How long a pass waits for it, milliseconds. */
  readonly budgetMs: number;
  readonly observe: (deps: PassDeps, pass: PassSoFar, budgetMs: number) => Findings | Promise<Findings>;
}

/** How soon what was not answered is asked again. */
const AGAIN_MS = 250;

/**
 * What this process remembers: writes that were refused, who else writes the routes, since when pods are gone, checks and
 * warm-ups under way, pods.
 */
const memory: Observer['observe'] = (deps, { stored, observation, status }) => {
  const { warmth, lookAt: warmAt } = deps.warmUps.look(observation, status);
  const contest = deps.contests.of(stored, observation.now);
  const departedAt = deps.departures.look(stored, hasDeparted(observation, status), observation.now);
  const known = {
    refusals: deps.tries.of(stored),
    ...(contest === null ? {} : { contest }),
    ...(departedAt === null ? {} : { departedAt }),
    ...(warmth === undefined ? {} : { warmth }),
    ...deps.podLists.last(observation),
  };
  const { checks, lookAt: checkAt } = deps.checks.look({ ...observation, ...known }, status);
  return {
    facts: checks === undefined ? known : { ...known, checks },
    againAt: earliest(warmAt, checkAt),
  };
};

const pods: Observer['observe'] = async ({ podLists }, { observation, status }, budgetMs) => {
  const { pods: found, lookAt } = await podLists.look(observation, status, budgetMs);
  return { facts: found === undefined ? {} : { pods: found }, againAt: lookAt };
};

const metrics: Observer['observe'] = async (deps, { stored, observation, status }, budgetMs) => {
  const question = questionOf(deps, observation, status);
  if (question === null) return { facts: {} };
  const answer = await deps.answers.ask(stored, question.key, question.ask, budgetMs);
  if (answer !== null) return { facts: answer };
  const { meanwhile } = question;
  return {
    facts: meanwhile ?? {},
    againAt: observation.now + AGAIN_MS,
    isPending: meanwhile === undefined,
  };
};

/** In the order in which they are asked, the slowest last: an abort depends on nothing but the API server. */
export const OBSERVERS: readonly Observer[] = [
  { name: 'memory', budgetMs: 0, observe: memory },
  { name: 'pods', budgetMs: 200, observe: pods },
  { name: 'metrics', budgetMs: 200, observe: metrics },
];
