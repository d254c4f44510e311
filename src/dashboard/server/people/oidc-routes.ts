import { Hono } from 'hono';
import { Fault } from '../fault.ts';
import type { Env, Parts, SignedIn } from '../parts.ts';
import { createErrands } from './errands.ts';
import type { Oidc, Pending } from './oidc.ts';
import { createRateLimit } from './rate-limit.ts';
import { addressOf, begin, rememberProblem } from './session-routes.ts';

/** How long somebody may take at the provider. */
const LOGIN_SECONDS = 600;
/** Beginnings from one address. */
const TRIES = { burst: 20, perSecond: 0.5 } as const;

/** Where a provider sends people back to, below the public URL. */
export const CALLBACK = '/auth/callback';

/** Signing in with a provider: there, and back. */
export function oidcRoutes(
  parts: Parts,
  oidc: Oidc,
  publicUrl: string,
  byToken: (token: string) => Promise<SignedIn>,
): Hono<Env> {
  const logins = createErrands<Pending>(parts, { name: 'login', seconds: LOGIN_SECONDS, sameSite: 'Lax' });
  const within = createRateLimit(TRIES, parts.clock);
  const app = new Hono<Env>();
  app.get('/auth/oidc', async (context) => {
    if (!within(addressOf(parts, context)))
      throw new Fault('tooMany', 'too many tries to sign in', ['wait a minute, then try again']);
    const { url, pending } = await oidc.begin();
    logins.keep(context, pending);
    return context.redirect(url.href);
  });
  app.get(CALLBACK, async (context) => {
    const login = logins.take(context);
    if (login === null)
      throw new Fault('forbidden', 'this way to sign in has expired', ['begin again at the first page']);
    const { search } = new URL(context.req.url);
    const token = await oidc.finish(new URL(`${CALLBACK}${search}`, publicUrl), login);
    begin(parts, context, { ...(await byToken(token)), leave: () => oidc.leave(token) });
    return context.redirect('/');
  });
  // A person came here by following links: they read the reason on the page to sign in, and no JSON.
  app.onError((error, context) => {
    if (!(error instanceof Fault)) throw error;
    rememberProblem(parts, context, error.problem);
    return context.redirect('/');
  });
  return app;
}
