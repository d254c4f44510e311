import { resourceFor } from '../../hack/testbed/api.ts';
import { firstIn, versionOf } from '../../hack/testbed/evidence/history.ts';
import { until } from '../../hack/testbed/until.ts';
import { RESOURCES } from '../../src/adapters/kubernetes/resource.ts';
import type { KubeObject } from '../../src/api/meta.ts';
import type { Play, Scene } from './play.ts';
import { AFTER_MS, abortAndClose, endOf, type Stay, stays, untilPart } from './staying.ts';

/** A pod that dies without notice has its share until the controller has seen it and the proxies know. */
const NOTICING_MS = 5_000;
const AWAY_MS = 3_000;

/** Applies the route as it is in Git, by server-side apply with force, as GitOps tools do. */
async function applyFromGit({ site, road }: Scene): Promise<void> {
  const { kind, name } = road.route;
  const isRoute = (object: KubeObject): boolean => object.kind === kind && object.metadata.name === name;
  const object = road.objects(site.host).find(isRoute);
  if (object === undefined) throw new Error(`the road has no ${kind} ${name}`);
  const { client, namespace } = site.api;
  await client.patch(resourceFor(kind), { namespace, name }, 'apply', object, {
    fieldManager: 'argocd-controller',
    force: true,
  });
}

/** A play that takes place while v2 stays somewhere. */
const during = (stay: Stay, name: string, what: string): Pick<Play, 'name' | 'about' | 'spec'> => ({
  name,
  about: `${what} while the new version has ${stay.has}`,
  spec: stay.spec,
});

/** A GitOps tool puts the route back, and Sluice corrects it. */
export function revertedRoute(stay: Stay): Play {
  const name = 'route reverted by GitOps';
  return {
    ...during(stay, name, 'a GitOps tool applies the route as it is in Git'),
    run: async (scene) => {
      const pushed = await stays(scene, stay);
      const before = (await scene.site.api.get(scene.road.route.kind, scene.road.route.name))?.['spec'];
      const from = Date.now();
      await applyFromGit(scene);
      await until('the route is as before', async () => {
        const now = (await scene.site.api.get(scene.road.route.kind, scene.road.route.name))?.['spec'];
        return JSON.stringify(now) === JSON.stringify(before);
      });
      await scene.site.traffic(2 * AFTER_MS);
      const to = Date.now();
      await abortAndClose(scene, pushed);
      const isApart = scene.road.learnsApart === true;
      const mayFail = (at: number): boolean => isApart && at < from + NOTICING_MS;
      return [{ name, version: 'v2', from, to, mayFail }];
    },
  };
}

/** Every canary pod dies without notice; it is replaced, and the release continues. */
export function killedPods(stay: Stay): Play {
  const name = 'canary pods killed';
  return {
    ...during(stay, name, 'every canary pod is killed without notice'),
    run: async (scene) => {
      const { site } = scene;
      const pushed = await stays(scene, stay);
      const pods = (await site.pods()).filter((pod) => versionOf(pod) === 'v2');
      const from = Date.now();
      for (const { metadata } of pods)
        await site.api.client.remove(
          RESOURCES.Pod,
          { namespace: site.namespace, name: metadata.name },
          { gracePeriodSeconds: 0 },
        );
      await untilPart(scene, pushed, stay, { has: 'nothing', since: from });
      await untilPart(scene, pushed, stay, { has: 'all', since: from });
      await site.traffic(2 * AFTER_MS);
      const to = Date.now();
      await abortAndClose(scene, pushed);
      // Nobody waits for the answer to a copy.
      const mayFail = (at: number): boolean => stay.part !== 'copies' && at < from + NOTICING_MS;
      return [{ name, version: 'v2', from, to, mayFail }];
    },
  };
}

/** What tells the proxies of changes is away for a while. */
export function restartedControlPlane(stay: Stay): Play {
  const name = 'control plane restarted';
  return {
    ...during(stay, name, 'what tells the proxies of changes is killed and started'),
    alone: true,
    controlPlane: true,
    run: async (scene) => {
      const { site, road } = scene;
      const pushed = await stays(scene, stay);
      const from = Date.now();
      await scene.act(road.controlPlane ?? '', 'kill');
      await site.traffic(AWAY_MS);
      await scene.act(road.controlPlane ?? '', 'start');
      await site.traffic(2 * AFTER_MS);
      const to = Date.now();
      await abortAndClose(scene, pushed);
      return [{ name, version: 'v2', from, to }];
    },
  };
}

/**
 * Kills the controller when its next write of what divides the requests is done and before it learns so, then starts it,
 * once: of the route, or where pods divide them, of a ReplicaSet.
 */
function killAtNextWrite({ own, road }: Scene): () => boolean {
  if (own === null) throw new Error('the controller is not ours to kill');
  const { controller, api } = own;
  const plural = road.divides === 'pods' ? RESOURCES.ReplicaSet.plural : resourceFor(road.route.kind).plural;
  let struck = false;
  const restart = async (): Promise<void> => {
    await controller.stop('SIGKILL');
    await controller.start();
  };
  api.treat(({ isWrite, resource }) => {
    if (struck || !isWrite || resource !== plural) return { kind: 'pass' };
    struck = true;
    return { kind: 'lost', after: () => void restart().catch(() => undefined) };
  });
  return () => struck;
}

/** The controller dies between taking the traffic away and taking the pods away. */
export function killedInAbort(stay: Stay): Play {
  const name = 'controller killed in an abort';
  return {
    ...during(stay, name, 'the controller is killed as its abort has taken the requests away'),
    ownController: true,
    run: async (scene) => {
      const pushed = await stays(scene, stay);
      const isStruck = killAtNextWrite(scene);
      const from = Date.now();
      await abortAndClose(scene, pushed);
      if (!isStruck()) throw new Error('nothing was written');
      await scene.site.traffic(AFTER_MS);
      return [{ name, version: 'v2', from, to: Date.now() }];
    },
  };
}

/** The controller dies in a promotion, between routes and pods. */
export function killedInPromotion(stay: Stay): Play {
  const name = 'controller killed in a promotion';
  return {
    ...during(
      stay,
      name,
      'somebody promotes, and the controller is killed at its next write of routes or pods',
    ),
    ownController: true,
    run: async (scene) => {
      const { site, witness } = scene;
      const pushed = await stays(scene, stay);
      const isStruck = killAtNextWrite(scene);
      await site.act(pushed, { promote: { reason: 'it is good' } });
      await endOf(scene, pushed, 'Promoted');
      if (!isStruck()) throw new Error('nothing was written');
      await site.traffic(AFTER_MS);
      const from = await until('it was promoting', () => firstIn(witness.changes(), 'Promoting'));
      return [{ name, version: 'v2', from, to: Date.now() }];
    },
  };
}

/** A newer version comes. */
export function superseded(stay: Stay): Play {
  const name = 'supersede';
  return {
    ...during(stay, name, 'a newer version is pushed'),
    run: async (scene) => {
      const first = await stays(scene, stay);
      const from = Date.now();
      const next = await scene.push('v3');
      await endOf(scene, first, 'Superseded');
      await scene.site.untilIn(next, 'Stepping', 'Analysing');
      const to = Date.now();
      await scene.site.traffic(AFTER_MS);
      await abortAndClose(scene, next);
      return [{ name, version: 'v2', from, to }];
    },
  };
}

/** A person aborts. */
export function aborted(stay: Stay): Play {
  const name = 'abort';
  return {
    ...during(stay, name, 'a person aborts'),
    run: async (scene) => {
      const pushed = await stays(scene, stay);
      const from = Date.now();
      await abortAndClose(scene, pushed);
      await scene.site.traffic(AFTER_MS);
      return [{ name, version: 'v2', from, to: Date.now() }];
    },
  };
}
