import { resourceFor } from '../../hack/testbed/api.ts';
import { versionOf } from '../../hack/testbed/evidence/history.ts';
import { until } from '../../hack/testbed/until.ts';
import { RESOURCES } from '../../src/adapters/kubernetes/resource.ts';
import type { KubeObject } from '../../src/api/meta.ts';
import type { Play, Scene } from './play.ts';
import { firstIn, untilWeight } from './release-history.ts';
import { AFTER_MS, AT_A_HALF, AT_A_QUARTER, abortAndClose, endOf, staysAt } from './staying.ts';

/** A pod that dies without notice has its share until the controller has seen it and the proxies know. */
export const NOTICING_MS = 5_000;
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

const GITOPS: Play = {
  name: 'route reverted by GitOps',
  about: 'a GitOps tool applies the route as it is in Git while the canary has a quarter',
  spec: AT_A_QUARTER,
  run: async (scene) => {
    const pushed = await staysAt(scene, 25);
    const from = Date.now();
    await applyFromGit(scene);
    await untilWeight(scene, 'v2', 25, from);
    await scene.site.traffic(2 * AFTER_MS);
    const to = Date.now();
    await abortAndClose(scene, pushed);
    const isApart = scene.road.learnsApart === true;
    const mayFail = (at: number): boolean => isApart && at < from + NOTICING_MS;
    return [{ name: GITOPS.name, version: 'v2', from, to, mayFail }];
  },
};

const KILLED_PODS: Play = {
  name: 'canary pods killed',
  about: 'every canary pod is killed without notice while the canary has a half',
  spec: AT_A_HALF,
  run: async (scene) => {
    const { site } = scene;
    const pushed = await staysAt(scene, 50);
    const pods = (await site.pods()).filter((pod) => versionOf(pod) === 'v2');
    const from = Date.now();
    for (const { metadata } of pods)
      await site.api.client.remove(
        RESOURCES.Pod,
        { namespace: site.namespace, name: metadata.name },
        { gracePeriodSeconds: 0 },
      );
    await untilWeight(scene, 'v2', 0, from);
    await untilWeight(scene, 'v2', 50, from);
    await site.traffic(2 * AFTER_MS);
    const to = Date.now();
    await abortAndClose(scene, pushed);
    const mayFail = (at: number): boolean => at < from + NOTICING_MS;
    return [{ name: KILLED_PODS.name, version: 'v2', from, to, mayFail }];
  },
};

const CONTROL_PLANE: Play = {
  name: 'control plane restarted',
  about: 'what tells the proxies of changes is killed and started while the canary has a quarter',
  spec: AT_A_QUARTER,
  alone: true,
  controlPlane: true,
  run: async (scene) => {
    const { site, road } = scene;
    const pushed = await staysAt(scene, 25);
    const from = Date.now();
    await scene.act(road.controlPlane ?? '', 'kill');
    await site.traffic(AWAY_MS);
    await scene.act(road.controlPlane ?? '', 'start');
    await site.traffic(2 * AFTER_MS);
    const to = Date.now();
    await abortAndClose(scene, pushed);
    return [{ name: CONTROL_PLANE.name, version: 'v2', from, to }];
  },
};

/** Kills the controller when the next write of a kind is done and before it learns so; then starts it, once. */
export function killAtNext({ own }: Scene, plural: string): () => boolean {
  if (own === null) throw new Error('the controller is not ours to kill');
  const { controller, api } = own;
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

const killAtNextRoute = (scene: Scene): (() => boolean) =>
  killAtNext(scene, resourceFor(scene.road.route.kind).plural);

const KILLED_IN_ABORT: Play = {
  name: 'controller killed in an abort',
  about: 'the controller is killed after the weight went to 0 and before the canary pods are removed',
  spec: AT_A_QUARTER,
  ownController: true,
  run: async (scene) => {
    const pushed = await staysAt(scene, 25);
    const isStruck = killAtNextRoute(scene);
    const from = Date.now();
    await abortAndClose(scene, pushed);
    if (!isStruck()) throw new Error('no route was written');
    await scene.site.traffic(AFTER_MS);
    return [{ name: KILLED_IN_ABORT.name, version: 'v2', from, to: Date.now() }];
  },
};

const KILLED_IN_PROMOTION: Play = {
  name: 'controller killed in a promotion',
  about: 'the controller is killed after the routes were restored and before the pods are handed over',
  spec: AT_A_HALF,
  ownController: true,
  run: async (scene) => {
    const { site, witness } = scene;
    const pushed = await staysAt(scene, 50);
    const isStruck = killAtNextRoute(scene);
    await site.act(pushed, { promote: { reason: 'it is good' } });
    await endOf(scene, pushed, 'Promoted');
    if (!isStruck()) throw new Error('no route was written');
    await site.traffic(AFTER_MS);
    const from = await until('it was promoting', () => firstIn(witness.changes(), 'Promoting'));
    return [{ name: KILLED_IN_PROMOTION.name, version: 'v2', from, to: Date.now() }];
  },
};

/** What others do to a release by weight: to its routes, its pods, its controller and the data plane. */
export const DISTURBANCES: readonly Play[] = [
  GITOPS,
  KILLED_PODS,
  CONTROL_PLANE,
  KILLED_IN_ABORT,
  KILLED_IN_PROMOTION,
];
