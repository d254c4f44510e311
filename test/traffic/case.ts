import type { Access } from '../../hack/testbed/access.ts';
import { type Callers, everybody, type Joined, join } from '../../hack/testbed/callers.ts';
import { createController, onlyFor } from '../../hack/testbed/controller.ts';
import type { Headers } from '../../hack/testbed/evidence/headers.ts';
import { startObserver } from '../../hack/testbed/evidence/observer.ts';
import { quickRollout } from '../../hack/testbed/model.ts';
import { startApiProxy } from '../../hack/testbed/proxies/api-proxy.ts';
import type { Action } from '../../hack/testbed/remote.ts';
import { withTestHost } from '../../hack/testbed/roads/road.ts';
import { openSite, type Pushed, type Site } from '../../hack/testbed/site.ts';
import { nameOf, type TrafficCase } from './matrix.ts';
import { type CaseResult, measure } from './measure.ts';
import { type Scene, specOf } from './play.ts';

/** Where cases are played. */
export interface Ground {
  readonly access: Access;
  readonly act: (component: string, action: Action) => Promise<void>;
  /** Requests a second. */
  readonly rate: number;
  /** Whether each case has a controller of its own; otherwise there is one for all namespaces. */
  readonly ownControllers: boolean;
}

const PODS = 2;
/** A stall of the machine must not keep requests from being sent. */
const MOST_IN_FLIGHT = 1_000;
const MOST_TEXT = 1_000;
/** Of those who join, requests a second. */
const JOINED_RATE = 40;

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

async function equip(ground: Ground, { road: given, strategy, play }: TrafficCase): Promise<Scene & Closing> {
  const { access, act, rate, ownControllers } = ground;
  const { env = {}, joined: who = strategy.joined } = play;
  const road = play.hasHost === true ? withTestHost(given) : given;
  const site = await openSite(access, { road, rate, env, replicas: PODS, maxInFlight: MOST_IN_FLIGHT });
  const own = ownControllers ? await startOwn(access, site.namespace) : null;
  await site.api.create(
    quickRollout('policy', { traffic: road.traffic, ...specOf(strategy, play, site.host) }),
  );
  await site.untilGated('policy');
  const witness = await startObserver(site.api, road.kinds);
  const joined: Joined[] = [];
  const add = async (headers: Headers): Promise<void> => {
    joined.push(await join(site, headers, JOINED_RATE));
  };
  if (who !== undefined) await add(who);
  const close = async (): Promise<void> => {
    witness.stop();
    await Promise.all(joined.map((one) => one.stop()));
    await site.close();
    await own?.controller.stop();
    await own?.api.close();
  };
  const callers = (): readonly Callers[] => [everybody(site), ...joined];
  const pushes: Pushed[] = [];
  const push = async (...version: Parameters<Site['push']>): Promise<Pushed> => {
    const pushed = await site.push(...version);
    pushes.push(pushed);
    return pushed;
  };
  return { road, site, own, witness, callers, pushes: () => pushes, act, join: add, push, close };
}

interface Closing {
  close(): Promise<void>;
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
    return { name, ...(await measure(one, scene, transitions, ground.access.auditLog)), seconds: seconds() };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      name,
      rows: [],
      problems: [`it could not be played: ${why.slice(0, MOST_TEXT)}`],
      seconds: seconds(),
    };
  } finally {
    await scene?.close().catch((error: unknown) => console.error(`${name}: ${String(error)}`));
  }
}
