import { connectAsNobody } from '../../../adapters/kubernetes/connection.ts';
import { systemClock } from '../../../clock.ts';
import { assemble } from '../../../dashboard/server/assemble.ts';
import { readAssets } from '../../../dashboard/server/assets.ts';
import type { Access } from '../../../dashboard/server/parts.ts';
import { signInByToken } from '../../../dashboard/server/people/access.ts';
import { createOidc } from '../../../dashboard/server/people/oidc.ts';
import { CALLBACK } from '../../../dashboard/server/people/oidc-routes.ts';
import { serveDashboard } from '../../../dashboard/server/serve.ts';
import { wordsOf } from '../../../errors.ts';
import type { Listening } from '../../../http/listen.ts';
import type { Log } from '../../../ports/telemetry.ts';
import { version } from '../../../version.ts';
import { CliError, EXIT } from '../../cli-error.ts';
import { type ServeConfig, type ServeFlags, serveConfig } from '../../dashboard-flags.ts';
import { createExaminer, type ExamineFlags } from '../../examiner.ts';
import { tell } from '../../terminal/output.ts';

/** A line of JSON for each entry; of an error its message only, since the rest may hold a token. */
function write(level: string, fields: object, message: string): void {
  const { err, ...rest } = fields as { err?: unknown };
  const error = err === undefined ? {} : { error: wordsOf(err) };
  tell(JSON.stringify({ level, time: new Date().toISOString(), msg: message, ...rest, ...error }));
}

const LOG: Log = {
  debug: () => undefined,
  info: (fields, message) => write('info', fields, message),
  warn: (fields, message) => write('warn', fields, message),
  error: (fields, message) => write('error', fields, message),
};

function accessOf(config: ServeConfig, byToken: NonNullable<Access['byToken']>): Access {
  const { oidc, publicUrl, takesTokens } = config;
  const token = takesTokens ? (['token'] as const) : [];
  if (oidc === null || publicUrl === null) return { ways: token, byToken };
  const redirectUri = new URL(CALLBACK, publicUrl).href;
  const { signsOut, ...provider } = oidc;
  const leftUri = signsOut ? new URL('/', publicUrl).href : null;
  const byProvider = { oidc: createOidc({ ...provider, redirectUri, leftUri }), publicUrl: publicUrl.href };
  return { ways: ['oidc', ...token], byToken, byProvider };
}

/** Starts it. It has no credentials of its own: what it reads and does is by those of the people who sign in. */
async function start(config: ServeConfig, flags: ExamineFlags): Promise<Listening> {
  const { host, port, tls, isSecure, isBehindProxy, publicUrl, apiServer, sessionMs, namespaces } = config;
  const connection = connectAsNobody(apiServer, config.apiServerCa, systemClock);
  const parts = assemble({
    version,
    cluster: apiServer,
    assets: await readAssets(),
    access: accessOf(config, signInByToken({ connection, clock: systemClock, version })),
    examiner: createExaminer(flags, apiServer),
    sessionMs,
    namespaces,
    isSecure,
    isBehindProxy,
    cookie: isSecure ? '__Host-sluice' : 'sluice',
    hosts: publicUrl === null ? null : [publicUrl.host],
    clock: systemClock,
    random: Math.random,
    log: LOG,
  });
  return serveDashboard(parts, { host, port, ...(tls === undefined ? {} : { tls }) }).catch(
    (error: unknown): never => {
      throw new CliError(`--serve ${host}:${port}: ${wordsOf(error)}`, { exit: EXIT.usage });
    },
  );
}

/** `sluice dashboard --serve ADDRESS`: serves people who sign in, until SIGTERM or Ctrl-C. */
export async function run(flags: ServeFlags): Promise<void> {
  const config = await serveConfig(flags, process.env);
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  const server = await start(config, flags);
  LOG.info({ version, port: server.port, cluster: config.apiServer }, 'the dashboard is served');
  await ended;
  await server.close();
}
