import { describe, expect, it } from 'vitest';
import { DECLARATION } from '../../test/conformance/weights/declaration.ts';
import { routerTable, withMoreRules, withReadRules, withRouterRules } from './routers.ts';

const ROLE = `rules:
  - before
  # <generated:routers> by a tool
  - old
  # </generated:routers>
  - after
`;

describe('the role of the controller', () => {
  it('has what a router reads and writes between its marks, and nothing more', () => {
    expect(withRouterRules(ROLE, DECLARATION.watches)).toBe(`rules:
  - before
  # <generated:routers> by a tool
  - apiGroups: [example.dev]
    resources: [weights]
    verbs: [get, list, watch, patch]
  # </generated:routers>
  - after
`);
  });

  const granted = {
    group: '',
    version: 'v1',
    kind: 'Service',
    plural: 'services',
    writes: 'objects',
    grantedBy: 'a component',
  } as const;

  it('leaves what a component grants to its role', () => {
    const watches = [...DECLARATION.watches, granted];
    expect(withRouterRules(ROLE, watches)).toBe(withRouterRules(ROLE, DECLARATION.watches));
    expect(withMoreRules(ROLE, { watches })).toBe(`rules:
  - before
  # <generated:routers> by a tool
  - apiGroups: [""]
    resources: [services]
    verbs: [create, patch, delete]
  # </generated:routers>
  - after
`);
  });

  it('is read by people, of a namespace and of the cluster, without a right to write', () => {
    const roles = `${ROLE}---
rules:
  # <generated:cluster-routers>
  # </generated:cluster-routers>
`;
    const ofCluster = {
      ...granted,
      group: 'example.dev',
      kind: 'Class',
      plural: 'classes',
      scope: 'Cluster',
    } as const;
    expect(withReadRules(roles, [...DECLARATION.watches, granted, ofCluster])).toBe(`rules:
  - before
  # <generated:routers> by a tool
  - apiGroups: [example.dev]
    resources: [weights]
    verbs: [get, list, watch]
  # </generated:routers>
  - after
---
rules:
  # <generated:cluster-routers>
  - apiGroups: [example.dev]
    resources: [classes]
    verbs: [get, list, watch]
  # </generated:cluster-routers>
`);
  });

  it('is never written without marks', () => {
    expect(() => withRouterRules('rules: []', DECLARATION.watches)).toThrow('no marks');
  });
});

describe('the table of routers', () => {
  it('says what each reads, writes and supports', () => {
    expect(routerTable([DECLARATION])).toContain(
      '| `weights`: [Weights](weights/README.md) | Weights (changes its routes) | weights |',
    );
  });
});
