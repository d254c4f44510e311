import { expect, it } from 'vitest';
import { bootstrap, gatewayProxy, meshProxy } from './mesh.ts';

interface Bootstrap {
  readonly node: {
    readonly id: string;
    readonly cluster: string;
    readonly metadata: Record<string, unknown>;
  };
  readonly stats_config: {
    readonly stats_tags: readonly { readonly tag_name: string; readonly regex: string }[];
    readonly histogram_bucket_settings: readonly { readonly buckets: readonly number[] }[];
  };
}

const written = (proxy: typeof gatewayProxy): Bootstrap =>
  bootstrap(proxy, [100, 300], '1.31.0') as Bootstrap;

it('introduces the gateway as a router with the labels that Gateways select', () => {
  const { node } = written(gatewayProxy);
  expect(node.id).toBe('router~10.244.255.10~gateway-0.istio-system~istio-system.svc.cluster.local');
  expect(node.metadata).toMatchObject({ ISTIO_VERSION: '1.31.0', LABELS: { istio: 'ingressgateway' } });
});

it('introduces the mesh proxy as a sidecar with an HTTP proxy port', () => {
  const { node } = written(meshProxy);
  expect(node.id).toBe('sidecar~10.244.255.11~client-0.default~default.svc.cluster.local');
  expect(node.metadata).toMatchObject({ HTTP_PROXY_PORT: '15007', NAMESPACE: 'default' });
});

it('puts the edges that were asked for into the latency histogram', () => {
  expect(written(gatewayProxy).stats_config.histogram_bucket_settings[0]?.buckets).toEqual([100, 300]);
});

it('takes cluster, code and class out of the names of the statistics', () => {
  const tags = written(gatewayProxy).stats_config.stats_tags;
  const read = (name: string): Record<string, string> =>
    Object.fromEntries(
      tags.flatMap(({ tag_name, regex }) => {
        const value = new RegExp(regex).exec(name)?.[2];
        return value === undefined ? [] : [[tag_name, value]];
      }),
    );
  const cluster = 'outbound|80|canary|model.ns.svc.cluster.local';
  expect(read(`cluster.${cluster};.external.upstream_rq_503`)).toEqual({
    cluster_name: cluster,
    response_code: '503',
  });
  expect(read(`cluster.${cluster};.external.upstream_rq_5xx`)).toEqual({
    cluster_name: cluster,
    response_code_class: '5xx',
  });
  expect(read('server.uptime')).toEqual({});
});
