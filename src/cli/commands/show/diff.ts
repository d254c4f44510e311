import { RESOURCES } from '../../../adapters/kubernetes/resource.ts';
import type { KubeObject } from '../../../api/meta.ts';
import type { Release } from '../../../api/release/release.ts';
import { type FieldChange, templateChanges } from '../../../release/status/template-diff.ts';
import { triedTemplate } from '../../../view/change.ts';
import { CliError } from '../../cli-error.ts';
import { readInventory, releaseFor } from '../../inventory.ts';
import { type ClusterFlags, type Session, withSession } from '../../session.ts';
import { canvasOf, type Format, say, sayData } from '../../terminal/output.ts';
import type { Canvas } from '../../terminal/paint.ts';

function valueText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What changed in the pod template, one paragraph per field. */
export function view(changes: readonly FieldChange[], { paint }: Pick<Canvas, 'paint'>): string[] {
  if (changes.length === 0) return ['The pod templates are the same.'];
  return changes.flatMap((change) => [
    change.path,
    ...('before' in change ? [paint('bad', `  - ${valueText(change.before)}`)] : []),
    ...('after' in change ? [paint('good', `  + ${valueText(change.after)}`)] : []),
  ]);
}

async function templateOf(session: Session, release: Release): Promise<unknown> {
  const { namespace } = release.metadata;
  const { canary, workload } = release.spec;
  const [set, deployment] = await Promise.all([
    session.client.get(RESOURCES.ReplicaSet, { namespace, name: canary.replicaSet }),
    session.client.get(RESOURCES.Deployment, { namespace, name: workload.name }),
  ]);
  const sets: readonly KubeObject[] = set === null ? [] : [set];
  const template = triedTemplate(release, sets, deployment);
  if (template !== undefined) return template;
  throw new CliError(`the pod template of Release ${release.metadata.name} is not stored any more`, {
    next: ['its ReplicaSet was removed, and the Deployment holds another version; what was pushed is in Git'],
  });
}

/** `sluice diff [NAME]`. */
export function run(
  name: string | undefined,
  flags: ClusterFlags & { readonly output?: Format | undefined },
): Promise<void> {
  return withSession(flags, async (session) => {
    const release = releaseFor(await readInventory(session), name);
    const changes = templateChanges(release.spec.stable.template, await templateOf(session, release));
    if (flags.output === 'json' || flags.output === 'yaml') return sayData(flags.output, changes);
    say(...view(changes, canvasOf()));
  });
}
