import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { bundle } from '../../../hack/bundle/bundle.ts';
import { addresses } from '../../../hack/cluster/addresses.ts';
import { attempt } from '../../../hack/cluster/process/command.ts';
import { createController } from '../../../hack/testbed/controller.ts';
import { MODEL, QUICK } from '../../../hack/testbed/model.ts';
import { startForward } from '../../../hack/testbed/proxies/forward.ts';
import { onSite, type Site } from '../../../hack/testbed/site.ts';
import { until } from '../../../hack/testbed/until.ts';
import { createClient } from '../kubectl.ts';

const access = inject('access');
const controller = createController(access, { name: 'cli-proxy', port: 18_090 });
const program = join(access.dir, 'sluice-proxy.mjs');
const admin = createClient(access);

/** `sluice` in the namespace of a site: its exit code, and what it wrote. */
function sluiceOn({ namespace }: Site): (...args: readonly string[]) => Promise<string> {
  const where = ['--namespace', namespace, '--kubeconfig', access.kubeconfig];
  const options = { env: { ...process.env, COLUMNS: '160', NO_COLOR: '1' }, timeoutMs: 240_000 };
  return async (...args) => {
    const { code, stdout, stderr } = await attempt(process.execPath, [program, ...args, ...where], options);
    return `${code}: ${stdout}${stderr}`;
  };
}

/**
 * A controller's own namespace as it is in a cluster, in that of a site: Prometheus behind a Service, and a Deployment
 * with the settings of a controller whose figures are at an address.
 */
async function inCluster(
  { namespace }: Site,
  at: { readonly prometheus: string; readonly figures: string; readonly url: string },
): Promise<void> {
  const kubectl = admin.with('--namespace', namespace);
  const labels = { 'app.kubernetes.io/name': 'sluice' };
  const args = [`--prometheus-url=${at.url}`, `--redis-url=${access.redisUrl}`];
  const pod = { containers: [{ name: 'controller', image: 'sluice', args }] };
  const ports = [{ name: 'http', port: 9090, protocol: 'TCP' }];
  const objects = [
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 'prometheus' }, spec: { ports } },
    // The proxy of the API server uses these, not EndpointSlices; a selector would create both.
    {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { name: 'prometheus' },
      subsets: [
        {
          addresses: [{ ip: at.prometheus, targetRef: { kind: 'Pod', namespace, name: 'prometheus-0' } }],
          ports,
        },
      ],
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'sluice' },
      spec: { replicas: 0, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: pod } },
    },
    // No node runs it: an annotation gives the address of its metrics.
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'sluice-0', labels },
      spec: { ...pod, schedulerName: 'nobody' },
    },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'prometheus-0' },
      spec: { ...pod, schedulerName: 'nobody' },
    },
  ];
  for (const object of objects) await kubectl.ok(['create', '--filename', '-'], JSON.stringify(object));
  for (const [name, ip] of [
    ['sluice-0', at.figures],
    ['prometheus-0', at.prometheus],
  ] as const) {
    const patch = JSON.stringify({ status: { phase: 'Running', podIP: ip, podIPs: [{ ip }] } });
    await kubectl.ok(['patch', 'pod', name, '--subresource=status', '--type=merge', '--patch', patch]);
  }
}

describe('the command line', () => {
  beforeAll(async () => {
    await bundle('sluice', program);
    await controller.start();
  });
  afterAll(() => controller.stop());

  it('asks Prometheus and the controller with Redis through the API server', async () => {
    const [prometheus, figures] = ['10.244.255.90', '10.244.255.91'];
    const started: { stop(): Promise<void> }[] = [];
    const forwards = await Promise.all([
      startForward(prometheus, 9090, addresses.ports.prometheus),
      startForward(figures, 8080, 18_091),
    ]);
    try {
      await onSite(access, { rate: 20, annotations: QUICK }, async (site) => {
        const { namespace } = site;
        const url = `http://prometheus.${namespace}.svc.cluster.local:9090`;
        await inCluster(site, { prometheus, figures, url });
        const flags = ['--leader-elect=false', `--namespaces=${namespace}`];
        const shared = createController(access, { name: 'cli-redis', port: 18_091, queue: 'redis', flags });
        started.push(shared);
        await shared.start();
        const sluice = sluiceOn(site);
        const home = ['--controller-namespace', namespace];
        const doctor = async (): Promise<string> => (await sluice('doctor', ...home)).replaceAll(/\s+/g, ' ');
        const report = await until('Redis is connected', async () => {
          const text = await doctor();
          return /✓ Redis redis:\S+ is connected/.test(text) ? text : null;
        });
        expect(report).toContain(`✓ Prometheus ${url} answers`);
        expect(report).toContain(
          `✗ Controller’s identity it runs as system:serviceaccount:${namespace}:sluice, and the admission policies know it as system:serviceaccount:sluice-system:sluice`,
        );
        await until('the series of the pods are there', async () =>
          (await sluice('init', MODEL, '--prometheus-url', url)).includes('template http-generic: fits'),
        );
        await site.untilGated();
        expect(await sluice('preflight', ...home)).toMatch(/^0: /);
        expect(await sluice('init', MODEL, '--prometheus-url', `http://nothing.${namespace}:9090`)).toMatch(
          /HTTP 404 through the API server \(no such Service or port\)/,
        );
        await admin.ok(['delete', 'endpoints', 'prometheus', '--namespace', namespace]);
        await until('nobody is behind the Service', async () =>
          /✗ Prometheus \S+ does not answer queries: HTTP 503 no endpoints available/.test(await doctor()),
        );
        await shared.stop();
        expect(await doctor()).toContain('the metrics of the controller cannot be read from here');
      });
    } finally {
      await Promise.all(started.map((one) => one.stop()));
      await Promise.all(forwards.map((one) => one.close()));
    }
  });
});
