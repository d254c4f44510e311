import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addresses } from '../addresses.ts';
import type { Binaries } from '../binaries/binaries.ts';
import type { ComponentSpec } from '../process/component.ts';
import { answers } from '../process/probe.ts';
import { yamlText } from '../yaml-text.ts';
import { flags } from './flags.ts';
import { apiServerUrl, type Identities } from './identities.ts';

const { ports } = addresses;

/** What the control plane's command lines depend on. */
export interface ControlPlaneInput {
  readonly binaries: Binaries;
  readonly identities: Identities;
  readonly directory: string;
  readonly logs: string;
  /** How long a node may be silent before its pods count as not ready, seconds. */
  readonly nodeGraceSeconds: number;
  /** How often the HorizontalPodAutoscaler looks, seconds. */
  readonly hpaSyncSeconds: number;
}

/** The file in which the API server records every request's user, verb, object and answer, one JSON object a line. */
export const auditLog = (directory: string): string => join(directory, 'audit.log');

/** etcd without fsync: the data may be lost with the machine, not with the process. */
export function etcdSpec({ binaries, directory, logs }: ControlPlaneInput): ComponentSpec {
  const client = `http://127.0.0.1:${ports.etcd}`;
  const peer = `http://127.0.0.1:${ports.etcdPeer}`;
  return {
    name: 'etcd',
    command: binaries.etcd,
    args: flags({
      name: 'etcd',
      'data-dir': join(directory, 'etcd'),
      'listen-client-urls': client,
      'advertise-client-urls': client,
      'listen-peer-urls': peer,
      'initial-advertise-peer-urls': peer,
      'initial-cluster': `etcd=${peer}`,
      'unsafe-no-fsync': true,
      'log-level': 'warn',
    }),
    logFile: join(logs, 'etcd.log'),
    ready: () => answers(`${client}/health`),
  };
}

/** Authorization by RBAC, ServiceAccount tokens, aggregation straight to endpoints (there is no kube-proxy), audit. */
export function apiServerFlags({
  directory,
  identities,
}: Pick<ControlPlaneInput, 'directory' | 'identities'>): string[] {
  const { authority, server, tokenKeys, frontProxyAuthority, frontProxyClient } = identities;
  return flags({
    'etcd-servers': `http://127.0.0.1:${ports.etcd}`,
    'bind-address': '0.0.0.0',
    'secure-port': ports.apiServer,
    'advertise-address': addresses.apiServer,
    'service-cluster-ip-range': addresses.serviceRange,
    'tls-cert-file': server.cert,
    'tls-private-key-file': server.key,
    'client-ca-file': authority.cert,
    'authorization-mode': 'RBAC',
    'service-account-issuer': 'https://kubernetes.default.svc.cluster.local',
    'service-account-key-file': tokenKeys.publicKey,
    'service-account-signing-key-file': tokenKeys.key,
    'enable-aggregator-routing': true,
    'requestheader-client-ca-file': frontProxyAuthority.cert,
    'requestheader-allowed-names': 'front-proxy-client',
    'requestheader-extra-headers-prefix': 'X-Remote-Extra-',
    'requestheader-group-headers': 'X-Remote-Group',
    'requestheader-username-headers': 'X-Remote-User',
    'proxy-client-cert-file': frontProxyClient.cert,
    'proxy-client-key-file': frontProxyClient.key,
    // Read again when it changes: a test may have the API server trust a provider of OpenID Connect.
    'authentication-config': join(directory, 'authentication.yaml'),
    'audit-policy-file': join(directory, 'audit-policy.yaml'),
    'audit-log-path': auditLog(directory),
    'audit-log-maxsize': 1024,
    'allow-privileged': true,
    profiling: false,
  });
}

/** The API server; its URL inside the namespace is `apiServerUrl`. */
export function apiServerSpec(input: ControlPlaneInput): ComponentSpec {
  return {
    name: 'kube-apiserver',
    command: input.binaries.kubeApiserver,
    args: apiServerFlags(input),
    logFile: join(input.logs, 'kube-apiserver.log'),
    ready: () => answers(`${apiServerUrl}/readyz`),
    readyTimeoutMs: 120_000,
    stopTimeoutMs: 10_000,
  };
}

/** The controller manager with all of its controllers, each under its own ServiceAccount. */
export function controllerManagerSpec(input: ControlPlaneInput, kubeconfig: string): ComponentSpec {
  const { identities, nodeGraceSeconds, hpaSyncSeconds } = input;
  return {
    name: 'kube-controller-manager',
    command: input.binaries.kubeControllerManager,
    args: flags({
      kubeconfig,
      'bind-address': '127.0.0.1',
      'secure-port': ports.controllerManager,
      'tls-cert-file': identities.server.cert,
      'tls-private-key-file': identities.server.key,
      'leader-elect': false,
      'use-service-account-credentials': true,
      'root-ca-file': identities.authority.cert,
      'service-account-private-key-file': identities.tokenKeys.key,
      'cluster-signing-cert-file': identities.authority.cert,
      'cluster-signing-key-file': identities.authority.key,
      'kube-api-qps': 300,
      'kube-api-burst': 600,
      'node-monitor-period': '1s',
      'node-monitor-grace-period': `${nodeGraceSeconds}s`,
      'horizontal-pod-autoscaler-sync-period': `${hpaSyncSeconds}s`,
      profiling: false,
    }),
    logFile: join(input.logs, 'kube-controller-manager.log'),
    ready: () => answers(`https://127.0.0.1:${ports.controllerManager}/healthz`),
  };
}

/** The scheduler; it looks again at a pod that found no place after one to ten seconds. */
export function schedulerSpec(input: ControlPlaneInput): ComponentSpec {
  return {
    name: 'kube-scheduler',
    command: input.binaries.kubeScheduler,
    args: flags({
      config: join(input.directory, 'scheduler.yaml'),
      'bind-address': '127.0.0.1',
      'secure-port': ports.scheduler,
      'tls-cert-file': input.identities.server.cert,
      'tls-private-key-file': input.identities.server.key,
    }),
    logFile: join(input.logs, 'kube-scheduler.log'),
    ready: () => answers(`https://127.0.0.1:${ports.scheduler}/healthz`),
  };
}

/** Writes the files that the command lines name. */
export async function writeControlPlaneFiles(directory: string, schedulerKubeconfig: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const audit = {
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived'],
    rules: [{ level: 'Metadata' }],
  };
  const authentication = {
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'AuthenticationConfiguration',
    jwt: [],
  };
  const scheduler = {
    apiVersion: 'kubescheduler.config.k8s.io/v1',
    kind: 'KubeSchedulerConfiguration',
    clientConnection: { kubeconfig: schedulerKubeconfig, qps: 300, burst: 600 },
    leaderElection: { leaderElect: false },
    podInitialBackoffSeconds: 1,
    podMaxBackoffSeconds: 10,
  };
  await Promise.all([
    writeFile(join(directory, 'audit-policy.yaml'), yamlText(audit)),
    writeFile(join(directory, 'authentication.yaml'), yamlText(authentication)),
    writeFile(join(directory, 'scheduler.yaml'), yamlText(scheduler)),
  ]);
}
