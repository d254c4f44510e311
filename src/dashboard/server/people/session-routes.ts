import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { z } from 'zod';
import type { Problem } from '../../api/problem.ts';
import type { SessionInfo } from '../../api/session.ts';
import { Fault, STATUS } from '../fault.ts';
import type { Env, Parts, SignedIn } from '../parts.ts';
import { createErrands } from './errands.ts';
import { createRateLimit } from './rate-limit.ts';
import { isSame, type Session } from './sessions.ts';

/** Tries to sign in from one address, and of all together. */
const [TRIES, ALL_TRIES] = [
  { burst: 10, perSecond: 0.2 },
  { burst: 100, perSecond: 5 },
] as const;

/** How long the browser may take from signing out here to the page of the provider. */
const LEAVE_SECONDS = 60;

const SignInBody = z.object({
  token: z
    .string()
    .trim()
    .regex(
      /^[\x21-\x7e]{1,16384}$/,
      'must be a token as it is sent to the API server: no spaces or line breaks',
    ),
});

const RememberedProblem = z
  .string()
  .transform((value) => {
    try {
      return JSON.parse(Buffer.from(value, 'base64url').toString('utf8')) as unknown;
    } catch {
      return null;
    }
  })
  .pipe(
    z.object({
      code: z.enum(Object.keys(STATUS) as [Problem['code']]),
      message: z.string(),
      next: z.array(z.string()),
    }),
  );

/** The session of a request; null without one. */
export function sessionOf({ sessions, cookie }: Parts, context: Context): Session | null {
  return sessions.find(getCookie(context, cookie));
}

/** Where a request comes from. Of what proxies add, only the last entry is not the client's own word. */
export function addressOf({ isBehindProxy }: Parts, context: Context<Env>): string {
  const given = isBehindProxy ? context.req.header('x-forwarded-for')?.split(',').at(-1)?.trim() : undefined;
  return given ?? context.env.incoming.socket.remoteAddress ?? '';
}

/** Begins a session and gives the browser its cookie, which no script can read and no other site can send. */
export function begin(parts: Parts, context: Context, { make, tokenEndsAt, leave }: SignedIn): Session {
  const now = parts.clock.now();
  const ends = [tokenEndsAt, parts.sessionMs === null ? null : now + parts.sessionMs].filter(
    (one) => one !== null,
  );
  const { cookie, session } = parts.sessions.begin(make, ends.length === 0 ? null : Math.min(...ends), leave);
  setCookie(context, parts.cookie, cookie, {
    httpOnly: true,
    sameSite: 'Strict',
    secure: parts.isSecure,
    path: '/',
  });
  return session;
}

/** Keeps a problem for the page that the browser is sent to next. In a cookie: a link of somebody else cannot set one. */
export function rememberProblem(parts: Parts, context: Context, problem: Problem): void {
  const value = Buffer.from(JSON.stringify(problem)).toString('base64url');
  setCookie(context, `${parts.cookie}-problem`, value, {
    httpOnly: true,
    sameSite: 'Lax',
    secure: parts.isSecure,
    path: '/',
    maxAge: 60,
  });
}

function rememberedProblem(parts: Parts, context: Context): { problem?: Problem } {
  const name = `${parts.cookie}-problem`;
  const value = getCookie(context, name);
  if (value === undefined) return {};
  deleteCookie(context, name, { path: '/', secure: parts.isSecure });
  const found = RememberedProblem.safeParse(value);
  return found.success ? { problem: found.data } : {};
}

function infoOf({ version, access, cluster }: Parts, session: Session | null): SessionInfo {
  if (session === null) return { signedIn: false, version, ways: access.ways };
  const { viewer, csrf, expiresAt } = session;
  return {
    signedIn: true,
    version,
    user: viewer.user,
    cluster,
    canSignOut: access.own === undefined,
    ...(expiresAt === null ? {} : { expiresAt: new Date(expiresAt).toISOString() }),
    csrf,
    ...(viewer.namespace === undefined ? {} : { namespace: viewer.namespace }),
  };
}

/** Refuses requests without a session; what changes something also needs the session's own token in a header. */
export function signedIn(parts: Parts): MiddlewareHandler<Env> {
  return async (context, next) => {
    const session = sessionOf(parts, context);
    if (session === null) throw new Fault('signedOut', 'you are not signed in', ['sign in']);
    const isRead = context.req.method === 'GET' || context.req.method === 'HEAD';
    if (!isRead && !isSame(context.req.header('x-csrf-token') ?? '', session.csrf))
      throw new Fault('forbidden', 'the request did not come from this page', ['reload the page']);
    context.set('session', session);
    await next();
  };
}

/** Signing in and out, and who is signed in. */
export function sessionRoutes(parts: Parts): Hono<Env> {
  const perAddress = createRateLimit(TRIES, parts.clock);
  const all = createRateLimit(ALL_TRIES, parts.clock);
  const leaving = createErrands<URL>(parts, { name: 'leave', seconds: LEAVE_SECONDS, sameSite: 'Strict' });
  const app = new Hono<Env>();
  app.get('/session', (context) => {
    const info = infoOf(parts, sessionOf(parts, context));
    return context.json(info.signedIn ? info : { ...info, ...rememberedProblem(parts, context) });
  });
  app.post('/sign-in', async (context) => {
    const { byToken } = parts.access;
    if (byToken === undefined || !parts.access.ways.includes('token'))
      throw new Fault('notFound', 'nobody signs in with a token here');
    if (!(context.req.header('content-type') ?? '').startsWith('application/json'))
      throw new Fault('invalid', 'the body must be JSON');
    if (!perAddress(addressOf(parts, context)) || !all(''))
      throw new Fault('tooMany', 'too many tries to sign in', ['wait a minute, then try again']);
    const body = SignInBody.safeParse(await context.req.json());
    if (!body.success) throw new Fault('invalid', `token: ${body.error.issues[0]?.message ?? 'is missing'}`);
    const session = begin(parts, context, await byToken(body.data.token));
    return context.json(infoOf(parts, session));
  });
  app.post('/sign-out', signedIn(parts), async (context) => {
    const session = context.get('session');
    session.end();
    deleteCookie(context, parts.cookie, { path: '/', secure: parts.isSecure });
    const url = await session.leave();
    const info = infoOf(parts, null);
    if (url === null) return context.json(info);
    leaving.keep(context, url);
    return context.json({ ...info, leaveAt: '/api/v1/sign-out' });
  });
  // The URL has the token in it: the browser goes there by a redirect, of which no script reads the target.
  app.get('/sign-out', (context) => context.redirect(leaving.take(context)?.href ?? '/'));
  return app;
}
