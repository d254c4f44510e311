import { controllerOf, GUARD, GUARD_POLICY } from '../../adapters/kubernetes/identity.ts';
import { RESOURCES, type Resource } from '../../adapters/kubernetes/resource.ts';
import type { KubeObject } from '../../api/meta.ts';
import { wordsOf } from '../../errors.ts';
import { ROUTERS } from '../../traffic/registry.ts';
import { moreVerbsOf, verbsOf } from '../../traffic/rights.ts';
import type { Session } from '../session.ts';
import { type Check, failed, INSTALL, ok, type Patient, type Result, unknown, warning } from './check.ts';

/** One permission to check. */
interface Right {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
}

const right = (group: string, resource: string, ...verbs: string[]): Right[] =>
  verbs.map((verb) => {
    const [name = '', subresource] = resource.split('/');
    return { verb, group, resource: name, ...(subresource === undefined ? {} : { subresource }) };
  });

/** Permissions of the controller; as in manifests/rbac/controller.yaml. */
const CONTROLLER: readonly Right[] = [
  ...right('sluice.dev', 'rollouts', 'list', 'watch', 'create', 'patch', 'delete'),
  ...right('sluice.dev', 'releases', 'list', 'watch', 'create', 'patch', 'delete'),
  ...right('sluice.dev', 'rollouts/status', 'patch'),
  ...right('sluice.dev', 'releases/status', 'patch'),
  ...right('sluice.dev', 'analysistemplates', 'list', 'watch'),
  ...right('sluice.dev', 'clusteranalysistemplates', 'list', 'watch'),
  ...right('apps', 'deployments', 'list', 'watch', 'patch'),
  ...right('apps', 'replicasets', 'list', 'watch', 'create', 'patch', 'delete'),
  ...right('', 'services', 'list', 'watch'),
  ...ROUTERS.watches.flatMap((watch) =>
    right(watch.group, watch.plural, ...verbsOf(watch).filter((verb) => verb !== 'get')),
  ),
  ...right('events.k8s.io', 'events', 'create', 'patch'),
];

/** Permissions for single routers, which not every installation needs. */
const MORE = ROUTERS.all.flatMap(({ name, watches }) =>
  watches.flatMap((watch) =>
    moreVerbsOf(watch).length === 0
      ? []
      : [
          {
            name,
            fix: watch.grantedBy ?? '',
            rights: right(watch.group, watch.plural, ...moreVerbsOf(watch)),
          },
        ],
  ),
);

const PERSON: readonly { readonly right: Right; readonly what: string; readonly role: string }[] = [
  {
    right: { verb: 'list', group: 'sluice.dev', resource: 'releases' },
    what: 'see releases',
    role: 'sluice-view',
  },
  {
    right: { verb: 'patch', group: 'sluice.dev', resource: 'releases' },
    what: 'abort, pause and resume',
    role: 'sluice-edit',
  },
  {
    right: { verb: 'approve', group: 'sluice.dev', resource: 'releases' },
    what: 'approve and skip',
    role: 'sluice-approve',
  },
];

function reviews(kind: 'SubjectAccessReview' | 'SelfSubjectAccessReview'): Resource {
  return {
    group: 'authorization.k8s.io',
    version: 'v1',
    plural: `${kind.toLowerCase()}s`,
    kind,
    namespaced: false,
  };
}

async function allowed(
  session: Session,
  { verb, ...rest }: Right,
  who: { user?: string; namespace?: string },
): Promise<boolean> {
  const { user, namespace } = who;
  const kind = user === undefined ? 'SelfSubjectAccessReview' : 'SubjectAccessReview';
  const resourceAttributes = { verb, ...rest, ...(namespace === undefined ? {} : { namespace }) };
  const groups = [
    'system:serviceaccounts',
    `system:serviceaccounts:${user?.split(':')[2]}`,
    'system:authenticated',
  ];
  const spec = { resourceAttributes, ...(user === undefined ? {} : { user, groups }) };
  const review = { apiVersion: 'authorization.k8s.io/v1', kind, metadata: {}, spec } as unknown as KubeObject;
  const answer = await session.client.create(reviews(kind), review);
  return (answer['status'] as { allowed?: boolean } | undefined)?.allowed === true;
}

const nameOf = ({ verb, resource, subresource }: Right): string =>
  `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}`;

async function controllerRights({ session, home }: Patient): Promise<Result[]> {
  const user = `system:serviceaccount:${home}:sluice`;
  const answers = await Promise.all(
    CONTROLLER.map(async (one) => ({ one, may: await allowed(session, one, { user }) })),
  );
  const lease: Right = { verb: 'update', group: 'coordination.k8s.io', resource: 'leases' };
  const lacking = answers.filter(({ may }) => !may).map(({ one }) => nameOf(one));
  const reviewLease = { ...lease, name: 'sluice' };
  if (!(await allowed(session, reviewLease, { user, namespace: home })))
    lacking.push(`update leases in ${home}`);
  const result =
    lacking.length === 0
      ? ok(`${user} may do all of ${CONTROLLER.length + 1} things that it needs`)
      : failed(`${user} may not: ${lacking.join(', ')}`, INSTALL);
  return [result, ...(await routerRights(session, user))];
}

/** What the controller may do for routers that not everybody uses: without it, no Rollout may name them. */
async function routerRights(session: Session, user: string): Promise<Result[]> {
  const results = MORE.map(async ({ name, fix, rights }) => {
    const answers = await Promise.all(
      rights.map(async (one) => ({ one, may: await allowed(session, one, { user }) })),
    );
    const lacking = answers.filter(({ may }) => !may).map(({ one }) => nameOf(one));
    if (lacking.length === 0) return ok(`${user} may do what traffic.${name} needs`);
    return ok(`${user} may not ${lacking.join(', ')}: no Rollout can name traffic.${name} (${fix})`);
  });
  return Promise.all(results);
}

/** Whether the policies recognise the controller's user. */
export function identityResult(policy: KubeObject | null, user: string): Result {
  const known = policy === null ? null : controllerOf(policy);
  if (known === null) return unknown(`ValidatingAdmissionPolicy ${GUARD_POLICY} names no user`);
  if (known === user) return ok(`the admission policies know it as ${user}`);
  return failed(
    `it runs as ${user}, and the admission policies know it as ${known}: they take its writes for a person's, and undo them`,
    `run it under that ServiceAccount, or put ${user} into the policies sluice-hold and sluice-release-guard`,
  );
}

async function identity({ session, home }: Patient): Promise<Result[]> {
  const [policy, deployment] = await Promise.all([
    session.client.get(GUARD, { name: GUARD_POLICY }),
    session.client.get(RESOURCES.Deployment, { namespace: home, name: 'sluice' }),
  ]);
  const spec = deployment?.['spec'] as { template?: { spec?: { serviceAccountName?: string } } } | undefined;
  const account = spec?.template?.spec?.serviceAccountName ?? 'sluice';
  return [identityResult(policy, `system:serviceaccount:${home}:${account}`)];
}

async function ownRights({ session }: Patient): Promise<Result[]> {
  const { namespace } = session;
  const answers = await Promise.all(
    PERSON.map(async (one) => ({ ...one, may: await allowed(session, one.right, { namespace }) })),
  );
  const lacking = answers.filter(({ may }) => !may);
  if (lacking.length === 0)
    return [ok(`in namespace ${namespace} you may ${PERSON.map(({ what }) => what).join('; ')}`)];
  return lacking.map(({ what, role }) =>
    warning(
      `in namespace ${namespace} you may not ${what}`,
      `an administrator can bind the ClusterRole ${role} to you`,
    ),
  );
}

/** A forbidden review shows nothing. */
const orUnknown =
  (run: (patient: Patient) => Promise<Result[]>) =>
  (patient: Patient): Promise<Result[]> =>
    run(patient).catch((error: unknown) => [unknown(wordsOf(error))]);

/** Who may do what. */
export const ACCESS: readonly Check[] = [
  { title: 'Controller’s identity', run: orUnknown(identity) },
  { title: 'Controller’s rights', run: orUnknown(controllerRights) },
  { title: 'Your rights', run: orUnknown(ownRights) },
];
