import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { compress } from 'hono/compress';
import { Fault, problemOf, STATUS } from './fault.ts';
import { fleetRoutes } from './fleet/fleet-routes.ts';
import { securityHeaders } from './headers.ts';
import type { Env, Parts } from './parts.ts';
import { oidcRoutes } from './people/oidc-routes.ts';
import { createRateLimit } from './people/rate-limit.ts';
import { begin, sessionRoutes, signedIn } from './people/session-routes.ts';
import { isSame } from './people/sessions.ts';
import { examineRoutes } from './policy/examine-routes.ts';
import { manualRoutes } from './policy/manual-routes.ts';
import { policyRoutes } from './policy/policy-routes.ts';
import { actRoutes } from './release/act-routes.ts';
import { releaseRoutes } from './release/release-routes.ts';

const MOST_BYTES = 64 * 1024;
/** Requests of one session. */
const RATE = { burst: 100, perSecond: 20 } as const;

/** Everything below `/api/v1`. */
function api(parts: Parts): Hono<Env> {
  const within = createRateLimit(RATE, parts.clock);
  const app = new Hono<Env>();
  app.use(
    bodyLimit({
      maxSize: MOST_BYTES,
      onError: () => {
        throw new Fault('invalid', 'the body is too long');
      },
    }),
  );
  app.route('/', sessionRoutes(parts));
  app.use(signedIn(parts));
  app.use(async (context, next) => {
    if (!within(context.get('session').csrf))
      throw new Fault('tooMany', 'too many requests', ['wait a few seconds']);
    await next();
  });
  app.route('/', fleetRoutes(parts));
  app.route('/', manualRoutes());
  app.route('/namespaces/:namespace', releaseRoutes(parts));
  app.route('/namespaces/:namespace', policyRoutes());
  app.route('/namespaces/:namespace', examineRoutes(parts));
  app.route('/namespaces/:namespace', actRoutes(parts));
  app.all('*', () => {
    throw new Fault('notFound', 'nothing is here');
  });
  return app;
}

/** The server of the dashboard as a function from requests to answers. */
export function createApp(parts: Parts): Hono<Env> {
  const { assets, access, hosts, log } = parts;
  const app = new Hono<Env>();
  app.use(securityHeaders(parts.isSecure));
  // Asked by the kubelet, under the address of the pod.
  app.get('/healthz', (context) => context.text('ok\n'));
  app.use(async (context, next) => {
    // A name that leads here by DNS rebinding is not ours.
    if (hosts !== null && !hosts.includes(context.req.header('host') ?? ''))
      throw new Fault('forbidden', `this is not served under the name ${context.req.header('host') ?? ''}`);
    await next();
  });
  app.use(compress());
  app.route('/api/v1', api(parts));
  const { byProvider, byToken } = access;
  if (byProvider !== undefined && byToken !== undefined)
    app.route('/', oidcRoutes(parts, byProvider.oidc, byProvider.publicUrl, byToken));
  app.get('*', (context) => {
    const key = context.req.query('key');
    if (key !== undefined && access.own !== undefined && isSame(key, access.own.key)) {
      begin(parts, context, access.own.signedIn);
      return context.redirect(context.req.path);
    }
    // Every other path is a page of the client.
    const asset = assets[context.req.path.slice(1)] ?? assets['index.html'];
    if (asset === undefined) throw new Fault('notFound', 'nothing is here');
    return context.body(asset.body, 200, { 'content-type': asset.type, 'cache-control': 'no-cache' });
  });
  app.onError((error, context) => {
    const known = problemOf(error, context.req.param('namespace') ?? 'NAMESPACE');
    // Credentials that the API server does not take any more are of no use; those of a kubeconfig are read again.
    if (known?.code === 'signedOut' && access.own === undefined) context.get('session')?.end();
    if (known === null)
      log.error({ err: error, path: context.req.path }, 'a request of the dashboard failed');
    const problem = known ?? { code: 'failed', message: 'this failed; the log says why', next: [] };
    return context.json(problem, STATUS[problem.code]);
  });
  return app;
}
