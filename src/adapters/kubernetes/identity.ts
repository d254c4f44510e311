import type { KubeObject } from '../../api/meta.ts';
import type { KubeClient } from './client.ts';
import { isCode } from './failure.ts';
import type { Resource } from './resource.ts';

const SELF: Resource = {
  group: 'authentication.k8s.io',
  version: 'v1',
  plural: 'selfsubjectreviews',
  kind: 'SelfSubjectReview',
  namespaced: false,
};

/** Path of the policy. */
export const GUARD: Resource = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  plural: 'validatingadmissionpolicies',
  kind: 'ValidatingAdmissionPolicy',
  namespaced: false,
};

/** The policy that names the controller in both kinds of installation, with admission policies or the webhook. */
export const GUARD_POLICY = 'sluice-release-guard';

/** The user in the unchanged manifests. */
const DEFAULT_USER = 'system:serviceaccount:sluice-system:sluice';

const NAMED = /request\.userInfo\.username == '([^']+)'/;

/** The user that the policy considers the controller; null if it names none. */
export function controllerOf(policy: KubeObject): string | null {
  const { variables = [] } = (policy['spec'] ?? {}) as {
    variables?: { name: string; expression: string }[];
  };
  const found = variables.find(({ name }) => name === 'isController');
  return NAMED.exec(found?.expression ?? '')?.[1] ?? null;
}

/** The user of this process for the API server. */
async function whoAmI(client: Pick<KubeClient, 'create'>): Promise<string> {
  const body = { apiVersion: `${SELF.group}/${SELF.version}`, kind: SELF.kind, metadata: { name: '' } };
  const { status } = (await client.create(SELF, body)) as { status?: { userInfo?: { username?: string } } };
  return status?.userInfo?.username ?? '';
}

/**
 * Why the user of this process is wrong, in one sentence with the fix, or null. The admission policies recognise the
 * controller by its user name: under another name its writes count as a person's, so that the gate that it opens is
 * shut again at once. Rejects if the API server does not answer.
 */
export async function identityProblem(client: Pick<KubeClient, 'get' | 'create'>): Promise<string | null> {
  const user = await whoAmI(client);
  const policy = await client.get(GUARD, { name: GUARD_POLICY }).catch((error: unknown) => {
    // Older installations lack the right to read it; the policies are then assumed to be unchanged.
    if (isCode(error, 'KUBERNETES_FORBIDDEN')) return undefined;
    throw error;
  });
  if (policy === null)
    return `there is no ValidatingAdmissionPolicy ${GUARD_POLICY}, so anybody who may edit can approve, in any name: kubectl apply -k manifests`;
  const known = policy === undefined ? DEFAULT_USER : controllerOf(policy);
  if (known === null || known === user) return null;
  return `this process runs as ${user}, and the admission policies know the controller as ${known}: they take its writes for a person's, and undo them. Run it under that ServiceAccount, or put ${user} into the policies sluice-hold and sluice-release-guard (manifests/admission)`;
}
