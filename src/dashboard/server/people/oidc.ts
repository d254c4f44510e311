import * as client from 'openid-client';
import { EnvHttpProxyAgent, fetch as request } from 'undici';
import { wordsOf } from '../../../errors.ts';
import { Fault } from '../fault.ts';

/** How to sign in with a provider of OpenID Connect that the API server trusts as well. */
export interface OidcSettings {
  readonly issuer: string;
  readonly clientId: string;
  /** Undefined for a public client, which PKCE protects. */
  readonly clientSecret: string | undefined;
  /** Separated by spaces; `openid` is among them. */
  readonly scopes: string;
  /** Where the provider sends people back to after they have signed in … */
  readonly redirectUri: string;
  /** … and after they have signed out. Null: signing out of the dashboard leaves the session at the provider as it is. */
  readonly leftUri: string | null;
  /** The one CA (PEM) to trust; else those that Node.js knows. */
  readonly ca: string | undefined;
}

/** What is remembered of somebody who has gone to the provider. */
export interface Pending {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** Signing in with a provider, by the authorization code flow with PKCE. */
export interface Oidc {
  /** Where to send somebody, and what to remember of them. Rejects with a `Fault` if the provider cannot be reached. */
  begin(): Promise<{ readonly url: URL; readonly pending: Pending }>;
  /** The ID token of somebody who came back to `at`. Rejects with a `Fault` if the provider refused them. */
  finish(at: URL, pending: Pending): Promise<string>;
  /**
   * Where to send somebody with this ID token who has signed out here, so that the provider ends its session, too; null if it has
   * no page for that or does not answer. The URL has the token in it.
   */
  leave(idToken: string): Promise<URL | null>;
}

const REQUEST_S = 10;

/** A fetch that trusts the CA, and goes through the proxy of the environment if there is one. */
function fetchWith(ca: string | undefined): client.CustomFetch {
  const dispatcher = new EnvHttpProxyAgent({ connect: ca === undefined ? {} : { ca } });
  return async (url: string, options: object) => request(url, { ...options, dispatcher });
}

/** Signs people in with a provider. It is asked for its endpoints when the first person comes, and again after a failure. */
export function createOidc(settings: OidcSettings): Oidc {
  const { issuer, clientId, clientSecret, scopes, redirectUri, leftUri, ca } = settings;
  let known: Promise<client.Configuration> | null = null;
  const discover = (): Promise<client.Configuration> =>
    client.discovery(new URL(issuer), clientId, clientSecret, undefined, {
      timeout: REQUEST_S,
      [client.customFetch]: fetchWith(ca),
    });
  const configuration = async (): Promise<client.Configuration> => {
    known ??= discover();
    try {
      return await known;
    } catch (error) {
      known = null;
      throw new Fault('unavailable', `the provider ${issuer} cannot be used: ${reasonOf(error)}`, [
        'try again in a moment; else an administrator should check --oidc-issuer and --oidc-ca-file',
      ]);
    }
  };
  return {
    begin: async () => {
      const config = await configuration();
      const pending = {
        state: client.randomState(),
        nonce: client.randomNonce(),
        verifier: client.randomPKCECodeVerifier(),
      };
      const url = client.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: scopes,
        state: pending.state,
        nonce: pending.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(pending.verifier),
        code_challenge_method: 'S256',
      });
      return { url, pending };
    },
    finish: async (at, { state, nonce, verifier }) => {
      const config = await configuration();
      const tokens = await client
        .authorizationCodeGrant(config, at, {
          pkceCodeVerifier: verifier,
          expectedState: state,
          expectedNonce: nonce,
          idTokenExpected: true,
        })
        .catch((error: unknown): never => {
          throw new Fault('forbidden', `the provider did not sign you in: ${reasonOf(error)}`, ['try again']);
        });
      return tokens.id_token ?? '';
    },
    leave: async (idToken) => {
      const config = leftUri === null ? null : await configuration().catch(() => null);
      return leftUri === null || config === null ? null : leaveUrl(config, idToken, leftUri);
    },
  };
}

function leaveUrl(config: client.Configuration, idToken: string, leftUri: string): URL | null {
  if (config.serverMetadata().end_session_endpoint === undefined) return null;
  return client.buildEndSessionUrl(config, { id_token_hint: idToken, post_logout_redirect_uri: leftUri });
}

/** Why something failed, by the innermost error that says so; never with a code or a token in it. */
function reasonOf(error: unknown): string {
  const { cause, error_description: described } = error as { cause?: unknown; error_description?: unknown };
  if (typeof described === 'string') return described.slice(0, 300);
  return cause instanceof Error ? wordsOf(cause) : wordsOf(error);
}
