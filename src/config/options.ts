import { z } from 'zod';
import { parseDuration } from '../api/values/duration.ts';
import { isSubnet } from '../http/outgoing/targets.ts';
import { LOG_LEVELS } from '../ports/telemetry.ts';

/** One setting: a flag of the command line, a variable of the environment, or its default, in this order. */
export interface Option<T> {
  readonly flag: string;
  readonly env: string;
  /** What stands for the value in the help. */
  readonly value: string;
  /** As it would be written; undefined where the setting may be missing. */
  readonly default?: string;
  /** What happens without it, if there is no default value. */
  readonly otherwise?: string;
  readonly description: string;
  /** Parses the text. Its message says what is accepted. */
  readonly parse: z.ZodType<T, string>;
}

const text = z.string().min(1, 'must not be empty');

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const label = z
  .string()
  .regex(DNS_LABEL, 'must be a name like sluice-system: a-z, 0-9 and -, at most 63 characters');

function url(...protocols: string[]) {
  const shown = protocols.map((protocol) => `${protocol}//`).join(' or ');
  const isGood = (value: string): boolean =>
    URL.canParse(value) && protocols.includes(new URL(value).protocol) && new URL(value).hostname !== '';
  return z.string().refine(isGood, `must be a URL that begins with ${shown} and names a host`);
}

/** A path is taken for a Unix socket. */
const redisUrl = z.union([z.string().startsWith('/'), url('redis:', 'rediss:')], {
  error:
    'must be a URL that begins with redis:// or rediss:// and names a host, or the path of a Unix socket',
});

const duration = z.string().transform((value, context) => {
  const ms = parseDuration(value);
  if (ms !== null && ms > 0) return ms;
  context.addIssue({ code: 'custom', message: 'must be a duration above 0, like 500ms, 30s, 5m or 1h30m' });
  return z.NEVER;
});

const count = z
  .string()
  .regex(/^[1-9][0-9]{0,3}$/, 'must be a whole number from 1 to 9999')
  .transform(Number);

const flag = z
  .enum(['true', 'false'], { error: 'must be true or false' })
  .transform((value) => value === 'true');

const subnet = z.string().refine(isSubnet, 'must be subnets or addresses, like 169.254.20.0/24,::1');

function list(item: z.ZodType<string, string>) {
  return z
    .string()
    .transform((value) => value.split(',').map((one) => one.trim()))
    .pipe(z.array(item));
}

/** Headers by name. A comma in a value is not possible. */
const headers = z.string().transform((value, context) => {
  const pairs = value.split(',').map((one) => /^\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(.*)$/.exec(one));
  if (pairs.every((pair) => pair !== null))
    return Object.fromEntries(pairs.map(([, name = '', rest = '']) => [name, rest.trim()]));
  context.addIssue({ code: 'custom', message: 'must be headers like X-Team=ml,X-Env=prod' });
  return z.NEVER;
});

const address = z.string().transform((value, context) => {
  const found = /^(?:\[([^\]]+)\]|([^:]*)):([0-9]{1,5})$/.exec(value);
  const port = Number(found?.[3]);
  if (found !== null && port <= 65_535) return { host: found[1] ?? (found[2] || '0.0.0.0'), port };
  context.addIssue({ code: 'custom', message: 'must be HOST:PORT or :PORT, like :8080 or [::1]:8080' });
  return z.NEVER;
});

function oneOf<const T extends readonly [string, ...string[]]>(values: T) {
  return z.enum(values, { error: `must be one of ${values.join(', ')}` });
}

function option<T>(flagName: string, rest: Omit<Option<T>, 'flag' | 'env'>): Option<T> {
  return { flag: flagName, env: `SLUICE_${flagName.toUpperCase().replaceAll('-', '_')}`, ...rest };
}

/** A setting that always has a value. */
function setting<T>(
  flagName: string,
  rest: Omit<Option<T>, 'flag' | 'env'> & { readonly default: string },
): Option<T> & { readonly default: string } {
  return { ...option(flagName, rest), default: rest.default };
}

/** Every setting of the controller. Help, documentation, parsing and error messages come from this table. */
export const OPTIONS = {
  kubeconfig: option('kubeconfig', {
    value: 'FILE',
    otherwise: 'KUBECONFIG, ~/.kube/config, or the ServiceAccount of the pod',
    description: 'How to reach the API server.',
    parse: text,
  }),
  context: option('context', {
    value: 'NAME',
    otherwise: 'the current context',
    description: 'Context of the kubeconfig.',
    parse: text,
  }),
  namespaces: option('namespaces', {
    value: 'NAME,NAME',
    otherwise: 'all namespaces',
    description: 'Watch only these namespaces.',
    parse: list(label),
  }),
  prometheusUrls: setting('prometheus-url', {
    value: 'URL,URL',
    default: 'http://prometheus.monitoring:9090',
    description:
      'Prometheus, or anything that speaks its HTTP API. Of several the first that answers is asked.',
    parse: list(url('http:', 'https:')),
  }),
  prometheusTimeout: setting('prometheus-timeout', {
    value: 'DURATION',
    default: '5s',
    description: 'Longest wait for the answer to a query.',
    parse: duration,
  }),
  prometheusTenant: option('prometheus-tenant', {
    value: 'TEXT',
    otherwise: 'no tenant',
    description: 'Tenant that every query names (X-Scope-OrgID), for Mimir and others with several.',
    parse: text,
  }),
  prometheusHeaders: option('prometheus-headers', {
    value: 'NAME=TEXT,NAME=TEXT',
    otherwise: 'none',
    description: 'Further headers of every query.',
    parse: headers,
  }),
  prometheusBearerToken: option('prometheus-bearer-token', {
    value: 'TEXT',
    otherwise: 'no token',
    description:
      'Token that every query carries. Prefer the variable or the file: a command line is no secret.',
    parse: text,
  }),
  prometheusBearerTokenFile: option('prometheus-bearer-token-file', {
    value: 'FILE',
    otherwise: 'no token',
    description: 'File with that token. It is read again each minute, and when the token is refused.',
    parse: text,
  }),
  prometheusUsername: option('prometheus-username', {
    value: 'TEXT',
    otherwise: 'no password',
    description: 'Name for basic authentication.',
    parse: text,
  }),
  prometheusPassword: option('prometheus-password', {
    value: 'TEXT',
    otherwise: 'no password',
    description: 'Password that goes with it. Prefer the variable or the file: a command line is no secret.',
    parse: text,
  }),
  prometheusPasswordFile: option('prometheus-password-file', {
    value: 'FILE',
    otherwise: 'no password',
    description: 'File with that password.',
    parse: text,
  }),
  prometheusCaFile: option('prometheus-ca-file', {
    value: 'FILE',
    otherwise: 'the CAs that Node.js knows',
    description: 'The one CA (PEM) to trust.',
    parse: text,
  }),
  prometheusCertFile: option('prometheus-cert-file', {
    value: 'FILE',
    otherwise: 'no certificate',
    description: 'Certificate (PEM) to show, where Prometheus asks for one.',
    parse: text,
  }),
  prometheusKeyFile: option('prometheus-key-file', {
    value: 'FILE',
    otherwise: 'no certificate',
    description: 'Private key (PEM) of that certificate.',
    parse: text,
  }),
  metricsSources: option('metrics-sources', {
    value: 'FILE',
    otherwise: 'no further ones',
    description:
      'YAML file with further sources of metrics that templates can name, each with limits of its own: sources: [{name, urls, timeout, tenant, headers, bearerTokenFile, username, passwordFile, caFile, certFile, keyFile}].',
    parse: text,
  }),
  metrics: setting('metrics', {
    value: 'NAME',
    default: 'prometheus',
    description:
      'Source that metrics are read from where no template names one: prometheus, pods (their own /metrics, without Prometheus), or one of --metrics-sources.',
    parse: label,
  }),
  scrapeInterval: setting('scrape-interval', {
    value: 'DURATION',
    default: '5s',
    description: 'How often pods are scraped, where they are a source. Keep it below analysis.interval.',
    parse: duration,
  }),
  allowTargets: option('allow-targets', {
    value: 'CIDR,CIDR',
    otherwise: 'none',
    description:
      'Loopback, link-local, multicast and metadata addresses to which requests are sent all the same: those of webhooks, receivers of notifications and pods.',
    parse: list(subnet),
  }),
  queue: option('queue', {
    value: 'memory|redis',
    otherwise: 'redis where --redis-url is set, else memory',
    description:
      'What carries keys to the passes. With memory only the replica with the lease works; with redis all do.',
    parse: oneOf(['memory', 'redis']),
  }),
  redisUrl: option('redis-url', {
    value: 'URL',
    otherwise: 'no Redis',
    description:
      'Redis 6.2 or newer with maxmemory-policy noeviction, as redis://, rediss:// or a socket path.',
    parse: redisUrl,
  }),
  rootNamespace: setting('root-namespace', {
    value: 'NAME',
    default: 'istio-system',
    description: 'Root namespace of Istio, in which mesh-wide DestinationRules are.',
    parse: label,
  }),
  istiodDebounceMax: setting('istiod-debounce-max', {
    value: 'DURATION',
    default: '10s',
    description:
      'PILOT_DEBOUNCE_MAX of istiod: for so long it may gather changes into one push, so that subsets stay for so long after the last route that names them.',
    parse: duration,
  }),
  defaultAnalysis: setting('default-analysis', {
    value: 'NAME',
    default: 'http-generic',
    description: 'ClusterAnalysisTemplate for workloads whose annotations name none.',
    parse: label,
  }),
  httpAddress: setting('http-address', {
    value: 'HOST:PORT',
    default: ':8080',
    description: 'Where /metrics, /healthz and /readyz are served.',
    parse: address,
  }),
  approvalsAddress: option('approvals-address', {
    value: 'HOST:PORT',
    otherwise: 'nothing is served',
    description:
      'Where people outside of Kubernetes decide: /slack/interactions, and links below /decide/. Put TLS in front of it.',
    parse: address,
  }),
  approvalsUrl: option('approvals-url', {
    value: 'URL',
    otherwise: 'messages carry no links',
    description: 'How the address above is reached from outside, for links to approve and reject.',
    parse: url('http:', 'https:'),
  }),
  webhookAddress: option('webhook-address', {
    value: 'HOST:PORT',
    otherwise: 'no webhook is served',
    description:
      'Where the admission webhook is served, which stands in for MutatingAdmissionPolicy on older clusters: see manifests/components/webhook.',
    parse: address,
  }),
  credentials: setting('credentials', {
    value: 'NAME',
    default: 'sluice-credentials',
    description:
      'Secret in the namespace of the Lease: slack-bot-token, slack-signing-secret, slack-app-token, link-key.',
    parse: label,
  }),
  slackSocket: setting('slack-socket', {
    value: 'true|false',
    default: 'false',
    description:
      'Take the buttons of Slack by Socket Mode (slack-app-token), which needs no address, in place of HTTP.',
    parse: flag,
  }),
  slackApiUrl: setting('slack-api-url', {
    value: 'URL',
    default: 'https://slack.com/api/',
    description: "Base URL of Slack's Web API.",
    parse: url('http:', 'https:'),
  }),
  pictures: setting('pictures', {
    value: 'true|false',
    default: 'true',
    description:
      'Send plots of the metrics as pictures with messages to Slack, Teams and by mail. The first one takes about 100 MB of memory.',
    parse: flag,
  }),
  leaderElect: setting('leader-elect', {
    value: 'true|false',
    default: 'true',
    description:
      'Elect by Lease who does what only one may do. Turn off only where there is never a second process.',
    parse: flag,
  }),
  leaseNamespace: option('lease-namespace', {
    value: 'NAME',
    otherwise: 'POD_NAMESPACE, else sluice-system',
    description: 'Namespace of the Lease.',
    parse: label,
  }),
  leaseName: setting('lease-name', {
    value: 'NAME',
    default: 'sluice',
    description: 'Name of the Lease, which with its namespace also tells installations in one Redis apart.',
    parse: label,
  }),
  identity: option('identity', {
    value: 'TEXT',
    otherwise: 'the host name and something random',
    description: 'Name of this process in the Lease and in events. No two may have the same.',
    parse: text,
  }),
  resync: setting('resync', {
    value: 'DURATION',
    default: '5m',
    description: 'How often every object is reconciled although nothing has changed. It costs no requests.',
    parse: duration,
  }),
  concurrency: setting('concurrency', {
    value: 'COUNT',
    default: '16',
    description: 'Passes at once.',
    parse: count,
  }),
  logLevel: setting('log-level', {
    value: LOG_LEVELS.join('|'),
    default: 'info',
    description:
      'Least level that is logged. At `debug`, all that a pass over a Release was decided from is one line (tens of kB).',
    parse: oneOf(LOG_LEVELS),
  }),
  shutdownGrace: setting('shutdown-grace', {
    value: 'DURATION',
    default: '20s',
    description:
      'How long passes may take to end after SIGTERM. Keep it below terminationGracePeriodSeconds.',
    parse: duration,
  }),
} as const satisfies Record<string, Option<unknown>>;
