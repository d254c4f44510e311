import { useEffect, useState } from 'preact/hooks';
import type { PolicyPage as Policy } from '../../api/policy.ts';
import type { Problem } from '../../api/problem.ts';
import { useNow } from '../live.ts';
import { Notice } from '../parts/notice.tsx';
import { Inline, Reason } from '../parts/reason.tsx';
import { Ago } from '../parts/time.tsx';
import { pathOf, Refused, read } from '../server.ts';
import { PlanSection } from './plan.tsx';
import { Preflight } from './preflight.tsx';
import { ReplaySection } from './replay.tsx';

function Words({ words }: Pick<Policy, 'words'>) {
  return (
    <section class="card">
      <h2>In plain words</h2>
      <dl class="words">
        {words.map(({ about, lines }) => (
          <div key={about}>
            <dt>{about}</dt>
            {lines.map((line) => (
              <dd key={line}>{line}</dd>
            ))}
          </div>
        ))}
      </dl>
    </section>
  );
}

function Conditions({ conditions, now }: Pick<Policy, 'conditions'> & { readonly now: number }) {
  if (conditions.length === 0)
    return (
      <section class="card">
        <h2>Conditions</h2>
        <p class="faint">The controller has written none yet.</p>
      </section>
    );
  return (
    <section class="card">
      <h2>Conditions</h2>
      {conditions.map(({ type, status, reason, message, since, help }) => (
        <article key={type} class="metric">
          <h3>
            {type}: {status} <Reason reason={reason} />{' '}
            <span class="faint">
              for <Ago at={since} now={now} />
            </span>
          </h3>
          {message !== '' && <p>{message}</p>}
          <p class="faint">
            <Inline text={help} />
          </p>
        </article>
      ))}
    </section>
  );
}

/** The policy of a Rollout: what it says, whether a release could be judged, how long it takes, what it did on the past. */
export function PolicyPage({ namespace, name }: { readonly namespace: string; readonly name: string }) {
  const path = pathOf('namespaces', namespace, 'rollouts', name);
  const [policy, setPolicy] = useState<Policy | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const now = useNow();
  useEffect(() => {
    read<Policy>(`${path}/policy`).then(setPolicy, (error: unknown) => {
      if (error instanceof Refused) setProblem(error.problem);
    });
  }, [path]);
  if (problem !== null) return <Notice problem={problem} />;
  if (policy === null) return <p class="faint">Loading…</p>;
  const rows = policy.yaml.split('\n').length;
  return (
    <div class="columns even">
      <div>
        <Words words={policy.words} />
        <Conditions conditions={policy.conditions} now={now} />
        <section class="card">
          <h2>The policy of {policy.workload.name}</h2>
          <details open={rows < 40}>
            <summary>As YAML</summary>
            <pre>{policy.yaml}</pre>
          </details>
        </section>
      </div>
      <div>
        <Preflight path={path} />
        <PlanSection path={path} />
        <ReplaySection path={path} />
      </div>
    </div>
  );
}
