import type { Problem } from './problem.ts';

/** A way to sign in. `oidc` begins at `/auth/oidc`, `token` is posted to `/api/v1/sign-in`. */
export type SignInWay = 'oidc' | 'token';

/** Who looks, and what the page needs to know of it. `GET /api/v1/session`. */
export type SessionInfo =
  | {
      readonly signedIn: false;
      readonly version: string;
      readonly ways: readonly SignInWay[];
      /** In the answer to `POST /api/v1/sign-out`: where the browser goes to sign out of the provider, too; from there it comes back. */
      readonly leaveAt?: string;
      /** Why a way to sign in that led to another site and back has failed. */
      readonly problem?: Problem;
    }
  | {
      readonly signedIn: true;
      readonly version: string;
      /** The user of the person for the API server; empty where the API server does not say. */
      readonly user: string;
      /** The API server. */
      readonly cluster: string;
      /** Whether there is something to sign out of; false with the kubeconfig of the person. */
      readonly canSignOut: boolean;
      /** When the session ends, RFC 3339; absent if it does not. */
      readonly expiresAt?: string;
      /** Header `x-csrf-token` of every request that changes something. */
      readonly csrf: string;
      /** The namespace of the kubeconfig or of the token; absent if there is none. */
      readonly namespace?: string;
    };

/** Body of `POST /api/v1/sign-in`. */
export interface SignIn {
  readonly token: string;
}
