import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { KubeObject } from '../../src/api/meta.ts';
import type { Rollout } from '../../src/api/rollout.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { Access } from '../lab/access.ts';
import type { Api } from '../lab/api.ts';
import type { Controller } from '../lab/controller.ts';
import type { PodCount } from '../lab/pods.ts';
import { until } from '../lab/until.ts';
import type { Load } from '../load/load.ts';
import type { Push } from './scenario.ts';
import type { View } from './view.ts';

const EXAMPLES = fileURLToPath(new URL('../../manifests/examples/', import.meta.url));

/** Name of the example's Deployment, Service and VirtualService. */
export const NAME = 'sentiment';

/** All that a release of the demo is played on. */
export interface Stage {
  readonly cluster: Cluster;
  readonly access: Access;
  readonly api: Api;
  readonly controller: Controller;
  readonly load: Load;
  readonly pods: PodCount;
  readonly view: View;
}

/** The text of one of the example manifests, as README shows them. */
export const example = (file: string): Promise<string> => readFile(join(EXAMPLES, file), 'utf8');

interface Container {
  readonly env: readonly { name: string; value: string }[];
}

/** The change of the template that brings a version: image and environment, nothing else. */
export function pushPatch(deployment: KubeObject, { version, env }: Pick<Push, 'version' | 'env'>): object[] {
  const spec = deployment['spec'] as { template: { spec: { containers: Container[] } } };
  const before = spec.template.spec.containers[0]?.env ?? [];
  const values: Record<string, string> = { ...env, VERSION: version };
  const kept = before.map((one) => ({ ...one, value: values[one.name] ?? one.value }));
  const at = '/spec/template/spec/containers/0';
  return [
    { op: 'replace', path: `${at}/image`, value: `sluice.dev/model-server:${version}` },
    { op: 'replace', path: `${at}/env`, value: kept },
  ];
}

/** Pushes a version as a pipeline would. */
export async function push(api: Api, name: string, version: Pick<Push, 'version' | 'env'>): Promise<void> {
  const deployment = await api.get('Deployment', name);
  if (deployment === null) throw new Error(`there is no Deployment ${name}`);
  await api.patch('Deployment', name, pushPatch(deployment, version));
}

/** Waits until the Rollout says that the next change of the template is gated. */
export async function untilGated(api: Api, rollout: string): Promise<void> {
  await until(`Rollout ${rollout} is ready`, async () => {
    const found = (await api.get('Rollout', rollout)) as Rollout | null;
    const ready = found?.status?.conditions?.find(({ type }) => type === 'Ready');
    return ready?.status === 'True' && found?.status?.stable !== undefined;
  });
}
