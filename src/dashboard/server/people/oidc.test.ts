import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fetch as request } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ApiServer, startApiServer } from '../../../../test/fakes/api-server.ts';
import { startDashboard, type TestDashboard } from '../../../../test/fakes/dashboard.ts';
import { CLIENT, type OidcProvider, startOidcProvider } from '../../../../test/fakes/oidc-provider.ts';
import { RedirectingBrowser } from '../../../../test/fakes/redirecting-browser.ts';
import { connectTo } from '../../../adapters/kubernetes/connection.ts';
import { systemClock } from '../../../clock.ts';
import { signInByToken } from './access.ts';
import { createOidc } from './oidc.ts';

let api: ApiServer;
let provider: OidcProvider;
let dashboard: TestDashboard;

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** The provider must know the address of the dashboard before that listens; another test may take the port in between. */
async function startBoth(attempts = 10, hasSignOut = true): Promise<void> {
  const port = await freePort();
  const publicUrl = `http://127.0.0.1:${port}`;
  provider = await startOidcProvider(publicUrl, { hasSignOut });
  const byToken = signInByToken({ connection: connectTo(api.url), clock: systemClock, version: 'test' });
  const settings = {
    issuer: provider.issuer,
    clientId: CLIENT.id,
    clientSecret: CLIENT.secret,
    scopes: 'openid email groups',
    redirectUri: `${publicUrl}/auth/callback`,
    leftUri: `${publicUrl}/`,
    ca: provider.ca,
  };
  const byProvider = { oidc: createOidc(settings), publicUrl };
  try {
    dashboard = await startDashboard(api.url, { access: { ways: ['oidc'], byToken, byProvider } }, port);
  } catch (error) {
    await provider.close();
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || attempts === 1) throw error;
    await startBoth(attempts - 1, hasSignOut);
  }
}

beforeEach(async () => {
  api = await startApiServer();
  await startBoth();
});
afterEach(async () => {
  await dashboard.close();
  await provider.close();
  await api.close();
});

const newBrowser = (): RedirectingBrowser => new RedirectingBrowser(provider.ca);

/** The API server takes every ID token of the provider that names this person. */
function trust(name: string): void {
  const get = api.people.get.bind(api.people);
  api.people.get = (token: string) => {
    const [, claims = ''] = token.split('.');
    const sub = claims === '' ? '' : JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')).sub;
    return sub === name ? { name: `oidc:${name}`, grants: [] } : get(token);
  };
}

describe('signing in with a provider', () => {
  it('ends in a session with the ID token, which the browser never sees', async () => {
    trust('ann');
    const browser = newBrowser();
    const { url } = await browser.open(`${dashboard.url}/auth/oidc`);
    expect(url).toBe(`${dashboard.url}/`);
    expect(await browser.session(dashboard.url)).toMatchObject({
      signedIn: true,
      user: 'oidc:ann',
      canSignOut: true,
    });
    expect(browser.visited.join(' ')).not.toContain('id_token');
    const asked = new URL(browser.visited.find((one) => one.includes('/auth?')) ?? '').searchParams;
    expect(asked.get('code_challenge_method')).toBe('S256');
    expect(asked.get('state')).not.toBeNull();
    expect(asked.get('nonce')).not.toBeNull();
  });

  it('does not outlive the token', async () => {
    trust('ann');
    const browser = newBrowser();
    await browser.open(`${dashboard.url}/auth/oidc`);
    const session = await browser.session(dashboard.url);
    const left = session.signedIn ? Date.parse(session.expiresAt ?? '') - Date.now() : 0;
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(3_600_000);
  });

  it.each([
    ['whom the API server does not know', 'eve', 'the API server does not accept this token'],
    ['who refuses', null, 'the provider did not sign you in: the person refused'],
  ])('of somebody %s shows why, once', async (_who, name, message) => {
    trust('ann');
    provider.person = name === null ? null : { name, groups: [] };
    const browser = newBrowser();
    await browser.open(`${dashboard.url}/auth/oidc`);
    expect(await browser.session(dashboard.url)).toMatchObject({ signedIn: false, problem: { message } });
    expect(await browser.session(dashboard.url)).not.toHaveProperty('problem');
  });

  it.each([
    ['that nobody began', async () => `${dashboard.url}/auth/callback?code=abc&state=def`],
    [
      'that somebody else began',
      async () => {
        const other = newBrowser();
        const answer = await request(`${dashboard.url}/auth/oidc`, { redirect: 'manual' });
        expect(other.visited).toEqual([]);
        const { searchParams } = new URL(answer.headers.get('location') ?? '');
        return `${dashboard.url}/auth/callback?code=abc&state=${searchParams.get('state')}`;
      },
    ],
  ])('by a callback %s is refused', async (_what, link) => {
    trust('ann');
    const browser = newBrowser();
    await browser.open(await link());
    expect(await browser.session(dashboard.url)).toMatchObject({
      signedIn: false,
      problem: { message: 'this way to sign in has expired' },
    });
  });

  it('says that the provider is away', async () => {
    await provider.close();
    const browser = newBrowser();
    await browser.open(`${dashboard.url}/auth/oidc`);
    const session = await browser.session(dashboard.url);
    expect(session).toMatchObject({ problem: { message: expect.stringContaining('ECONNREFUSED') } });
    provider = await startOidcProvider(dashboard.url);
  });
});

/** Signs out of the dashboard; the answer says where to go then. */
async function signOut(browser: RedirectingBrowser): Promise<{ leaveAt?: string; text: string }> {
  const session = await browser.session(dashboard.url);
  const answer = await request(`${dashboard.url}/api/v1/sign-out`, {
    method: 'POST',
    body: '{}',
    headers: {
      'content-type': 'application/json',
      cookie: browser.cookiesFor(dashboard.url),
      'x-csrf-token': session.signedIn ? session.csrf : '',
    },
  });
  browser.take(dashboard.url, answer.headers.getSetCookie());
  const text = await answer.text();
  return { ...(JSON.parse(text) as { leaveAt?: string }), text };
}

const asksWho = (browser: RedirectingBrowser): boolean =>
  browser.visited.some((url) => url.startsWith(`${provider.issuer}/sign-in/`));

/** Whether the provider asks somebody who goes there who they are. */
async function isAsked(browser: RedirectingBrowser): Promise<boolean> {
  browser.visited.splice(0);
  await browser.open(`${dashboard.url}/auth/oidc`);
  return asksWho(browser);
}

describe('signing out', () => {
  it('reaches the provider, which asks who comes next; no script sees the token', async () => {
    trust('ann');
    const browser = newBrowser();
    await browser.open(`${dashboard.url}/auth/oidc`);
    expect(await isAsked(browser)).toBe(false);
    const { leaveAt = '', text } = await signOut(browser);
    expect(text).not.toMatch(/eyJ|id_token/);
    expect(await browser.session(dashboard.url)).toMatchObject({ signedIn: false });
    const asked = await browser.open(`${dashboard.url}${leaveAt}`);
    const { searchParams, origin } = new URL(asked.url);
    expect(origin).toBe(provider.issuer);
    expect(searchParams.get('post_logout_redirect_uri')).toBe(`${dashboard.url}/`);
    expect(searchParams.get('id_token_hint')).toMatch(/^eyJ/);
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(asked.text)?.[1] ?? '';
    const confirmed = new URLSearchParams({ xsrf, logout: 'yes' });
    const end = await browser.open(`${provider.issuer}/session/end/confirm`, confirmed);
    expect(end.url).toBe(`${dashboard.url}/`);
    expect(await isAsked(browser)).toBe(true);
  });

  it('sends to the provider once, and nobody else', async () => {
    trust('ann');
    const browser = newBrowser();
    await browser.open(`${dashboard.url}/auth/oidc`);
    const { leaveAt = '' } = await signOut(browser);
    expect((await newBrowser().open(`${dashboard.url}${leaveAt}`)).url).toBe(`${dashboard.url}/`);
    expect((await browser.open(`${dashboard.url}${leaveAt}`)).url).toContain(provider.issuer);
    expect((await browser.open(`${dashboard.url}${leaveAt}`)).url).toBe(`${dashboard.url}/`);
  });

  it('ends here where the provider has no page for it', async () => {
    await dashboard.close();
    await provider.close();
    await startBoth(10, false);
    trust('ann');
    const browser = newBrowser();
    await browser.open(`${dashboard.url}/auth/oidc`);
    expect(await signOut(browser)).not.toHaveProperty('leaveAt');
    expect(await browser.session(dashboard.url)).toMatchObject({ signedIn: false });
  });
});
