/** Each case has a lease of its own; the installed rights are for the one named `sluice`. */
export const LEASE_RIGHTS = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: sluice-fault-cases}
rules:
- {apiGroups: [coordination.k8s.io], resources: [leases], verbs: [get, create, update]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: sluice-fault-cases}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: sluice-fault-cases}
subjects: [{kind: ServiceAccount, name: sluice, namespace: sluice-system}]
`;
