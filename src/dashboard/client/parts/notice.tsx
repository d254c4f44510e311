import type { Problem } from '../../api/problem.ts';
import type { Connection } from '../live.ts';
import { spanText } from './time.tsx';

/** A problem, with what can be done. */
export function Notice({ problem }: { readonly problem: Pick<Problem, 'message' | 'next'> }) {
  return (
    <div class="notice" role="alert">
      <p>{problem.message}</p>
      {problem.next.length > 0 && (
        <ul>
          {problem.next.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** Says when what the page shows may be old, and how old. */
export function Freshness({ connection, now }: { readonly connection: Connection; readonly now: number }) {
  const { health, ended, lostAt } = connection;
  if (ended !== null) return <Notice problem={ended} />;
  const isOld = health !== null && health.trouble !== null;
  if (lostAt === null && !isOld) return null;
  const since = isOld ? Date.parse(health.asOf) : (lostAt ?? now);
  const cause =
    lostAt === null ? health?.trouble : 'the connection to the dashboard is interrupted; trying again';
  return (
    <Notice problem={{ message: `this is how it was ${spanText(now - since)} ago: ${cause}`, next: [] }} />
  );
}
