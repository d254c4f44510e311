import { randomBytes } from 'node:crypto';
import { Hono } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { Fault } from './fault.ts';
import type { Oidc, Pending } from './oidc.ts';
import type { Env, Parts, SignedIn } from './parts.ts';
import { createRateLimit } from './rate-limit.ts';
import { addressOf, begin, rememberProblem } from './session-routes.ts';

/** How long somebody may take at the provider. */
const LOGIN_SECONDS = 600;
/** People on their way at a time; beyond them the oldest must begin again. */
const MOST = 1_000;
/** Beginnings from one address. */
const TRIES = { burst: 20, perSecond: 0.5 } as const;

/** Where a provider sends people back to, below the public URL. */
export const CALLBACK = '/auth/callback';

interface Login extends Pending {
  readonly until: number;
}

/** Signing in with a provider: there, and back. */
export function oidcRoutes(
  parts: Parts,
  oidc: Oidc,
  publicUrl: string,
  byToken: (token: string) => Promise<SignedIn>,
): Hono<Env> {
  const { clock, isSecure } = parts;
  const logins = new Map<string, Login>();
  const within = createRateLimit(TRIES, clock);
  const cookie = `${parts.cookie}-login`;
  const app = new Hono<Env>();
  app.get('/auth/oidc', async (context) => {
    if (!within(addressOf(parts, context)))
      throw new Fault('tooMany', 'too many tries to sign in', ['wait a minute, then try again']);
    const { url, pending } = await oidc.begin();
    const id = randomBytes(24).toString('base64url');
    logins.set(id, { ...pending, until: clock.now() + LOGIN_SECONDS * 1_000 });
    const [oldest] = logins.keys();
    if (logins.size > MOST && oldest !== undefined) logins.delete(oldest);
    // Lax: the provider, which is another site, sends the browser back.
    setCookie(context, cookie, id, {
      httpOnly: true,
      sameSite: 'Lax',
      secure: isSecure,
      path: '/',
      maxAge: LOGIN_SECONDS,
    });
    return context.redirect(url.href);
  });
  app.get(CALLBACK, async (context) => {
    const id = getCookie(context, cookie) ?? '';
    const login = logins.get(id);
    logins.delete(id);
    deleteCookie(context, cookie, { path: '/', secure: isSecure });
    if (login === undefined || login.until < clock.now())
      throw new Fault('forbidden', 'this way to sign in has expired', ['begin again at the first page']);
    const { search } = new URL(context.req.url);
    const token = await oidc.finish(new URL(`${CALLBACK}${search}`, publicUrl), login);
    begin(parts, context, await byToken(token));
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
