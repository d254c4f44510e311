import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import type { Clock } from '../../clock.ts';
import type { Log } from '../../ports/telemetry.ts';
import type { SignInWay } from '../api/session.ts';
import type { Assets } from './assets.ts';
import type { FleetDeps, FleetFeeds } from './fleet/fleet-scope.ts';
import type { Streams } from './live/stream.ts';
import type { Oidc } from './people/oidc.ts';
import type { Session, Sessions } from './people/sessions.ts';
import type { Viewer } from './people/viewer.ts';
import type { Examiner } from './policy/examiner.ts';
import type { Replays } from './policy/replays.ts';
import type { PageDeps, ReleaseFeeds } from './release/release-scope.ts';

/** A person whose token the API server has accepted. */
export interface SignedIn {
  readonly make: (signal: AbortSignal) => Viewer;
  /** When the token ends, epoch milliseconds; null if it does not say. */
  readonly tokenEndsAt: number | null;
  /** Where to send the browser after it has signed out here, so that the provider ends its session; null for nowhere. */
  readonly leave?: () => Promise<URL | null>;
}

/** How people come in. */
export interface Access {
  /** Ways to sign in; none with a kubeconfig. */
  readonly ways: readonly SignInWay[];
  /** The person of the kubeconfig, who comes in by the key of the printed link. */
  readonly own?: { readonly key: string; readonly signedIn: SignedIn };
  /** Checks a token with the API server. Rejects with a `Fault` if it does not accept it. */
  readonly byToken?: (token: string) => Promise<SignedIn>;
  /** Signing in with a provider, and the URL by which browsers reach this server. */
  readonly byProvider?: { readonly oidc: Oidc; readonly publicUrl: string };
}

/** What the server is made of. */
export interface Parts {
  readonly version: string;
  /** The API server, for people. */
  readonly cluster: string;
  readonly assets: Assets;
  readonly access: Access;
  readonly sessions: Sessions;
  /** How long a session lasts at most, in milliseconds; null with a kubeconfig. */
  readonly sessionMs: number | null;
  readonly streams: Streams;
  readonly fleet: FleetDeps;
  readonly fleets: FleetFeeds;
  readonly page: PageDeps;
  readonly pages: ReleaseFeeds;
  /** Preflight, plan and replay; absent where a test is about something else. */
  readonly examiner?: Examiner | undefined;
  readonly replays: Replays;
  /** Whether browsers reach it by TLS only. */
  readonly isSecure: boolean;
  readonly cookie: string;
  /** Whether a proxy in front says where requests come from (`X-Forwarded-For`). */
  readonly isBehindProxy: boolean;
  /** Values of `Host` that are answered; null for any. */
  readonly hosts: readonly string[] | null;
  readonly clock: Clock;
  readonly log: Log;
}

/** What the routes share. */
export interface Env {
  readonly Bindings: HttpBindings;
  readonly Variables: { readonly session: Session };
}

export type Request = Context<Env>;
