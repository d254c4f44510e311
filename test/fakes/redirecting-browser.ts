import { Agent, fetch as request } from 'undici';
import type { SessionInfo } from '../../src/dashboard/api/session.ts';
import type { Browser } from './dashboard.ts';

/** What somebody's browser ends at after it has followed all redirects. */
export interface Arrived {
  readonly status: number;
  readonly url: string;
  readonly text: string;
}

/** The name and value of a `Set-Cookie`, and whether it deletes the cookie. */
function cookieIn(header: string): {
  readonly name: string;
  readonly value: string;
  readonly isGone: boolean;
} {
  const [pair = ''] = header.split(';');
  const value = pair.slice(pair.indexOf('=') + 1);
  return {
    name: pair.slice(0, pair.indexOf('=')),
    value,
    isGone: value === '' || header.includes('Max-Age=0'),
  };
}

/** A browser that follows redirects between sites, with cookies for each; it trusts the CA (PEM). */
export class RedirectingBrowser {
  readonly #jars = new Map<string, Map<string, string>>();
  readonly #dispatcher: Agent;
  /** Every URL that it has asked for. */
  readonly visited: string[] = [];

  constructor(ca: string) {
    this.#dispatcher = new Agent({ connect: { ca } });
  }

  /** The cookies of a site, as a header. */
  cookiesFor(url: string): string {
    return [...this.#jar(url)].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  #jar(url: string): Map<string, string> {
    const { origin } = new URL(url);
    const jar = this.#jars.get(origin) ?? new Map<string, string>();
    this.#jars.set(origin, jar);
    return jar;
  }

  /** Takes the cookies of an answer of a site. */
  take(url: string, headers: readonly string[]): void {
    for (const { name, value, isGone } of headers.map(cookieIn)) {
      if (isGone) this.#jar(url).delete(name);
      else this.#jar(url).set(name, value);
    }
  }

  /** Goes to a page; with a form, which is posted there. */
  async open(url: string, form?: URLSearchParams): Promise<Arrived> {
    let body = form;
    for (let at = url, left = 10; left > 0; left--) {
      const headers = { cookie: this.cookiesFor(at) };
      const posted = body === undefined ? {} : { method: 'POST', body };
      const answer = await request(at, {
        redirect: 'manual',
        dispatcher: this.#dispatcher,
        headers,
        ...posted,
      });
      body = undefined;
      this.visited.push(at);
      this.take(at, answer.headers.getSetCookie());
      const next = answer.headers.get('location');
      if (next === null) return { status: answer.status, url: at, text: await answer.text() };
      at = new URL(next, at).href;
    }
    throw new Error('it redirects for ever');
  }

  /** Who is signed in to a dashboard. */
  async session(dashboard: string): Promise<SessionInfo> {
    return JSON.parse((await this.open(`${dashboard}/api/v1/session`)).text) as SessionInfo;
  }
}

/** Signs somebody in to a dashboard by its provider. Rejects with the problem that they would read. */
export async function signInByProvider(dashboard: string, ca: string): Promise<Browser> {
  const browser = new RedirectingBrowser(ca);
  await browser.open(`${dashboard}/auth/oidc`);
  const session = await browser.session(dashboard);
  if (!session.signedIn) throw new Error(session.problem?.message ?? 'nobody is signed in');
  const cookie = browser.cookiesFor(dashboard);
  const { csrf } = session;
  const json = { 'content-type': 'application/json', cookie };
  return {
    cookie,
    csrf,
    get: (path) => fetch(`${dashboard}${path}`, { headers: { cookie } }),
    post: (path, body, more = { 'x-csrf-token': csrf }) =>
      fetch(`${dashboard}${path}`, {
        method: 'POST',
        headers: { ...json, ...more },
        body: JSON.stringify(body),
      }),
  };
}
