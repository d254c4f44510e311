import { useState } from 'preact/hooks';
import type { Problem } from '../api/problem.ts';
import type { SessionInfo } from '../api/session.ts';
import { Notice } from './parts/notice.tsx';
import { Refused, send } from './server.ts';

interface Props {
  readonly session: Extract<SessionInfo, { signedIn: false }>;
  readonly onSession: (session: SessionInfo) => void;
}

function TokenForm({ onSession }: Pick<Props, 'onSession'>) {
  const [token, setToken] = useState('');
  const [problem, setProblem] = useState<Problem | null>(null);
  const signIn = async (event: Event): Promise<void> => {
    event.preventDefault();
    try {
      onSession(await send<SessionInfo>('/api/v1/sign-in', { token }, null));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      setProblem(error.problem);
    }
  };
  return (
    <form onSubmit={(event) => void signIn(event)}>
      <label>
        Token, such as from kubectl create token
        <input
          type="password"
          autocomplete="off"
          required
          value={token}
          onInput={(event) => setToken(event.currentTarget.value)}
        />
      </label>
      {problem !== null && <Notice problem={problem} />}
      <p class="buttons">
        <button type="submit" class="primary">
          Sign in
        </button>
      </p>
    </form>
  );
}

/** Asks who the person is. Everything that they see and do then is by their own rights. */
export function SignIn({ session, onSession }: Props) {
  const { ways, problem } = session;
  return (
    <main class="narrow">
      <h1>Sign in</h1>
      {problem !== undefined && <Notice problem={problem} />}
      {ways.length === 0 && (
        <p>
          Open the link with its key that <code>sluice dashboard</code> has printed.
        </p>
      )}
      {ways.includes('oidc') && (
        <p>
          <a class="button primary" href="/auth/oidc">
            Sign in with your account
          </a>
        </p>
      )}
      {ways.includes('token') && <TokenForm onSession={onSession} />}
      <p class="faint">You see and do here what you may by kubectl, and nothing else.</p>
    </main>
  );
}
