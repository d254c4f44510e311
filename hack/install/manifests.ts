import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { GATE } from '../../src/api/annotations/annotations.ts';
import type { KubeObject } from '../../src/api/meta.ts';
import type { Outcome } from '../cluster/process/command.ts';

/** Runs kubectl; `input` goes to its standard input. Resolves however it ends. */
export type Kubectl = (args: readonly string[], input?: string) => Promise<Outcome>;

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CRDS = ['rollouts', 'releases', 'analysistemplates', 'clusteranalysistemplates'];
/** Maximum tries for the policies; each is a run of kubectl, a fraction of a second. */
const TRIES = 120;

async function must(kubectl: Kubectl, args: readonly string[], input?: string): Promise<string> {
  const { code, stdout, stderr } = await kubectl(args, input);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')} failed: ${stderr}`);
  return stdout;
}

/** A CRD has no conditions for a moment after it was stored, which kubectl takes for an error and not for a wait. */
async function untilServed(kubectl: Kubectl): Promise<void> {
  const crds = CRDS.map((plural) => `crd/${plural}.sluice.dev`);
  const wait = ['wait', '--for=condition=Established', '--timeout=60s', ...crds];
  for (let attempt = 1; attempt < TRIES; attempt++) {
    const { code, stderr } = await kubectl(wait);
    if (code === 0) return;
    if (!stderr.includes('.status.conditions accessor error')) break;
  }
  await must(kubectl, wait);
}

/** A Deployment that pretends to be gated: the policy takes the annotation off. Nothing is stored. */
const PRETENDER = JSON.stringify({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'sluice-probe', namespace: 'default', annotations: { [GATE]: 'nobody' } },
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: 'sluice-probe' } },
    template: {
      metadata: { labels: { app: 'sluice-probe' } },
      spec: { containers: [{ name: 'probe', image: 'probe' }] },
    },
  },
});

/** The API server takes a moment from storing a policy to asking it, and a webhook to have its certificate. */
export async function untilInForce(kubectl: Kubectl): Promise<void> {
  const probe = ['create', '--dry-run=server', '-o', 'jsonpath={.metadata.annotations}', '-f', '-'];
  let last = '';
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const { code, stdout, stderr } = await kubectl(probe, PRETENDER);
    if (code !== 0 && !stderr.includes('failed calling webhook'))
      throw new Error(`the admission policies could not be tried: ${stderr}`);
    if (code === 0 && !stdout.includes(GATE)) return;
    last = stderr;
  }
  throw new Error(
    `the API server asks neither the MutatingAdmissionPolicy sluice-hold, which needs Kubernetes 1.36 or newer, nor the webhook: ${last}`,
  );
}

/** Whether the API server has MutatingAdmissionPolicy v1 (Kubernetes 1.36); without it, the webhook is all there is. */
export async function servesPolicies(kubectl: Kubectl): Promise<boolean> {
  const known = await must(kubectl, ['get', '--raw', '/apis/admissionregistration.k8s.io/v1']);
  return known.includes('"mutatingadmissionpolicies"');
}

/**
 * Installs Sluice from `manifests/` with the rights of every router, CRDs first and until they are served, and until its policies are in force.
 * `controller: false` leaves the controller's Deployment out, for a controller that runs outside of the cluster under
 * the same ServiceAccount. Can be repeated. An API server that has no mutating policies gets the webhook, which is in
 * force once a controller serves it.
 */
export async function applyManifests(
  kubectl: Kubectl,
  { controller = true }: { readonly controller?: boolean } = {},
): Promise<void> {
  const apply = (path: string): Promise<string> => must(kubectl, ['apply', '-k', `${ROOT}${path}`]);
  await apply('manifests/crds');
  await untilServed(kubectl);
  const hasPolicies = await servesPolicies(kubectl);
  await apply('hack/install/routers');
  if (hasPolicies)
    for (const part of ['admission', ...(controller ? ['controller'] : [])]) await apply(`manifests/${part}`);
  else if (controller) await apply('hack/install/webhook');
  else await applyWebhook(kubectl);
  await apply('analysis-templates');
  if (hasPolicies) await untilInForce(kubectl);
}

const MUTATING = ['mutatingadmissionpolicy', 'mutatingadmissionpolicybinding'];
/** Of the controller itself, which runs outside of the cluster. */
const CONTROLLERS: readonly string[] = ['Deployment', 'PodDisruptionBudget'];

/** All of the webhook's overlay but the controller. */
async function applyWebhook(kubectl: Kubectl): Promise<void> {
  const text = await must(kubectl, ['kustomize', `${ROOT}hack/install/webhook`]);
  const objects = parseAllDocuments(text).map((document) => document.toJS() as KubeObject);
  const items = objects.filter(({ kind }) => !CONTROLLERS.includes(kind));
  await must(kubectl, ['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
}

/**
 * Takes the mutating policies away and puts the webhook in their place, as the component of the manifests does. The
 * controller that serves it runs outside of the cluster; it is asked once `untilInForce` resolves.
 */
export async function replacePolicies(kubectl: Kubectl): Promise<void> {
  if (await servesPolicies(kubectl))
    for (const kind of MUTATING)
      await must(kubectl, ['delete', kind, '-l', 'app.kubernetes.io/part-of=sluice', '--ignore-not-found']);
  await applyWebhook(kubectl);
}

/** Takes the webhook away and puts the policies back, until they are in force; not where there can be none. */
export async function restorePolicies(kubectl: Kubectl): Promise<void> {
  if (!(await servesPolicies(kubectl))) return;
  const own = ['mutatingwebhookconfiguration/sluice', 'clusterrole/sluice-webhook'];
  await must(kubectl, ['delete', '--ignore-not-found', ...own, 'clusterrolebinding/sluice-webhook']);
  const inNamespace = ['service', 'secret', 'role', 'rolebinding'].map((kind) => `${kind}/sluice-webhook`);
  await must(kubectl, ['delete', '--ignore-not-found', '-n', 'sluice-system', ...inNamespace]);
  await must(kubectl, ['apply', '-k', `${ROOT}manifests/admission`]);
  await untilInForce(kubectl);
}
