import { Command, InvalidArgumentError } from 'commander';
import { version } from '../version.ts';
import type { CommandWords } from './commands/completion.ts';
import type { ServeFlags } from './dashboard-flags.ts';
import { EXAMPLES } from './examples.ts';
import type { ClusterFlags } from './session.ts';
import { SHELLS } from './shells.ts';
import { type Format, formatOf, tell } from './terminal/output.ts';

interface Common extends ClusterFlags {
  readonly output?: Format | undefined;
}

const NAME = '[name]';
const HELP = `
Names: NAME, rollout/NAME, release/NAME or deployment/NAME; of a Rollout, its current or newest Release is meant.
Without a name, the only Rollout of the namespace.

Exit codes: 0 yes or done; 1 no (rolled back, invalid, refused); 2 wrong command line; 3 time is up;
4 superseded or cancelled; 5 no answer (unreachable, forbidden, not found).`;

/** The flags of commands that use a cluster. */
function onCluster(command: Command): Command {
  return command
    .option('-n, --namespace <name>', 'namespace (default: that of the context)')
    .option('--context <name>', 'context of the kubeconfig')
    .option('--kubeconfig <file>', 'kubeconfig (default: KUBECONFIG, ~/.kube/config)');
}

const withOutput = (command: Command): Command =>
  command.option('-o, --output <format>', 'json, yaml, wide or name', formatOf);

function looking(program: Command): void {
  withOutput(onCluster(program.command(`get ${NAME}`)))
    .description('list Rollouts: where each one is, and whether it waits for somebody')
    .option('-A, --all-namespaces', 'in all namespaces')
    .action(async (name: string | undefined, flags: Common) =>
      (await import('./commands/show/get.ts')).run(name, flags),
    );
  withOutput(onCluster(program.command(`status ${NAME}`)))
    .description('show a release as a tree: versions, pods, weights, verdicts, what comes next')
    .option('-w, --watch', 'follow it until it ends; exit code 1 when it was rolled back')
    .action(async (name: string | undefined, flags: Common & { watch?: boolean }) =>
      (await import('./commands/show/status.ts')).run(name, flags),
    );
  onCluster(program.command(`watch ${NAME}`))
    .description('write a line for every change of every release, until Ctrl-C')
    .action(async (name: string | undefined, flags: ClusterFlags) =>
      (await import('./commands/show/watch.ts')).run(name, flags),
    );
  withOutput(onCluster(program.command(`explain ${NAME}`)))
    .description('say why a release is where it is: every verdict with its numbers, and the way it took')
    .option('--record <file>', 'write what a pass over it would be decided from now, for a bug report')
    .option('--root-namespace <name>', 'root namespace of Istio (for --record)', 'istio-system')
    .action(async (name: string | undefined, flags: Common & { record?: string; rootNamespace: string }) =>
      (await import('./commands/show/explain.ts')).run(name, flags),
    );
  withOutput(onCluster(program.command(`history ${NAME}`)))
    .description('list releases, newest first, with outcome and reason')
    .option('-A, --all-namespaces', 'in all namespaces')
    .action(async (name: string | undefined, flags: Common) =>
      (await import('./commands/show/history.ts')).run(name, flags),
    );
  withOutput(onCluster(program.command(`notifications ${NAME}`)))
    .description('show messages to receivers: delivered, pending, failed')
    .option('--failed', 'only receivers with failed messages')
    .option('-A, --all-namespaces', 'in all namespaces')
    .action(async (name: string | undefined, flags: Told) =>
      (await import('./commands/show/notifications.ts')).run(name, flags),
    );
  withOutput(onCluster(program.command(`diff ${NAME}`)))
    .description('show what changed in the pod template')
    .action(async (name: string | undefined, flags: Common) =>
      (await import('./commands/show/diff.ts')).run(name, flags),
    );
}

type Told = Common & { readonly failed?: boolean };
type Reasoned = ClusterFlags & { readonly reason?: string; readonly gate?: string };

const CLUSTER_CA = '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt';

function pages(program: Command): void {
  withPrometheus(onCluster(program.command('dashboard')))
    .description(
      'open pages in a browser on this machine: all Rollouts, each release live, and what to do about it',
    )
    .option('--port <number>', 'port on 127.0.0.1; 0 is any free one', '8484')
    .option('--serve <address>', 'serve people who sign in, without rights of its own: HOST:PORT or :PORT')
    .option('--public-url <url>', 'with --serve: how browsers reach it; other names are refused')
    .option('--tls-cert <file>', 'with --serve: certificate (PEM)')
    .option('--tls-key <file>', 'with --serve: private key (PEM)')
    .option('--behind-proxy', 'with --serve: a proxy in front ends TLS and sets X-Forwarded-For')
    .option('--api-server <url>', 'with --serve: the API server (default: that of the pod)')
    .option('--api-server-ca <file>', 'with --serve: its CA (PEM)', CLUSTER_CA)
    .option(
      '--oidc-issuer <url>',
      'with --serve: provider to sign in with, which the API server trusts as well',
    )
    .option('--oidc-client-id <id>', 'with --serve: how the provider knows this dashboard')
    .option('--oidc-client-secret-file <file>', 'with --serve: its secret, unless it is a public client')
    .option('--oidc-ca-file <file>', 'with --serve: the one CA (PEM) of the provider to trust')
    .option('--oidc-scopes <scopes>', 'with --serve: what to ask of the provider', 'openid email groups')
    .option('--no-oidc-sign-out', 'with --serve: signing out leaves the session at the provider as it is')
    .option('--no-token', 'with --serve: nobody signs in by pasting a token')
    .option('--session <duration>', 'with --serve: longest session; none outlives its token', '1h')
    .option('--namespaces <names>', 'with --serve: a,b: tried for people who may not see all namespaces')
    .action(
      async (flags: ClusterFlags & { port: string } & Omit<ServeFlags, 'serve'> & { serve?: string }) =>
        flags.serve === undefined
          ? (await import('./commands/show/dashboard.ts')).run(flags)
          : (await import('./commands/show/serve-dashboard.ts')).run({ ...flags, serve: flags.serve }),
    );
}

const withPrometheus = (command: Command): Command =>
  command
    .option(
      '--prometheus-url <url>',
      "Prometheus as this machine reaches it, with the controller's SLUICE_PROMETHEUS_… variables as credentials (default: through the API server)",
    )
    .option('--controller-namespace <name>', 'namespace of the controller', 'sluice-system')
    .option('--root-namespace <name>', 'root namespace of Istio', 'istio-system');

const onPrometheus = (command: Command): Command => withPrometheus(withOutput(onCluster(command)));

function acting(program: Command): void {
  const gated = (command: Command): Command =>
    onCluster(command)
      .option('--gate <gate>', 'start, promotion or the weight of a step (default: the waiting gate)')
      .option('--reason <text>', 'why; kept in the Release');
  gated(program.command(`approve ${NAME}`))
    .description('open the gate that a release waits at')
    .action(async (name: string | undefined, flags: Reasoned) =>
      (await import('./commands/act/approve.ts')).run(name, flags),
    );
  gated(program.command(`reject ${NAME}`))
    .description('refuse at a gate: the release is rolled back')
    .action(async (name: string | undefined, flags: Reasoned) =>
      (await import('./commands/act/reject.ts')).run(name, flags),
    );
  onCluster(program.command(`abort ${NAME}`))
    .description('roll a release back, in every phase')
    .option('--reason <text>', 'why; kept in the Release')
    .action(async (name: string | undefined, flags: Reasoned) =>
      (await import('./commands/act/abort.ts')).run(name, flags),
    );
  onCluster(program.command(`pause ${NAME}`))
    .description('keep a release at its weight; analysis continues')
    .option('--reason <text>', 'why; kept in the Release')
    .action(async (name: string | undefined, flags: Reasoned) =>
      (await import('./commands/act/pause.ts')).pause(name, flags),
    );
  onCluster(program.command(`resume ${NAME}`))
    .description('continue a paused release')
    .action(async (name: string | undefined, flags: ClusterFlags) =>
      (await import('./commands/act/pause.ts')).resume(name, flags),
    );
  onCluster(program.command(`skip ${NAME}`))
    .description('leave the current step without waiting for its verdict')
    .option('--reason <text>', 'why; kept in the Release')
    .action(async (name: string | undefined, flags: Reasoned) =>
      (await import('./commands/act/skip.ts')).run(name, flags),
    );
  onCluster(program.command(`promote ${NAME}`))
    .description('promote in full: leave out all steps and windows that remain')
    .option('--full', 'required, since it leaves out every verdict that is still to come')
    .option('--reason <text>', 'why; kept in the Release')
    .option('-y, --yes', 'do not ask')
    .action(async (name: string | undefined, flags: Reasoned & { full?: boolean; yes?: boolean }) =>
      (await import('./commands/act/promote.ts')).run(name, flags),
    );
  onCluster(program.command(`retry ${NAME}`))
    .description('try a version again that was rolled back')
    .action(async (name: string | undefined, flags: ClusterFlags) =>
      (await import('./commands/act/retry.ts')).run(name, flags),
    );
  onCluster(program.command(`wait ${NAME}`))
    .description('wait for a release, for pipelines: the exit code is the answer')
    .option('--for <what>', 'promoted, finished or approval', 'promoted')
    .option('--timeout <duration>', 'such as 30m; 0 is for ever', '1h')
    .option('-q, --quiet', 'say nothing on the way')
    .action(
      async (
        name: string | undefined,
        flags: ClusterFlags & { for: string; timeout: string; quiet?: boolean },
      ) => (await import('./commands/show/wait.ts')).run(name, flags),
    );
}

function checking(program: Command): void {
  withOutput(program.command('validate <file...>'))
    .description('check files offline, as the API server and the controller would; - is standard input')
    .option('-n, --namespace <name>', 'namespace of objects that name none', 'default')
    .option(
      '--default-analysis <name>',
      'ClusterAnalysisTemplate of annotations that name none',
      'http-generic',
    )
    .action(async (files: string[], flags: { output?: Format; namespace: string; defaultAnalysis: string }) =>
      (await import('./commands/prepare/validate.ts')).run(files, flags),
    );
  onCluster(program.command('init <deployment>'))
    .description('write a Rollout for a Deployment, from its Service, routes and metrics')
    .option('--route <name>', 'NAME or KIND/NAME of the routes to shift, where several go to it')
    .option('--analysis <template>', 'the template to use, without asking Prometheus')
    .option('--prometheus-url <url>', 'Prometheus', 'http://prometheus.monitoring:9090')
    .option('--direct', 'reach Prometheus from here, not through the API server')
    .option('--root-namespace <name>', 'root namespace of Istio', 'istio-system')
    .option('-f, --file <file>', 'where to write it (default: standard output)')
    .action(async (name: string, flags) => (await import('./commands/prepare/init.ts')).run(name, flags));
  withOutput(onCluster(program.command('doctor')))
    .description(
      'check the cluster: versions, CRDs, admission, rights, controller, Prometheus, routers, Redis',
    )
    .option('--controller-namespace <name>', 'namespace of the controller', 'sluice-system')
    .option('--prometheus-url <url>', 'Prometheus as this machine reaches it')
    .action(async (flags) => (await import('./commands/prepare/doctor.ts')).run(flags));
  onCluster(program.command('version'))
    .description('show the version')
    .option('--server', 'of the controller and of Kubernetes too')
    .option('--controller-namespace <name>', 'namespace of the controller', 'sluice-system')
    .action(async (flags) => (await import('./commands/version.ts')).run(flags));
}

/** The flags of commands that query Prometheus, as the controller does. */
function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError('It must be a whole number from 1.');
  return value;
}

function moving(program: Command): void {
  withOutput(program.command('convert [file...]'))
    .description("turn objects of Argo Rollouts and Flagger into Sluice's, with a report of every field")
    .option('--from-cluster', 'read them from the cluster, with Deployments and routes, in place of files')
    .option('-n, --namespace <name>', 'namespace to read, or of objects in files that name none')
    .option('-A, --all-namespaces', 'with --from-cluster: of all namespaces')
    .option('--context <name>', 'with --from-cluster: context of the kubeconfig')
    .option('--kubeconfig <file>', 'with --from-cluster: kubeconfig (default: KUBECONFIG, ~/.kube/config)')
    .option(
      '--route <kind/name>',
      'the VirtualService, HTTPRoute or GRPCRoute to the workload, where the source names none',
    )
    .option(
      '--analysis <template>',
      'ClusterAnalysisTemplate where the source has no metric of traffic',
      'http-generic',
    )
    .option('--plan', 'print how to move without downtime, as commands')
    .option('--provider <mesh>', 'mesh provider of a Canary that names none', 'istio')
    .action(async (files: string[], flags) =>
      (await import('./commands/prepare/convert.ts')).run(files, flags),
    );
}

function trusting(program: Command): void {
  onPrometheus(program.command(`preflight ${NAME}`))
    .description('check that a release could be judged: routes, series, labels, bucket edges, with the fix')
    .action(async (name: string | undefined, flags) =>
      (await import('./commands/prepare/preflight.ts')).run(name, flags),
    );
  onPrometheus(program.command(`plan ${NAME}`))
    .description('estimate how long each step of a release takes at the current traffic')
    .option('--over <duration>', 'time over which the traffic is counted', '5m')
    .action(async (name: string | undefined, flags) =>
      (await import('./commands/prepare/plan.ts')).run(name, flags),
    );
  onPrometheus(program.command(`replay ${NAME}`))
    .description('try the policy on the past: false aborts, time to promotion, smallest fault found')
    .option('--since <time>', 'how far back, such as 7d', '7d')
    .option('--for <duration>', 'longest time that a release is followed', '30m')
    .option('--periods <number>', 'periods of that time to replay', wholeNumber, 48)
    .option('--runs <number>', 'releases to replay', wholeNumber, 480)
    .option('--fault-runs <number>', 'releases to replay for each strength of fault', wholeNumber, 48)
    .option('--seed <number>', 'seed of the random splits', wholeNumber, 1)
    .option('--html <file>', 'write a report with plots')
    .action(async (name: string | undefined, flags) =>
      (await import('./commands/prepare/replay.ts')).run(name, flags),
    );
}

/** The words of all commands, for completion. */
function wordsOf(program: Command): CommandWords[] {
  return program.commands
    .filter((command) => command.name() !== 'names')
    .map((command) => ({
      name: command.name(),
      description: command.description(),
      flags: command.options.flatMap(({ short, long }) =>
        [short, long].filter((flag) => typeof flag === 'string'),
      ),
      named: command.registeredArguments.some((argument) => argument.name() === 'name'),
      ...(command.name() === 'completion' ? { values: SHELLS } : {}),
    }));
}

/** What is typed, and what for; the help of a command ends with it. */
function exampleText(program: string, command: string): string {
  const examples = EXAMPLES[command] ?? [];
  const lines = examples.map(
    ([line, what]) =>
      `  ${line.replaceAll(/(^|\| )sluice /g, `$1${program} `)}${what === '' ? '' : `\n      ${what}`}`,
  );
  return lines.length === 0 ? '' : `\nExamples:\n${lines.join('\n')}`;
}

/** The command line. `name` is `sluice` or `kubectl sluice`. */
export function createProgram(name: string): Command {
  const program = new Command(name)
    .description('Progressive delivery for model servers on Kubernetes.')
    .version(`sluice ${version}`, '-V, --version', 'show the version')
    .helpCommand('help [command]', 'show the help of a command')
    .addHelpText('after', HELP)
    .configureOutput({ writeErr: (text) => tell(...text.trimEnd().split('\n')) })
    .showSuggestionAfterError()
    .configureHelp({ sortOptions: false, helpWidth: process.stdout.columns || 100 });
  looking(program);
  pages(program);
  acting(program);
  checking(program);
  trusting(program);
  moving(program);
  program
    .command('completion <shell>')
    .description('print the completion script for bash, zsh or fish')
    .action(async (shell: string) => (await import('./commands/completion.ts')).run(shell, wordsOf(program)));
  onCluster(program.command('names', { hidden: true })).action(async (flags: ClusterFlags) =>
    (await import('./commands/completion.ts')).names(flags),
  );
  for (const command of program.commands) command.addHelpText('after', exampleText(name, command.name()));
  return program;
}
