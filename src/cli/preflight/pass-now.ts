import { setTimeout as after } from 'node:timers/promises';
import { createPendingAnswers } from '../../measure/pending-answers.ts';
import { createPodLists } from '../../measure/pod-lists.ts';
import type { Store } from '../../ports/cluster.ts';
import type { PodsOf } from '../../ports/pods.ts';
import { observe } from '../../reconcile/release/observe.ts';
import { decide } from '../../release/decide.ts';
import { parseRelease, trafficProblem } from '../../release/parse.ts';
import { type PassRecord, recordPass } from '../../release/pass-record.ts';
import { initialStatus } from '../../release/status/apply-transition.ts';
import type { RouterSettings } from '../../traffic/declaration.ts';
import { ROUTERS } from '../../traffic/registry.ts';
import { version } from '../../version.ts';
import { CliError } from '../cli-error.ts';

/** What only the controller knows, and asking for which would send requests: a pass of its own has that, too. */
const UNKNOWN: readonly string[] = [
  'what the metrics answer',
  'runs of checks and warm-ups',
  'writes that the API server refuses',
  'who else writes the routes',
];

/** A pass as far as objects and pods tell of it. */
export interface PassNow extends PassRecord {
  readonly unknown: readonly string[];
}

/** Longest time for the pods to be listed. */
const PODS_MS = 10_000;

/** What a pass over a Release would be decided from now, and what it would come to. Changes nothing. */
export async function passNow(
  { store, settings, podsOf }: { store: Store; settings: RouterSettings; podsOf: PodsOf },
  of: { readonly namespace: string; readonly name: string },
  now: number,
): Promise<PassNow> {
  const object = store.get('Release', of.namespace, of.name);
  if (object === null) throw new CliError(`Release ${of.name} is gone`);
  const parsed = parseRelease(object);
  if ('problem' in parsed) throw new CliError(`Release ${of.name}: ${parsed.problem.message}`);
  const release = parsed.value;
  const wrong = trafficProblem('Release', release.spec.policy, ROUTERS);
  if (wrong !== null) throw new CliError(`Release ${of.name}: ${wrong.message}`);
  const rollout = store.get('Rollout', of.namespace, release.spec.rollout);
  const deps = { store, routers: ROUTERS, settings };
  const { observation: first, router } = observe(deps, rollout, release, now);
  const lists = createPodLists(podsOf, createPendingAnswers(after));
  const { pods } = await lists.look(first, release.status ?? initialStatus(release), PODS_MS);
  const observation = pods === undefined ? first : { ...first, pods };
  return { ...recordPass(version, observation, decide(observation, router)), unknown: UNKNOWN };
}
