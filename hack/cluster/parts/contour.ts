import { join } from 'node:path';
import type { KubeObject } from '../../../src/api/meta.ts';
import { addresses } from '../addresses.ts';
import type { PartFiles } from '../binaries/optional-parts.ts';
import type { ComponentSpec } from '../process/component.ts';
import { answers } from '../process/probe.ts';
import { flags, spacedFlags } from './flags.ts';
import { openListener } from './gateway-api.ts';

const { ports } = addresses;

/** What Contour's command lines depend on. */
export interface ContourInput {
  readonly contour: PartFiles;
  readonly envoy: string;
  readonly kubeconfig: string;
  readonly directory: string;
  readonly logs: string;
}

/** Namespace and name of the Gateway that Contour serves. */
export const CONTOUR_GATEWAY = { namespace: 'projectcontour', name: 'contour' } as const;

/** Port of its listener; Contour lets Envoy bind a port that is 8,000 higher. */
export const CONTOUR_PORT = 90;

/** Where its Envoy takes requests. */
export const CONTOUR_URL = `http://127.0.0.1:${CONTOUR_PORT + 8_000}`;

/** The settings of Contour beside its flags. */
export const CONTOUR_SETTINGS = { gateway: { gatewayRef: CONTOUR_GATEWAY } } as const;

/** The Gateway that Contour serves; routes of every namespace may attach to it. */
export function contourObjects(): KubeObject[] {
  const group = 'gateway.networking.k8s.io/v1';
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: CONTOUR_GATEWAY.namespace } },
    {
      apiVersion: group,
      kind: 'GatewayClass',
      metadata: { name: 'contour' },
      spec: { controllerName: 'projectcontour.io/gateway-controller' },
    },
    {
      apiVersion: group,
      kind: 'Gateway',
      metadata: CONTOUR_GATEWAY,
      spec: { gatewayClassName: 'contour', listeners: [openListener(CONTOUR_PORT)] },
    },
  ];
}

/** Names, within its folder, of Contour's settings and of its Envoy's bootstrap. */
export const CONTOUR_FILES = { settings: 'contour.yaml', bootstrap: 'envoy.json' } as const;

/** Arguments with which Contour writes the bootstrap of its Envoy. */
export function bootstrapArguments({ directory }: Pick<ContourInput, 'directory'>): string[] {
  const xds = { 'xds-address': '127.0.0.1', 'xds-port': ports.contourXds };
  const admin = { 'admin-address': join(directory, 'admin.sock') };
  return ['bootstrap', ...flags({ ...xds, ...admin }), join(directory, CONTOUR_FILES.bootstrap)];
}

/** Contour without certificates, everything on loopback. */
export function contourSpec({ contour, kubeconfig, directory, logs }: ContourInput): ComponentSpec {
  const local = '127.0.0.1';
  // It asks for versions of these kinds that newer CRDs do not have, and ends if they are missing.
  const without = ['tlsroutes', 'tcproutes', 'backendtlspolicies'].map((kind) => `--disable-feature=${kind}`);
  return {
    name: 'contour',
    command: contour.program,
    args: [
      'serve',
      '--insecure',
      '--disable-leader-election',
      ...flags({
        kubeconfig,
        'xds-address': local,
        'xds-port': ports.contourXds,
        'http-address': local,
        'http-port': ports.contourHttp,
        'health-address': local,
        'health-port': ports.contourHealth,
        'config-path': join(directory, CONTOUR_FILES.settings),
      }),
      ...without,
    ],
    logFile: join(logs, 'contour.log'),
    ready: () => answers(`http://${local}:${ports.contourHealth}/healthz`),
  };
}

/** The Envoy of Contour. */
export function contourEnvoySpec({ envoy, directory, logs }: ContourInput): ComponentSpec {
  return {
    name: 'envoy-contour',
    command: envoy,
    args: [
      ...spacedFlags({
        'config-path': join(directory, CONTOUR_FILES.bootstrap),
        'service-cluster': 'contour',
        'service-node': 'contour-0',
        concurrency: 1,
        'base-id': 3,
        'log-level': 'error',
        'drain-time-s': 1,
      }),
      '--disable-hot-restart',
    ],
    logFile: join(logs, 'envoy-contour.log'),
    ready: () => answers(`http://127.0.0.1:${ports.contourEnvoyReady}/ready`),
  };
}
