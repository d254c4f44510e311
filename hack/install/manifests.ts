import { fileURLToPath } from 'node:url';
import type { Outcome } from '../cluster/command.ts';

/** Runs kubectl; `input` goes to its standard input. Resolves however it ends. */
export type Kubectl = (args: readonly string[], input?: string) => Promise<Outcome>;

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CRDS = ['rollouts', 'releases', 'analysistemplates', 'clusteranalysistemplates'];

async function must(kubectl: Kubectl, args: readonly string[]): Promise<void> {
  const { code, stderr } = await kubectl(args);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')} failed: ${stderr}`);
}

/**
 * Installs Sluice from `manifests/`, CRDs first and until they are served. `controller: false` leaves the controller's
 * Deployment out, for a controller that runs outside of the cluster under the same ServiceAccount. Can be repeated.
 */
export async function applyManifests(
  kubectl: Kubectl,
  { controller = true }: { readonly controller?: boolean } = {},
): Promise<void> {
  const apply = (path: string): Promise<void> => must(kubectl, ['apply', '-k', `${ROOT}${path}`]);
  await apply('manifests/crds');
  const crds = CRDS.map((plural) => `crd/${plural}.sluice.dev`);
  await must(kubectl, ['wait', '--for=condition=Established', '--timeout=60s', ...crds]);
  for (const part of ['rbac', 'admission', ...(controller ? ['controller'] : [])]) {
    await apply(`manifests/${part}`);
  }
  await apply('analysis-templates');
}
