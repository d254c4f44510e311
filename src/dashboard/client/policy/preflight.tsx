import type { PreflightFinding } from '../../api/examination.ts';
import { Asking } from './asking.tsx';

const STATES = {
  ok: { text: 'in order', tone: 'good' },
  failed: { text: 'wrong', tone: 'bad' },
  unknown: { text: 'not known', tone: 'faint' },
} as const satisfies Record<PreflightFinding['state'], unknown>;

function Finding({ finding: { about, state, problem, details } }: { readonly finding: PreflightFinding }) {
  return (
    <article class="metric">
      <h3>
        {about} <span class={`tone-${STATES[state].tone}`}>{STATES[state].text}</span>
      </h3>
      {details.map((line) => (
        <p key={line} class="faint">
          {line}
        </p>
      ))}
      {problem !== undefined && (
        <p>
          <strong>{problem.reason}</strong>: {problem.message}
        </p>
      )}
    </article>
  );
}

/** Whether a release that began now could be judged. */
export function Preflight({ path }: { readonly path: string }) {
  return (
    <Asking<readonly PreflightFinding[]>
      title="Could a release be judged?"
      intro="Looks for routes, series, labels and bucket edges, as the controller does when a release begins."
      button="Check now"
      path={`${path}/preflight`}
      draw={(findings) => findings.map((finding) => <Finding key={finding.about} finding={finding} />)}
    />
  );
}
