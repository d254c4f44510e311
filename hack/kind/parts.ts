import { GenericContainer, Wait } from 'testcontainers';
import { pinned } from '../cluster/binaries/pins.ts';
import { prometheusConfig } from '../cluster/parts/observability.ts';
import { yamlText } from '../cluster/yaml-text.ts';
import { NODE_PORTS } from './node.ts';

const MONITORING = 'monitoring';

/** Istio with its ingress gateway, as `istioctl manifest generate` writes it. */
export async function istioManifests(): Promise<string> {
  const istioctl = await new GenericContainer(`istio/istioctl:${pinned.istio}`)
    .withCommand(['manifest', 'generate', '--set', 'profile=default'])
    .withWaitStrategy(Wait.forOneShotStartup())
    .withStartupTimeout(180_000)
    .start();
  const parts: Buffer[] = [];
  for await (const part of await istioctl.logs()) parts.push(Buffer.from(part));
  await istioctl.stop();
  return Buffer.concat(parts).toString();
}

function nodePort(
  name: string,
  namespace: string,
  selector: object,
  ports: { readonly targetPort: number; readonly nodePort: number },
): object {
  const spec = { type: 'NodePort', selector, ports: [{ port: 80, ...ports }] };
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec };
}

const named = (apiVersion: string, kind: string, rest: object): object => ({
  apiVersion,
  kind,
  metadata: { name: 'prometheus', namespace: MONITORING },
  ...rest,
});

function prometheusObjects(): object[] {
  const rbac = 'rbac.authorization.k8s.io';
  const labels = { app: 'prometheus' };
  const container = {
    name: 'prometheus',
    image: `prom/prometheus:v${pinned.prometheus}`,
    volumeMounts: [{ name: 'config', mountPath: '/etc/prometheus' }],
  };
  const volumes = [{ name: 'config', configMap: { name: 'prometheus' } }];
  const pod = { serviceAccountName: 'prometheus', containers: [container], volumes };
  const subject = { kind: 'ServiceAccount', name: 'prometheus', namespace: MONITORING };
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: MONITORING } },
    named('v1', 'ServiceAccount', {}),
    named('v1', 'ConfigMap', { data: { 'prometheus.yml': yamlText(prometheusConfig(null, '1s', false)) } }),
    named(`${rbac}/v1`, 'ClusterRole', {
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] }],
    }),
    named(`${rbac}/v1`, 'ClusterRoleBinding', {
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'prometheus' },
      subjects: [subject],
    }),
    named('apps/v1', 'Deployment', {
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: pod } },
    }),
    nodePort('prometheus', MONITORING, labels, { targetPort: 9090, nodePort: NODE_PORTS.prometheus }),
  ];
}

/** Prometheus that scrapes the pods every second, and the ways to it and to the gateway from outside. */
export function otherManifests(): string {
  const selector = { istio: 'ingressgateway' };
  const ports = { targetPort: 8080, nodePort: NODE_PORTS.gateway };
  const objects = [...prometheusObjects(), nodePort('sluice-gateway', 'istio-system', selector, ports)];
  return objects.map((object) => yamlText(object)).join('---\n');
}
