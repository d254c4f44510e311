import { type Resource, WEBHOOK_CONFIGURATIONS } from '../../adapters/kubernetes/resource.ts';
import type { KubeObject } from '../../api/meta.ts';
import { VERSION } from '../../api/meta.ts';
import type { RouterDeclaration } from '../../traffic/declaration.ts';
import { ROUTERS } from '../../traffic/registry.ts';
import { type Check, failed, INSTALL, ok, type Patient, type Result, unknown } from './check.ts';

const ADMISSION = { group: 'admissionregistration.k8s.io', version: 'v1', namespaced: false } as const;
const CRD: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
};
/** First minor version of Kubernetes with MutatingAdmissionPolicy v1, and the first for the webhook in its place. */
const [OLDEST_MINOR, OLDEST_WITH_WEBHOOK] = [36, 30] as const;
const OURS = ['rollouts', 'releases', 'analysistemplates', 'clusteranalysistemplates'];
const POLICIES = [
  { kind: 'MutatingAdmissionPolicy', name: 'sluice-hold', what: 'holds a Deployment whose template changes' },
  { kind: 'MutatingAdmissionPolicy', name: 'sluice-stamp', what: 'writes down who aborted and approved' },
  {
    kind: 'ValidatingAdmissionPolicy',
    name: 'sluice-release-guard',
    what: 'lets only those approve who may',
  },
  {
    kind: 'MutatingAdmissionPolicy',
    name: 'sluice-approve-in-git',
    what: 'writes down who applied an approval that is kept in Git',
  },
  {
    kind: 'ValidatingAdmissionPolicy',
    name: 'sluice-approve-in-git',
    what: 'lets only those approve in Git who may',
  },
  {
    kind: 'ValidatingAdmissionPolicy',
    name: 'sluice-status-guard',
    what: 'protects the gate and approvals from anybody who may write the status of a Deployment',
  },
] as const;

/** Whether the version of the API server is new enough. */
export function versionResult(text: string, hasWebhook = false): Result {
  const found = /"gitVersion":\s*"v?(\d+)\.(\d+)([^"]*)"/.exec(text);
  if (found === null) return unknown('the API server does not tell its version');
  const [, major, minor, rest] = found;
  const name = `${major}.${minor}${rest}`;
  const oldest = hasWebhook ? OLDEST_WITH_WEBHOOK : OLDEST_MINOR;
  if (Number(major) > 1 || Number(minor) >= oldest) return ok(`${name} (1.${oldest} or newer is needed)`);
  const message = `${name} has no MutatingAdmissionPolicy v1, by which changes are held in the very write`;
  const webhook = 'install the webhook (manifests/components/webhook)';
  return hasWebhook
    ? failed(`${name} is too old for the webhook`, `upgrade to Kubernetes 1.${oldest} or newer`)
    : failed(message, `upgrade to Kubernetes 1.${oldest} or newer, or ${webhook}`);
}

/** Whether a CRD exists, is established, and serves the version that this program uses. */
export function crdResult(name: string, crd: KubeObject | null, version: string, fix: string): Result {
  if (crd === null) return failed(`${name} is missing`, fix);
  const spec = crd['spec'] as { versions?: readonly { name: string; served: boolean }[] } | undefined;
  const status = crd['status'] as { conditions?: readonly { type: string; status: string }[] } | undefined;
  const established = status?.conditions?.some((one) => one.type === 'Established' && one.status === 'True');
  const served = (spec?.versions ?? []).filter((one) => one.served).map((one) => one.name);
  if (!served.includes(version)) return failed(`${name} serves ${served.join(', ')}, not ${version}`, fix);
  return established === true
    ? ok(`${name} ${version}`)
    : failed(`${name} is not established`, `kubectl describe crd ${name}`);
}

async function crds(
  { session }: Patient,
  group: string,
  plurals: readonly string[],
  version: string,
  fix: string,
): Promise<readonly Result[]> {
  const results = await Promise.all(
    plurals.map(async (plural) => {
      const name = `${plural}.${group}`;
      return crdResult(name, await session.client.get(CRD, { name }), version, fix);
    }),
  );
  const bad = results.filter(({ state }) => state !== 'ok');
  return bad.length > 0 ? bad : [ok(`${plurals.join(', ')} (${version})`)];
}

/** Kinds of a router that a CRD brings, by group and version. */
async function routerCrds(
  patient: Patient,
  { watches, install }: RouterDeclaration,
): Promise<readonly Result[]> {
  const extra = watches.filter(({ group }) => group.includes('.'));
  const places = new Map(extra.map((watch) => [`${watch.group}/${watch.version}`, watch] as const));
  const results = await Promise.all(
    [...places.values()].map(({ group, version }) => {
      const beside = extra.filter((watch) => watch.group === group && watch.version === version);
      return crds(
        patient,
        group,
        beside.map(({ plural }) => plural),
        version,
        install,
      );
    }),
  );
  return results.flat();
}

const isWhole = (results: readonly Result[]): boolean => results.every(({ state }) => state === 'ok');

/** A router may be missing if another one is installed. */
async function routerResults(patient: Patient, router: RouterDeclaration): Promise<readonly Result[]> {
  if (router.watches.length === 0) return [ok(router.install)];
  const own = await routerCrds(patient, router);
  if (isWhole(own)) return own;
  const others = ROUTERS.all.filter(({ name }) => name !== router.name);
  const results = await Promise.all(others.map((other) => routerCrds(patient, other)));
  return results.some(isWhole) ? [ok(`not installed: no Rollout can name traffic.${router.name}`)] : own;
}

function admissionResource(kind: string): Resource {
  return { ...ADMISSION, kind, plural: `${kind.toLowerCase().replace(/y$/, 'ie')}s` };
}

async function policyResult(
  { session }: Patient,
  { kind, name, what }: (typeof POLICIES)[number],
): Promise<Result> {
  const [policy, binding] = await Promise.all([
    session.client.get(admissionResource(kind), { name }),
    session.client.get(admissionResource(`${kind}Binding`), { name }),
  ]);
  if (policy === null) return failed(`${kind} ${name} is missing: it ${what}`, INSTALL);
  if (binding === null)
    return failed(`${kind}Binding ${name} is missing, so the policy that ${what} is not in force`, INSTALL);
  const { typeChecking } = (policy['status'] ?? {}) as { typeChecking?: { expressionWarnings?: unknown[] } };
  const warnings = typeChecking?.expressionWarnings?.length ?? 0;
  return warnings === 0
    ? ok(name)
    : failed(
        `${kind} ${name} has ${warnings} type warnings`,
        `kubectl describe ${kind.toLowerCase()} ${name}`,
      );
}

interface Configuration {
  readonly webhooks?: readonly { readonly clientConfig?: { readonly caBundle?: string } }[];
}

/** Whether the webhook, which replaces the mutating policies, has the CA with which the API server trusts it. */
export function webhookResult(configuration: KubeObject): Result {
  const { webhooks = [] } = configuration as KubeObject & Configuration;
  const isTrusted = webhooks.every(({ clientConfig }) => (clientConfig?.caBundle ?? '') !== '');
  return isTrusted
    ? ok(`webhook ${configuration.metadata.name}`)
    : failed(
        `MutatingWebhookConfiguration ${configuration.metadata.name} has no caBundle, so the API server cannot ask the webhook`,
        'kubectl -n sluice-system logs deployment/sluice | grep webhook',
      );
}

const webhookOf = ({ session }: Patient): Promise<KubeObject | null> =>
  session.client.get(WEBHOOK_CONFIGURATIONS, { name: 'sluice' });

/** The prerequisites of the cluster itself. */
export const CLUSTER: readonly Check[] = [
  {
    title: 'Kubernetes',
    run: async (patient) => {
      const { text } = await patient.session.fetchText('/version');
      return [versionResult(text, (await webhookOf(patient)) !== null)];
    },
  },
  { title: 'CRDs', run: (patient) => crds(patient, 'sluice.dev', OURS, VERSION, INSTALL) },
  {
    title: 'Admission',
    run: async (patient) => {
      const webhook = await webhookOf(patient);
      const needed = POLICIES.filter(({ kind }) => webhook === null || kind !== 'MutatingAdmissionPolicy');
      const policies = await Promise.all(needed.map((policy) => policyResult(patient, policy)));
      const results = [...(webhook === null ? [] : [webhookResult(webhook)]), ...policies];
      const bad = results.filter(({ state }) => state !== 'ok');
      return bad.length > 0 ? bad : [ok([...new Set(results.map(({ message }) => message))].join(', '))];
    },
  },
  ...ROUTERS.all.map((router) => ({
    title: router.title,
    run: (patient: Patient) => routerResults(patient, router),
  })),
];
