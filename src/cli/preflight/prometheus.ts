import { bindingTo } from '../../acts/grant.ts';
import { RESOURCES } from '../../adapters/kubernetes/resource.ts';
import type { Sample } from '../../analysis/evidence/sample.ts';
import { systemClock } from '../../clock.ts';
import type { Past, Span } from '../../ports/past.ts';
import { usage } from '../cli-error.ts';
import { proxyPath, settingOf } from '../doctor/controller.ts';
import type { Session } from '../session.ts';

/** Flags for reaching Prometheus. */
export interface PrometheusFlags {
  /** As this machine reaches it; by default the controller's, through the API server. */
  readonly prometheusUrl?: string;
  readonly controllerNamespace: string;
}

/** Prometheus, now and in the past. Failures are part of the answer. */
export interface Asker {
  sample(promql: string, atMs: number): Promise<Sample>;
  past(promql: string, span: Span): Promise<Past>;
}

/** An answer of HTTP; code 0 is none. */
interface Answer {
  readonly code: number;
  readonly text: string;
  /** The right that is missing, with how to get it, where the API server passes nothing on. */
  readonly denied?: string;
}
type Send = (path: string, form: URLSearchParams) => Promise<Answer>;

const LONGEST_MS = 30_000;
const USUAL = 'http://prometheus.monitoring:9090';
/** Queries at a time. */
const MOST = 4;

/** Queries as the controller would, with the credentials of the same environment variables (SLUICE_PROMETHEUS_…). */
async function directly(url: string): Promise<Send> {
  const [{ readConfig }, { createAccess }, { create }] = await Promise.all([
    import('../../config/config.ts'),
    import('../../adapters/prometheus/access.ts'),
    import('axios'),
  ]);
  const asked = readConfig([`--prometheus-url=${url}`], process.env, () => 'cli');
  if (!('run' in asked)) throw usage(`--prometheus-url ${url} is no URL`);
  const { run } = asked;
  const options = {
    tenant: run.prometheusTenant,
    headers: run.prometheusHeaders,
    bearerToken: run.prometheusBearerToken,
    bearerTokenFile: run.prometheusBearerTokenFile,
    username: run.prometheusUsername,
    password: run.prometheusPassword,
    passwordFile: run.prometheusPasswordFile,
    caFile: run.prometheusCaFile,
    certFile: run.prometheusCertFile,
    keyFile: run.prometheusKeyFile,
  };
  const access = createAccess(options, systemClock, MOST);
  const client = create({ maxRedirects: 0, responseType: 'text', validateStatus: () => true });
  const base = url.replace(/\/+$/, '');
  return async (path, form) => {
    const { headers, transportFor } = await access.credentials();
    const signal = AbortSignal.timeout(LONGEST_MS);
    const answer = await client.post<string>(`${base}${path}`, form, {
      headers,
      ...transportFor(base),
      signal,
      transformResponse: (body: unknown) => body,
    });
    return { code: answer.status, text: answer.data };
  };
}

async function throughApi(session: Session, home: string): Promise<Send> {
  const controller = await session.client
    .get(RESOURCES.Deployment, { namespace: home, name: 'sluice' })
    .catch(() => null);
  const url = settingOf(controller, 'prometheus-url')?.split(',')[0] ?? USUAL;
  const path = URL.canParse(url) ? proxyPath(url) : null;
  if (path === null)
    throw usage(
      `${url}, which the controller asks, is no Service of the cluster`,
      'give --prometheus-url as this machine reaches it',
    );
  return async (where, form) => {
    const answer = await session.fetchText(`${path}${where}?${form.toString()}`);
    const isDenied = answer.code === 403 && answer.text.includes('"kind":"Status"');
    return isDenied ? { ...answer, denied: deniedText(path, session.user ?? '') } : answer;
  };
}

/** The right to ask what is behind a path of the API server's proxy. */
function deniedText(path: string, user: string): string {
  const [, namespace = '', service = ''] = /namespaces\/([^/]+)\/services\/([^/]+)\//.exec(path) ?? [];
  const name = 'sluice-ask-prometheus';
  const role = `kubectl create role ${name} --verb=get --resource=services/proxy --resource-name=${service} -n ${namespace}`;
  const binding = `kubectl create rolebinding ${bindingTo(user, name)} --role=${name} -n ${namespace}`;
  return `you may not get services/proxy of ${service} in namespace ${namespace}, by which Prometheus is asked: an administrator of that namespace can grant it: ${role}; ${binding}. Or give --prometheus-url`;
}

const failed = (message: string) => ({ kind: 'providerError', message }) as const;

async function answered<T>(
  send: () => Promise<Answer>,
  read: (body: unknown) => T,
): Promise<T | ReturnType<typeof failed>> {
  try {
    const { code, text, denied } = await send();
    const json = /^\s*\{/.test(text);
    if (json && (code === 200 || code === 400 || code === 422)) return read(JSON.parse(text));
    return failed(denied ?? `Prometheus answers HTTP ${code}`);
  } catch (error) {
    return failed(`Prometheus cannot be asked: ${error instanceof Error ? error.message : 'no answer'}`);
  }
}

const seconds = (ms: number): string => (ms / 1_000).toFixed(3);

/** Opens the selected Prometheus. Once the signal is aborted, nothing more is asked, and what waits rejects. */
export async function openPrometheus(
  session: Session,
  flags: PrometheusFlags,
  signal?: AbortSignal,
): Promise<Asker> {
  const { prometheusUrl, controllerNamespace } = flags;
  if (prometheusUrl !== undefined && !URL.canParse(prometheusUrl))
    throw usage(`--prometheus-url ${prometheusUrl} is no URL`, 'write it like http://127.0.0.1:9090');
  const [send, { sampleOf }, { pastOf }, { createLimit }] = await Promise.all([
    prometheusUrl === undefined ? throughApi(session, controllerNamespace) : directly(prometheusUrl),
    import('../../adapters/prometheus/answer.ts'),
    import('../../adapters/prometheus/past.ts'),
    import('../../http/limit.ts'),
  ]);
  const turns = createLimit(MOST);
  const limit = <T>(ask: () => Promise<T>): Promise<T> =>
    turns(async () => {
      signal?.throwIfAborted();
      return ask();
    });
  return {
    sample: (query, atMs) =>
      limit(() =>
        answered(() => send('/api/v1/query', new URLSearchParams({ query, time: seconds(atMs) })), sampleOf),
      ),
    past: (query, span) => {
      const { startMs, stepMs, count } = span;
      const end = startMs + stepMs * (count - 1);
      const form = { query, start: seconds(startMs), end: seconds(end), step: seconds(stepMs) };
      return limit(() =>
        answered(
          () => send('/api/v1/query_range', new URLSearchParams(form)),
          (body) => pastOf(body, span),
        ),
      );
    },
  };
}
