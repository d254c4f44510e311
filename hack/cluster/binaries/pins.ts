import type { Download } from './download.ts';
import type { GoProgram } from './go-build.ts';
import { exactly, type VersionRange } from './version.ts';

/** An optional other version of Kubernetes, to test against an older API server. */
const other = process.env['SLUICE_KUBERNETES'];

/** The versions that the cluster is tested with. */
export const pinned = {
  kubernetes: other ?? '1.37.1',
  etcd: '3.6.16',
  istio: '1.31.0',
  envoy: '1.38.3',
  prometheus: '3.16.0',
  gatewayApi: '1.6.3',
  contour: '1.33.8',
  inferenceExtension: '1.5.0',
  helm: '4.3.2',
} as const;

/** The versions that are accepted from `KUBEBUILDER_ASSETS` and `PATH`. */
export const accepted = {
  kubernetes: other === undefined ? { from: [1, 36, 0], below: [1, 39, 0] } : exactly(other),
  etcd: { from: [3, 6, 0], below: [4, 0, 0] },
  istio: { from: [1, 31, 0], below: [1, 32, 0] },
  envoy: { from: [1, 36, 0], below: [2, 0, 0] },
  prometheus: { from: [2, 53, 0] },
  redis: { from: [6, 2, 0] },
} as const satisfies Record<string, VersionRange>;

function kubernetesPrograms(names: readonly string[], minutes: string): GoProgram {
  const [major = '', minor = ''] = pinned.kubernetes.split('.');
  const version = { gitVersion: `v${pinned.kubernetes}`, gitMajor: major, gitMinor: minor };
  const packages = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'];
  return {
    module: { path: 'k8s.io/kubernetes', version: `v${pinned.kubernetes}` },
    programs: Object.fromEntries(names.map((name) => [name, `k8s.io/kubernetes/cmd/${name}`])),
    variables: Object.fromEntries(
      packages.flatMap((path) => Object.entries(version).map(([name, value]) => [`${path}.${name}`, value])),
    ),
    minutes,
  };
}

/** The programs that are built where they cannot be downloaded. */
export const goPrograms = {
  kubernetes: kubernetesPrograms(
    ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'],
    '9 minutes',
  ),
  kubectl: kubernetesPrograms(['kubectl'], '2 minutes'),
  etcd: {
    module: { path: 'go.etcd.io/etcd/server/v3', version: `v${pinned.etcd}` },
    programs: { etcd: 'go.etcd.io/etcd/server/v3' },
    variables: {},
    minutes: '1 minute',
  },
  istio: {
    // Istio's tags have no leading v, so that Go knows the release by its commit only.
    module: { path: 'istio.io/istio', version: 'v0.0.0-20260827124520-eed52ebb66ad' },
    programs: { 'pilot-discovery': 'istio.io/istio/pilot/cmd/pilot-discovery' },
    variables: {
      'istio.io/istio/pkg/version.buildVersion': pinned.istio,
      'istio.io/istio/pkg/version.buildGitRevision': 'eed52ebb66ad',
    },
    minutes: '6 minutes',
  },
  prometheus: {
    module: { path: 'github.com/prometheus/prometheus', version: 'v0.316.0' },
    programs: { prometheus: 'github.com/prometheus/prometheus/cmd/prometheus' },
    variables: { 'github.com/prometheus/common/version.Version': pinned.prometheus },
    tags: ['remove_all_sd', 'enable_kubernetes_sd'],
    minutes: '4 minutes',
  },
  contour: {
    module: { path: 'github.com/projectcontour/contour', version: `v${pinned.contour}` },
    programs: { contour: 'github.com/projectcontour/contour/cmd/contour' },
    variables: { 'github.com/projectcontour/contour/internal/build.Version': `v${pinned.contour}` },
    minutes: '3 minutes',
  },
  endpointPicker: {
    module: {
      path: 'sigs.k8s.io/gateway-api-inference-extension',
      version: `v${pinned.inferenceExtension}`,
    },
    programs: { epp: 'sigs.k8s.io/gateway-api-inference-extension/cmd/epp' },
    variables: {},
    minutes: '3 minutes',
  },
  helm: {
    module: { path: 'helm.sh/helm/v4', version: `v${pinned.helm}` },
    programs: { helm: 'helm.sh/helm/v4/cmd/helm' },
    variables: {},
    minutes: '2 minutes',
  },
} as const satisfies Record<string, GoProgram>;

/** Node's name of a processor to Go's, which the publishers' file names use. */
export const goArchitecture = (arch: string): string => (arch === 'x64' ? 'amd64' : arch);

/** The publisher's file of one Kubernetes program. */
export function kubernetesDownload(name: string, arch: string): Download {
  const url = `https://dl.k8s.io/release/v${pinned.kubernetes}/bin/linux/${goArchitecture(arch)}/${name}`;
  return { url, sumsUrl: `${url}.sha256` };
}

/** The archive of an etcd release. */
export function etcdDownload(arch: string): Download {
  const base = `https://github.com/etcd-io/etcd/releases/download/v${pinned.etcd}`;
  return {
    url: `${base}/etcd-v${pinned.etcd}-linux-${goArchitecture(arch)}.tar.gz`,
    sumsUrl: `${base}/SHA256SUMS`,
  };
}

/** The archive of a Prometheus release. */
export function prometheusDownload(arch: string): Download {
  const base = `https://github.com/prometheus/prometheus/releases/download/v${pinned.prometheus}`;
  const file = `prometheus-${pinned.prometheus}.linux-${goArchitecture(arch)}.tar.gz`;
  return { url: `${base}/${file}`, sumsUrl: `${base}/sha256sums.txt` };
}
