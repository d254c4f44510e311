import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Problem } from '../../api/problem.ts';
import { useNow } from '../live.ts';
import { Notice } from '../parts/notice.tsx';
import { Ago } from '../parts/time.tsx';
import { Refused, read } from '../server.ts';

interface AskingProps<T> {
  readonly title: string;
  readonly intro: string;
  readonly button: string;
  readonly path: string;
  /** What can be chosen before it is asked. */
  readonly choice?: ComponentChildren;
  readonly draw: (answer: T) => ComponentChildren;
}

/** A question that is asked when the person wants, with its answer and how old that is. */
export function Asking<T>({ title, intro, button, path, choice, draw }: AskingProps<T>) {
  const [answer, setAnswer] = useState<{ readonly value: T; readonly at: string } | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const stop = useRef<AbortController | null>(null);
  const now = useNow();
  useEffect(() => () => stop.current?.abort(), []);
  const ask = async (): Promise<void> => {
    setBusy(true);
    setProblem(null);
    const asking = new AbortController();
    stop.current = asking;
    try {
      const value = await read<T>(path, asking.signal);
      setAnswer({ value, at: new Date().toISOString() });
    } catch (error) {
      if (error instanceof Refused && !asking.signal.aborted) setProblem(error.problem);
    }
    if (!asking.signal.aborted) setBusy(false);
  };
  return (
    <section class="card" aria-busy={isBusy}>
      <h2>{title}</h2>
      <p class="faint">{intro}</p>
      <div class="filters">
        {choice}
        <button type="button" disabled={isBusy} onClick={() => void ask()}>
          {isBusy ? 'Asking…' : button}
        </button>
        <span role="status" class="faint">
          {answer !== null && (
            <>
              as of <Ago at={answer.at} now={now} /> ago
            </>
          )}
        </span>
      </div>
      {problem !== null && <Notice problem={problem} />}
      {answer !== null && draw(answer.value)}
    </section>
  );
}
