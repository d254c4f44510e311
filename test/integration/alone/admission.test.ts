import { beforeAll, describe, inject } from 'vitest';
import { applyManifests } from '../../../hack/install/manifests.ts';
import { holdCases } from '../admission-cases.ts';
import { createClient } from '../kubectl.ts';

const root = createClient({ kubectl: inject('kubectl'), kubeconfig: inject('kubeconfig') });

describe('by the admission policies', () => {
  beforeAll(() => applyManifests(root.run, { controller: false }));
  holdCases();
});
