import { randomUUID } from 'node:crypto';
import type { KubeObject } from '../../src/api/meta.ts';
import type { Phase } from '../../src/api/release/places.ts';
import type { Release } from '../../src/api/release/release.ts';
import type { Rollout } from '../../src/api/rollout/rollout.ts';
import { isFinal } from '../../src/release/machine.ts';
import { revisionOf } from '../../src/workload/revision.ts';
import type { Template } from '../../src/workload/workload.ts';
import { type Load, startLoad } from '../load/load.ts';
import type { LoadRecord } from '../load/record.ts';
import type { Access } from './access.ts';
import { type Api, openApi } from './api.ts';
import { trafficView } from './evidence/traffic-view.ts';
import { MODEL, type ModelOptions, modelObjects } from './model.ts';
import { push } from './push.ts';
import type { Road, Target } from './roads/road.ts';
import { until } from './until.ts';

/** Properties of a site. */
export interface SiteOptions extends ModelOptions {
  /** How requests come to the model; by a VirtualService at the gateway unless given. */
  readonly road?: Road;
  /** Requests a second from the gateway to the model; default 40, 0 for none. */
  readonly rate?: number;
  /** Maximum duration of the load, seconds; default 300. */
  readonly seconds?: number;
  /** Requests under way at a time; further ones are not sent. Default 200. */
  readonly maxInFlight?: number;
}

/** A pushed version. */
export interface Pushed {
  readonly version: string;
  /** Epoch milliseconds at which the API server had it. */
  readonly at: number;
  /** Identity of its pod template, by which its Release is found. */
  readonly revision: string;
}

/** A model server with its routes and its requests, in a namespace of its own. */
export interface Site {
  readonly api: Api;
  readonly namespace: string;
  /** Its host name at the gateway. */
  readonly host: string;
  /** Where its requests are sent. */
  readonly target: Target;
  /** Requests so far, oldest first; none where the rate is 0. */
  records(): readonly LoadRecord[];
  /** The records, once they reach beyond this moment. */
  recordsNow(): Promise<readonly LoadRecord[]>;
  /** Resolves when requests have been sent for so long, milliseconds. */
  traffic(ms: number): Promise<void>;
  /** Waits until only this version answers: proxies learn later than the API server of pods that come and go. */
  untilOnly(version: string): Promise<void>;
  annotate(annotations: Readonly<Record<string, string | null>>): Promise<void>;
  /** Waits until the Rollout (of the annotations unless named) gates the next change of the template. */
  untilGated(rollout?: string): Promise<void>;
  push(version: string, env?: Readonly<Record<string, string>>): Promise<Pushed>;
  releaseOf(pushed: Pushed): Promise<Release | null>;
  /** Sets fields of the spec of a version's Release, as a person does: `abort`, `paused`, `approvals`, `skips`, `promote`. */
  act(pushed: Pushed, spec: object): Promise<void>;
  /** The Release of a version as soon as it is in the phase, and in the stage where one is named. */
  untilIn(pushed: Pushed, phase: Phase, stage?: string): Promise<Release>;
  untilEnded(pushed: Pushed): Promise<Release>;
  /** The Deployment: which version its template is of, and whether it is paused. */
  deployment(): Promise<{ readonly version: string; readonly paused: boolean; readonly object: KubeObject }>;
  /** Pods of the model that are not on their way out. */
  pods(): Promise<KubeObject[]>;
  /** Ends the load and deletes the namespace. */
  close(): Promise<void>;
}

const LOAD_SECONDS = 300;

interface Parts {
  /** Name of the Deployment. */
  readonly name: string;
  readonly api: Api;
  readonly host: string;
  readonly load: Load | null;
}

const isOf =
  ({ revision }: Pushed) =>
  ({ spec }: Release): boolean =>
    spec.revision === revision;

function versionsOf({
  api,
  name,
}: Parts): Pick<Site, 'push' | 'releaseOf' | 'act' | 'untilIn' | 'untilEnded'> {
  const releaseOf = async (pushed: Pushed): Promise<Release | null> =>
    ((await api.list('Release')) as Release[]).find(isOf(pushed)) ?? null;
  return {
    push: async (version, env = {}) => {
      const deployment = await push(api, name, { version, env });
      const { template } = deployment['spec'] as { template: Template };
      return { version, at: Date.now(), revision: revisionOf(template) };
    },
    releaseOf,
    act: async (pushed, spec) => {
      const release = await releaseOf(pushed);
      if (release === null) throw new Error(`${pushed.version} has no Release`);
      await api.merge('Release', release.metadata.name, { spec });
    },
    untilIn: (pushed, phase, stage) =>
      trafficView<Release>(
        api,
        'Release',
        `is of ${pushed.version} and ${phase}${stage === undefined ? '' : `.${stage}`}`,
        (release) =>
          isOf(pushed)(release) &&
          release.status?.phase === phase &&
          (stage === undefined || release.status?.stage === stage),
      ),
    untilEnded: (pushed) =>
      trafficView<Release>(
        api,
        'Release',
        `is of ${pushed.version} and has ended`,
        (release) => isOf(pushed)(release) && isFinal(release.status?.phase ?? 'Pending'),
      ),
  };
}

interface DeploymentSpec {
  readonly paused?: boolean;
  readonly template: { readonly spec: { readonly containers: readonly { readonly image: string }[] } };
}

function workloadOf({ api, name }: Parts): Pick<Site, 'deployment' | 'pods'> {
  return {
    deployment: async () => {
      const object = await api.get('Deployment', name);
      if (object === null) throw new Error('the Deployment is gone');
      const { paused = false, template } = object['spec'] as DeploymentSpec;
      return { version: template.spec.containers[0]?.image.split(':').at(-1) ?? '', paused, object };
    },
    pods: async () => {
      const pods = await api.list('Pod', `app=${MODEL}`);
      return pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    },
  };
}

function policyOf({ api, name }: Parts): Pick<Site, 'annotate' | 'untilGated'> {
  return {
    annotate: async (annotations) => {
      await api.merge('Deployment', name, { metadata: { annotations } });
    },
    untilGated: async (rollout = name) => {
      await trafficView<Rollout>(api, 'Rollout', `is ${rollout} and gates`, ({ metadata, status }) => {
        const ready = status?.conditions?.find(({ type }) => type === 'Ready');
        return metadata.name === rollout && ready?.status === 'True' && status?.stable !== undefined;
      });
      await until('the gate is on the Deployment', async () => {
        const { metadata } = (await api.get('Deployment', name)) ?? {};
        return metadata?.annotations?.['sluice.dev/gate'] === rollout;
      });
    },
  };
}

function requestsOfLoad({ load }: Parts): Pick<Site, 'records' | 'recordsNow' | 'traffic' | 'untilOnly'> {
  const records = (): readonly LoadRecord[] => load?.records() ?? [];
  const traffic = async (ms: number): Promise<void> => {
    const end = Date.now() + ms;
    if (load !== null) await until('the request log has caught up', () => (records().at(-1)?.at ?? 0) > end);
  };
  const recordsNow = async (): Promise<readonly LoadRecord[]> => {
    await traffic(0);
    return records();
  };
  const untilOnly = async (wanted: string): Promise<void> => {
    await recordsNow();
    await until(`only ${wanted} answers`, () => {
      const last = records().slice(-40);
      return last.length > 0 && last.every(({ version }) => version === wanted);
    });
  };
  return { records, recordsNow, traffic, untilOnly };
}

async function close({ api, load }: Parts): Promise<void> {
  await load?.stop();
  // It may already have been deleted by the test.
  if ((await api.get('Namespace', api.namespace)) === null) return;
  await api.remove('Namespace', api.namespace);
  // The controller cancels a running release, so it must not stop before.
  await until('nothing holds the namespace', async () => {
    const left = await Promise.all([api.list('Release'), api.list('Rollout')]);
    return left.every((objects) => objects.length === 0);
  });
}

async function untilReady({ api, name }: Pick<Parts, 'api' | 'name'>): Promise<void> {
  await until('the pods of v1 are ready', async () => {
    const { status, spec } = ((await api.get('Deployment', name)) ?? {}) as {
      status?: { readyReplicas?: number };
      spec?: { replicas?: number };
    };
    return status !== undefined && (status.readyReplicas ?? 0) === spec?.replicas;
  });
}

async function untilRouted(target: Target): Promise<void> {
  const probe = startLoad({ ...target, rate: 20, seconds: 60 });
  await until('the gateway sends requests to v1', () =>
    probe.records().some(({ version }) => version === 'v1'),
  );
  await probe.stop();
}

/** Creates a site with v1, and resolves when v1 serves. */
export async function openSite(access: Access, options: SiteOptions = {}): Promise<Site> {
  const namespace = `site-${randomUUID().slice(0, 8)}`;
  const { name = MODEL, rate = 40, seconds = LOAD_SECONDS, maxInFlight, road } = options;
  const api = await openApi(access, namespace);
  const host = `${namespace}.example`;
  await api.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  for (const object of modelObjects(host, options, road, access)) await api.create(object);
  await untilReady({ api, name });
  const target = road?.target(access, { namespace, host }) ?? { url: `${access.gatewayUrl}/predict`, host };
  if (rate > 0) await untilRouted(target);
  const load = rate > 0 ? startLoad({ ...target, rate, seconds, maxInFlight }) : null;
  const parts = { api, name, host, load };
  return {
    api,
    namespace,
    host,
    target,
    ...versionsOf(parts),
    ...policyOf(parts),
    ...requestsOfLoad(parts),
    ...workloadOf(parts),
    close: () => close(parts),
  };
}

/** Runs an action on a new site, and removes the site in any case. */
export async function onSite<T>(
  access: Access,
  options: SiteOptions,
  play: (site: Site) => Promise<T>,
): Promise<T> {
  const site = await openSite(access, options);
  try {
    return await play(site);
  } finally {
    await site.close();
  }
}
