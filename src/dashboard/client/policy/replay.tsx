import { useEffect, useRef, useState } from 'preact/hooks';
import type { ReplayProgress } from '../../api/examination.ts';
import type { Problem } from '../../api/problem.ts';
import { Choice } from '../parts/choice.tsx';
import { Notice } from '../parts/notice.tsx';
import { ReplayReportView, type Report } from './replay-report.tsx';

const SINCE = ['15m', '1h', '6h', '1d', '3d', '7d', '14d', '30d'];
const FOLLOWED = ['1m', '5m', '15m', '30m', '1h', '2h', '4h'];

const STAGES: Readonly<Record<ReplayProgress['stage'], string>> = {
  waiting: 'waits for its turn',
  reading: 'reads the past',
  replaying: 'replays releases',
};

interface State {
  readonly progress: ReplayProgress | null;
  readonly report: Report | null;
  readonly problem: Problem | null;
}
const NOTHING: State = { progress: null, report: null, problem: null };

/** A replay that is begun by the person. It is given up when the page is left; a hidden page keeps it. */
function useReplay(path: string) {
  const [state, setState] = useState(NOTHING);
  const source = useRef<EventSource | null>(null);
  const close = (): void => {
    source.current?.close();
    source.current = null;
  };
  useEffect(() => close, [path]);
  const begin = (query: URLSearchParams): void => {
    close();
    setState({ ...NOTHING, progress: { stage: 'waiting', done: 0, total: 0 } });
    const opened = new EventSource(`${path}/replay/stream?${query}`);
    source.current = opened;
    const on = (name: string, part: (data: never) => State): void =>
      opened.addEventListener(name, (event) => {
        setState(part(JSON.parse((event as MessageEvent<string>).data) as never));
        if (name !== 'progress') close();
      });
    on('progress', (progress: ReplayProgress) => ({ ...NOTHING, progress }));
    on('report', (report: Report) => ({ ...NOTHING, report }));
    on('ended', (problem: Problem) => ({ ...NOTHING, problem }));
    opened.addEventListener('error', () => {
      // An answer that is no stream says why when it is asked for by itself.
      if (opened.readyState !== EventSource.CLOSED || source.current !== opened) return;
      close();
      void fetch(`${path}/replay/stream?${query}`)
        .then((answer) => answer.json() as Promise<Problem>)
        .catch((): Problem => ({ code: 'unavailable', message: 'the dashboard does not answer', next: [] }))
        .then((problem) => setState({ ...NOTHING, problem }));
    });
  };
  const stop = (): void => {
    close();
    setState(NOTHING);
  };
  return { state, begin, stop };
}

function Progress({ progress }: { readonly progress: ReplayProgress }) {
  const { stage, done, total } = progress;
  const text = total === 0 ? STAGES[stage] : `${STAGES[stage]}: ${done} of ${total}`;
  return (
    <p role="status">
      <progress aria-label={text} max={Math.max(1, total)} value={total === 0 ? undefined : done} />{' '}
      <span class="number">{text}</span>
    </p>
  );
}

/** What the policy would have done on the past. */
export function ReplaySection({ path }: { readonly path: string }) {
  const [since, setSince] = useState('7d');
  const [followed, setFollowed] = useState('30m');
  const { state, begin, stop } = useReplay(path);
  const { progress, report, problem } = state;
  const submit = (event: Event): void => {
    event.preventDefault();
    begin(new URLSearchParams({ since, for: followed }));
  };
  return (
    <section class="card">
      <h2>What would it have done?</h2>
      <p class="faint">
        Replays releases over the past in which nothing was released: how often a good version would have been
        rolled back, and which faults would have been found.
      </p>
      <form class="filters" onSubmit={submit}>
        <Choice label="Since" value={since} options={SINCE} onChange={setSince} />
        <Choice label="Followed for" value={followed} options={FOLLOWED} onChange={setFollowed} />
        {progress === null ? (
          <button type="submit">Replay</button>
        ) : (
          <button type="button" onClick={stop}>
            Stop
          </button>
        )}
      </form>
      {progress !== null && <Progress progress={progress} />}
      {problem !== null && <Notice problem={problem} />}
      {report !== null && <ReplayReportView report={report} />}
    </section>
  );
}
