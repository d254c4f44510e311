import { RESOURCES } from '../../adapters/kubernetes/resource.ts';
import type { KubeObject } from '../../api/meta.ts';
import { version } from '../../version.ts';
import { type ClusterFlags, withSession } from '../session.ts';
import { say } from '../terminal/output.ts';

interface Flags extends ClusterFlags {
  readonly server?: boolean;
  readonly controllerNamespace: string;
}

function imageOf(deployment: KubeObject | null): string {
  const spec = deployment?.['spec'] as
    | { template?: { spec?: { containers?: { image?: string }[] } } }
    | undefined;
  return spec?.template?.spec?.containers?.[0]?.image ?? 'no Deployment sluice';
}

/** `sluice version`. */
export async function run(flags: Flags): Promise<void> {
  say(`sluice ${version}`);
  if (flags.server !== true) return;
  await withSession(flags, async (session) => {
    const { text } = await session.fetchText('/version');
    const place = { namespace: flags.controllerNamespace, name: 'sluice' };
    const deployment = await session.client.get(RESOURCES.Deployment, place);
    say(
      `controller ${imageOf(deployment)}`,
      `Kubernetes ${/"gitVersion":\s*"([^"]*)"/.exec(text)?.[1] ?? 'unknown'}`,
    );
  });
}
