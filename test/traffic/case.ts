import { NOT_SENT } from '../../hack/load/record.ts';
import type { Access } from '../../hack/testbed/access.ts';
import { requestsAbout } from '../../hack/testbed/audit.ts';
import { createController, onlyFor } from '../../hack/testbed/controller.ts';
import { levelsOf } from '../../hack/testbed/evidence/levels.ts';
import { startObserver } from '../../hack/testbed/evidence/observer.ts';
import {
  type Evidence,
  type Figures,
  figuresOf,
  lostIn,
  type Transition,
  wrongAnswers,
} from '../../hack/testbed/evidence/transition.ts';
import { quickRollout } from '../../hack/testbed/model.ts';
import { startApiProxy } from '../../hack/testbed/proxies/api-proxy.ts';
import type { Action } from '../../hack/testbed/remote.ts';
import { openSite, type Pushed } from '../../hack/testbed/site.ts';
import { nameOf, type TrafficCase } from './matrix.ts';
import type { Scene } from './play.ts';

/** Where cases are played. */
export interface Ground {
  readonly access: Access;
  readonly act: (component: string, action: Action) => Promise<void>;
  /** Requests a second. */
  readonly rate: number;
  /** Whether each case has a controller of its own; otherwise there is one for all namespaces. */
  readonly ownControllers: boolean;
}

/** A transition on a road, and what it came to. */
export interface Row extends Figures {
  readonly router: string;
  readonly strategy: string;
  readonly transition: string;
  /** Requests of the controller about the namespace to the API server, its lease left out. */
  readonly apiRequests: number;
}

/** What came of a case: a row for each transition, and what did not hold, in words. */
export interface CaseResult {
  readonly name: string;
  readonly rows: readonly Row[];
  readonly problems: readonly string[];
  readonly seconds: number;
}

const CONTROLLER = 'system:serviceaccount:sluice-system:sluice';
/** A settle of the policy, in which proxies must have learned of a change. */
const SPREAD_MS = 1_000;
const PODS = 2;
/** A stall of the machine must not keep requests from being sent. */
const MOST_IN_FLIGHT = 1_000;

let nextPort = 18_600;

async function startOwn(access: Access, namespace: string): Promise<NonNullable<Scene['own']>> {
  const api = await startApiProxy(access.controllerKubeconfig, namespace);
  const controller = createController(access, {
    name: namespace,
    port: nextPort++,
    kubeconfig: api.kubeconfig,
    flags: onlyFor(namespace),
  });
  await controller.start();
  return { api, controller };
}

async function equip(ground: Ground, { road, strategy, play }: TrafficCase): Promise<Scene & Closing> {
  const { access, act, rate, ownControllers } = ground;
  const site = await openSite(access, { road, rate, replicas: PODS, maxInFlight: MOST_IN_FLIGHT });
  const own = ownControllers ? await startOwn(access, site.namespace) : null;
  await site.api.create(quickRollout('policy', { traffic: road.traffic, ...strategy.spec, ...play.spec }));
  await site.untilGated('policy');
  const witness = await startObserver(site.api, road.kinds);
  const push = (version: string): Promise<Pushed> => site.push(version);
  const close = async (): Promise<void> => {
    witness.stop();
    await site.close();
    await own?.controller.stop();
    await own?.api.close();
  };
  return { road, site, own, witness, act, push, close };
}

interface Closing {
  close(): Promise<void>;
}

const clock = (at: number): string => new Date(at).toISOString().slice(11, 23);

function problemsOf(evidence: Evidence, transition: Transition, figures: Figures): string[] {
  const [lost] = lostIn(evidence, transition);
  const [wrong] = wrongAnswers(evidence, transition);
  const { failed, wrongVersion, shareError } = figures;
  return [
    ...(lost === undefined
      ? []
      : [
          `${failed} requests failed, the first at ${clock(lost.at)}: ${lost.error ?? lost.status} ${lost.pod}`,
        ]),
    ...(wrong === undefined
      ? []
      : [`${wrongVersion} answers of a wrong version, the first at ${clock(wrong.at)} of ${wrong.version}`]),
    ...(shareError === 0 ? [] : [`a share is ${shareError} points outside of its interval`]),
  ].map((problem) => `${transition.name}: ${problem}`);
}

async function measure(
  ground: Ground,
  { road, strategy }: TrafficCase,
  { site, witness }: Scene,
  transitions: readonly Transition[],
): Promise<Pick<CaseResult, 'rows' | 'problems'>> {
  const records = await site.recordsNow();
  const versions = [...new Set(records.map(({ version }) => version).filter((version) => version !== ''))];
  const levels = levelsOf(witness.changes(), road, versions);
  const evidence = { records, levels, spreadMs: SPREAD_MS };
  const asked = await requestsAbout(ground.access.auditLog, CONTROLLER, site.namespace);
  const unsent = records.filter(
    ({ at, error }) => error === NOT_SENT && transitions.some(({ from, to }) => at >= from && at < to),
  ).length;
  const problems = unsent === 0 ? [] : [`${unsent} requests were not sent, too many being under way`];
  const rows = transitions.map((transition): Row => {
    const { name, from, to } = transition;
    const figures = figuresOf(evidence, transition);
    problems.push(...problemsOf(evidence, transition, figures));
    const apiRequests = asked.filter((at) => at >= from && at < to).length;
    return { router: road.name, strategy: strategy.name, transition: name, ...figures, apiRequests };
  });
  return { rows, problems };
}

/** Plays a case. Never rejects: what goes wrong with the case itself is a problem of it. */
export async function playCase(ground: Ground, one: TrafficCase): Promise<CaseResult> {
  const began = performance.now();
  const name = nameOf(one);
  const seconds = (): number => Math.round((performance.now() - began) / 100) / 10;
  let scene: (Scene & Closing) | null = null;
  try {
    scene = await equip(ground, one);
    const transitions = await one.play.run(scene);
    return { name, ...(await measure(ground, one, scene, transitions)), seconds: seconds() };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { name, rows: [], problems: [`it could not be played: ${why}`], seconds: seconds() };
  } finally {
    await scene?.close().catch((error: unknown) => console.error(`${name}: ${String(error)}`));
  }
}
