import { useEffect, useState } from 'preact/hooks';
import type { Problem } from '../api/problem.ts';
import type { SessionInfo } from '../api/session.ts';
import { FleetPage } from './fleet/fleet-page.tsx';
import { ManualPage } from './manual-page.tsx';
import { Link } from './parts/link.tsx';
import { Notice } from './parts/notice.tsx';
import { ReleasePage } from './release/release-page.tsx';
import { RolloutPage } from './rollout-page.tsx';
import { go, routeOf, useLocation } from './route.ts';
import { pathOf, Refused, read, SESSION_IN_DOUBT, send } from './server.ts';
import { SignIn } from './sign-in.tsx';

function Page({ path, session }: { readonly path: string; readonly session: SessionInfo }) {
  const route = routeOf(path);
  if (route.page === 'fleet') return <FleetPage />;
  if (route.page === 'none')
    return (
      <main>
        <h1>There is no such page</h1>
        <p>
          <Link href="/">All Rollouts</Link>
        </p>
      </main>
    );
  if (route.page === 'manual') return <ManualPage />;
  if (route.page === 'rollout') return <RolloutPage {...route} session={session} />;
  const resource = pathOf('namespaces', route.namespace, 'releases', route.name);
  return (
    <main>
      <h1>
        {route.namespace}/{route.name}
      </h1>
      <ReleasePage key={resource} path={resource} session={session} />
    </main>
  );
}

function home(event: MouseEvent): void {
  event.preventDefault();
  go('/');
}

function Top({
  session,
  onSession,
}: {
  readonly session: SessionInfo;
  readonly onSession: (session: SessionInfo) => void;
}) {
  const signOut = (): void => {
    // Refused where the session is over already: then the page asks who is signed in.
    send<SessionInfo>('/api/v1/sign-out', {}, session).then(
      (info) => {
        onSession(info);
        if (!info.signedIn && info.leaveAt !== undefined) location.assign(info.leaveAt);
      },
      () => undefined,
    );
  };
  return (
    <header class="top">
      <a href="/" class="brand" onClick={home}>
        Sluice
      </a>
      {session.signedIn && (
        <span class="who">
          <span class="faint">{session.user}</span>
          {session.canSignOut && (
            <button type="button" onClick={signOut}>
              Sign out
            </button>
          )}
        </span>
      )}
    </header>
  );
}

/** What a page says whose session has ended while it was open. */
const OVER: Problem = { code: 'signedOut', message: 'your session is over', next: ['sign in again'] };

/** Calls back with who is signed in each time that this is in doubt, while the page is open. */
function useSessionCheck(onSession: (session: SessionInfo) => void): void {
  useEffect(() => {
    const check = (): void => {
      // A server that does not answer says nothing about the session.
      read<SessionInfo>('/api/v1/session').then(
        (info) => {
          if (!info.signedIn) onSession({ problem: OVER, ...info });
        },
        () => undefined,
      );
    };
    window.addEventListener(SESSION_IN_DOUBT, check);
    return () => window.removeEventListener(SESSION_IN_DOUBT, check);
  }, []);
}

/** The whole client. */
export function App() {
  const [session, setSession] = useState<SessionInfo | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const { path } = useLocation();
  useSessionCheck((over) => setSession((before) => (before?.signedIn === true ? over : before)));
  useEffect(() => {
    read<SessionInfo>('/api/v1/session').then(setSession, (error: unknown) => {
      if (error instanceof Refused) setProblem(error.problem);
    });
  }, []);
  if (problem !== null) return <Notice problem={problem} />;
  if (session === null) return <p class="faint">Loading…</p>;
  return (
    <>
      <Top session={session} onSession={setSession} />
      {session.signedIn ? (
        <Page path={path} session={session} />
      ) : (
        <SignIn session={session} onSession={setSession} />
      )}
    </>
  );
}
