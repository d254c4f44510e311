import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent, fetch as request } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ApiServer, startApiServer } from '../../../test/fakes/api-server.ts';
import { startDashboard, type TestDashboard } from '../../../test/fakes/dashboard.ts';
import { CLIENT, type OidcProvider, startOidcProvider } from '../../../test/fakes/oidc-provider.ts';
import { connectTo } from '../../adapters/kubernetes/connection.ts';
import { systemClock } from '../../clock.ts';
import type { SessionInfo } from '../api/session.ts';
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

beforeEach(async () => {
  api = await startApiServer();
  const port = await freePort();
  const publicUrl = `http://127.0.0.1:${port}`;
  provider = await startOidcProvider(publicUrl);
  const byToken = signInByToken({ connection: connectTo(api.url), clock: systemClock, version: 'test' });
  const settings = {
    issuer: provider.issuer,
    clientId: CLIENT.id,
    clientSecret: CLIENT.secret,
    scopes: 'openid email groups',
    redirectUri: `${publicUrl}/auth/callback`,
    ca: provider.ca,
  };
  const byProvider = { oidc: createOidc(settings), publicUrl };
  dashboard = await startDashboard(api.url, { access: { ways: ['oidc'], byToken, byProvider } }, port);
});
afterEach(async () => {
  await dashboard.close();
  await provider.close();
  await api.close();
});

/** A browser that follows redirects between the dashboard and the provider, with a jar of cookies for each. */
class Browser {
  readonly #jars = new Map<string, Map<string, string>>();
  readonly #dispatcher = new Agent({ connect: { ca: provider.ca } });
  readonly seen: string[] = [];

  async open(url: string): Promise<{ readonly status: number; readonly url: string; readonly text: string }> {
    for (let at = url, left = 10; left > 0; left--) {
      const jar = this.#jars.get(new URL(at).origin) ?? new Map<string, string>();
      this.#jars.set(new URL(at).origin, jar);
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
      const answer = await request(at, {
        redirect: 'manual',
        dispatcher: this.#dispatcher,
        headers: { cookie },
      });
      this.seen.push(at);
      for (const one of answer.headers.getSetCookie()) {
        const [pair = ''] = one.split(';');
        const [name, value] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
        if (value === '' || one.includes('Max-Age=0')) jar.delete(name);
        else jar.set(name, value);
      }
      const next = answer.headers.get('location');
      if (next === null) return { status: answer.status, url: at, text: await answer.text() };
      at = new URL(next, at).href;
    }
    throw new Error('it redirects for ever');
  }

  async session(): Promise<SessionInfo> {
    return JSON.parse((await this.open(`${dashboard.url}/api/v1/session`)).text) as SessionInfo;
  }
}

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
    const browser = new Browser();
    const { url } = await browser.open(`${dashboard.url}/auth/oidc`);
    expect(url).toBe(`${dashboard.url}/`);
    expect(await browser.session()).toMatchObject({ signedIn: true, user: 'oidc:ann', canSignOut: true });
    expect(browser.seen.join(' ')).not.toContain('id_token');
    const asked = new URL(browser.seen.find((one) => one.includes('/auth?')) ?? '').searchParams;
    expect(asked.get('code_challenge_method')).toBe('S256');
    expect(asked.get('state')).not.toBeNull();
    expect(asked.get('nonce')).not.toBeNull();
  });

  it('does not outlive the token', async () => {
    trust('ann');
    const browser = new Browser();
    await browser.open(`${dashboard.url}/auth/oidc`);
    const session = await browser.session();
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
    const browser = new Browser();
    await browser.open(`${dashboard.url}/auth/oidc`);
    expect(await browser.session()).toMatchObject({ signedIn: false, problem: { message } });
    expect(await browser.session()).not.toHaveProperty('problem');
  });

  it.each([
    ['that nobody began', async () => `${dashboard.url}/auth/callback?code=abc&state=def`],
    [
      'that somebody else began',
      async () => {
        const other = new Browser();
        const answer = await request(`${dashboard.url}/auth/oidc`, { redirect: 'manual' });
        expect(other.seen).toEqual([]);
        const { searchParams } = new URL(answer.headers.get('location') ?? '');
        return `${dashboard.url}/auth/callback?code=abc&state=${searchParams.get('state')}`;
      },
    ],
  ])('by a callback %s is refused', async (_what, link) => {
    trust('ann');
    const browser = new Browser();
    await browser.open(await link());
    expect(await browser.session()).toMatchObject({
      signedIn: false,
      problem: { message: 'this way to sign in has expired' },
    });
  });

  it('says that the provider is away', async () => {
    await provider.close();
    const browser = new Browser();
    await browser.open(`${dashboard.url}/auth/oidc`);
    const session = await browser.session();
    expect(session).toMatchObject({ problem: { message: expect.stringContaining('ECONNREFUSED') } });
    provider = await startOidcProvider(dashboard.url);
  });
});
