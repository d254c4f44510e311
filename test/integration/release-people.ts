import { inject } from 'vitest';
import { type Client, createClient } from './kubectl.ts';

/** People who act on the releases of one namespace, each with the rights that the words say. */
export interface ReleasePeople {
  readonly admin: Client;
  /** May edit: pause, resume and abort. */
  readonly editor: Client;
  /** May approve besides, and so skip and promote; `bob` too. */
  readonly alice: Client;
  readonly bob: Client;
  readonly viewer: Client;
  /** The controller's own ServiceAccount. */
  readonly controller: Client;
  /** Makes the namespace and gives everybody their rights. */
  readonly enter: () => Promise<void>;
  /** Deletes the namespace, without waiting for it. */
  readonly leave: () => Promise<void>;
}

/** The name under which the API server knows the controller. */
export const CONTROLLER = 'system:serviceaccount:sluice-system:sluice';
const ROLES = { edit: ['edith'], view: ['victor'], 'sluice-approve': ['alice', 'bob'] };

/** The people of a namespace that is not there yet. */
export function releasePeople(namespace: string): ReleasePeople {
  const root = createClient({ kubectl: inject('kubectl'), kubeconfig: inject('kubeconfig') });
  const admin = root.with('-n', namespace);
  const as = (user: string): Client => admin.with('--as', user);
  return {
    admin,
    editor: as('edith'),
    alice: as('alice'),
    bob: as('bob'),
    viewer: as('victor'),
    controller: as(CONTROLLER),
    enter: async () => {
      await root.ok(['create', 'namespace', namespace]);
      for (const [role, users] of Object.entries(ROLES)) {
        const subjects = users.map((user) => `--user=${user}`);
        await admin.ok(['create', 'rolebinding', role, `--clusterrole=${role}`, ...subjects]);
      }
    },
    leave: async () => {
      await root.run(['delete', 'namespace', namespace, '--wait=false']);
    },
  };
}
