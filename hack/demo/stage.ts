import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Rollout } from '../../src/api/rollout/rollout.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { Load } from '../load/load.ts';
import type { Access } from '../testbed/access.ts';
import type { Api } from '../testbed/api.ts';
import type { Controller } from '../testbed/controller.ts';
import type { PodCount } from '../testbed/pods.ts';
import { until } from '../testbed/until.ts';
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

/** The text of one of the example manifests, as the books show them. */
export const example = (file: string): Promise<string> => readFile(join(EXAMPLES, file), 'utf8');

/** Waits until the Rollout says that the next change of the template is gated. */
export async function untilGated(api: Api, rollout: string): Promise<void> {
  await until(`Rollout ${rollout} is ready`, async () => {
    const found = (await api.get('Rollout', rollout)) as Rollout | null;
    const ready = found?.status?.conditions?.find(({ type }) => type === 'Ready');
    return ready?.status === 'True' && found?.status?.stable !== undefined;
  });
}
