import { useEffect, useMemo, useState } from 'preact/hooks';
import type uPlot from 'uplot';
import type { ReleaseView } from '../../../view/release-view.ts';
import type { HistoryPage as History } from '../../api/history.ts';
import type { Problem } from '../../api/problem.ts';
import { useNow } from '../live.ts';
import { Link } from '../parts/link.tsx';
import { Notice } from '../parts/notice.tsx';
import { axesOf, Plot, timeScale } from '../parts/plot.tsx';
import { Reason } from '../parts/reason.tsx';
import { Table } from '../parts/table.tsx';
import { Ago, spanText } from '../parts/time.tsx';
import { go, pathTo, useLocation } from '../route.ts';
import { pathOf, Refused, read } from '../server.ts';
import { comparisonOf, courseOf, endingsOf, tookMs } from './history-state.ts';

type Releases = readonly ReleaseView[];

function optionsFor(colours: (name: string) => string): Omit<uPlot.Options, 'width' | 'height'> {
  const dots = (name: string): uPlot.Series => {
    const colour = colours(name);
    return {
      stroke: colour,
      paths: () => null,
      points: { show: true, size: 9, fill: colour, stroke: colour },
    };
  };
  return {
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: timeScale(0.05, 1_800),
      y: { range: { min: { pad: 0, hard: 0, mode: 1 }, max: { pad: 0.1, mode: 0 } } },
    },
    axes: axesOf(colours, ' min'),
    series: [{}, dots('good'), dots('bad')],
  };
}

function Course({ releases }: { readonly releases: Releases }) {
  const course = useMemo(() => courseOf(releases), [releases]);
  const data = useMemo((): uPlot.AlignedData => {
    const minutes = (wanted: boolean) =>
      course.map(({ seconds, isPromoted }) => (isPromoted === wanted ? seconds / 60 : null));
    return [course.map(({ at }) => at), minutes(true), minutes(false)];
  }, [course]);
  return (
    <figure>
      <figcaption>
        How long each release took
        <span class="legend">
          <span>
            <i class="key good" /> promoted
          </span>
          <span>
            <i class="key bad" /> ended otherwise
          </span>
        </span>
      </figcaption>
      <Plot
        height={160}
        data={data}
        optionsFor={optionsFor}
        label={`how long ${course.length} releases took; the table has each`}
      />
    </figure>
  );
}

function Endings({ releases }: { readonly releases: Releases }) {
  const endings = endingsOf(releases);
  const most = Math.max(1, ...endings.map(({ count }) => count));
  return (
    <Table
      class="number"
      heads={['Outcome', 'Reason', 'Releases']}
      rows={endings.map(({ outcome, reason, count }) => (
        <tr key={`${outcome} ${reason}`}>
          <td>{outcome}</td>
          <td>
            <Reason reason={reason} />
          </td>
          <td>
            <meter
              class={outcome === 'Promoted' ? 'good' : 'bad'}
              min={0}
              max={most}
              value={count}
              aria-hidden="true"
            />{' '}
            {count}
          </td>
        </tr>
      ))}
    />
  );
}

function Compared({ pair }: { readonly pair: readonly [ReleaseView, ReleaseView] }) {
  const [one, other] = pair;
  return (
    <section class="card">
      <h2>Beside each other</h2>
      <Table
        heads={['About', one.heading.release ?? '', other.heading.release ?? '']}
        rows={comparisonOf(one, other).map(({ about, values: [a, b] }) => (
          <tr key={about} class={a === b ? '' : 'differs'}>
            <th scope="row">{about}</th>
            <td>{a || '–'}</td>
            <td>{b || '–'}</td>
          </tr>
        ))}
      />
    </section>
  );
}

/** The two releases that the address names; choosing a third lets the older choice go. */
function useChosen(): readonly [readonly string[], (name: string) => void] {
  const { path, query } = useLocation();
  const chosen = query.getAll('release');
  const toggle = (name: string): void => {
    const next = chosen.includes(name) ? chosen.filter((one) => one !== name) : [...chosen, name].slice(-2);
    const text = new URLSearchParams(next.map((one) => ['release', one])).toString();
    go(text === '' ? path : `${path}?${text}`, true);
  };
  return [chosen, toggle];
}

function Row({
  view,
  now,
  isChosen,
  onToggle,
}: {
  readonly view: ReleaseView;
  readonly now: number;
  readonly isChosen: boolean;
  readonly onToggle: () => void;
}) {
  const { heading, place } = view;
  const name = heading.release ?? '';
  const took = tookMs(view);
  return (
    <tr>
      <td>
        <input type="checkbox" checked={isChosen} onChange={onToggle} aria-label={`compare ${name}`} />
      </td>
      <th scope="row">
        <Link href={pathTo('releases', heading.namespace, name)}>{name}</Link>
      </th>
      <td>
        <Ago at={heading.began} now={now} />
      </td>
      <td>{took === null ? '–' : spanText(took)}</td>
      <td class={`tone-${view.tone}`}>{place.text}</td>
      <td>{place.step ?? ''}</td>
      <td class="why">
        {place.reason !== undefined && <Reason reason={place.reason} />} {place.message}
      </td>
    </tr>
  );
}

/** The releases of a Rollout that are stored: as a plot, by outcome, as a table, and any two beside each other. */
export function HistoryPage({ namespace, name }: { readonly namespace: string; readonly name: string }) {
  const [history, setHistory] = useState<History | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [chosen, toggle] = useChosen();
  const now = useNow();
  const path = pathOf('namespaces', namespace, 'rollouts', name, 'history');
  useEffect(() => {
    read<History>(path).then(setHistory, (error: unknown) => {
      if (error instanceof Refused) setProblem(error.problem);
    });
  }, [path]);
  if (problem !== null) return <Notice problem={problem} />;
  if (history === null) return <p class="faint">Loading…</p>;
  const { releases } = history;
  if (releases.length === 0) return <p>There has been no release yet.</p>;
  const [one, other] = chosen.map((wanted) => releases.find(({ heading }) => heading.release === wanted));
  return (
    <>
      <div class="columns">
        <section class="card">
          <h2>Time</h2>
          <Course releases={releases} />
        </section>
        <section class="card">
          <h2>Outcomes</h2>
          <Endings releases={releases} />
        </section>
      </div>
      {one !== undefined && other !== undefined && <Compared pair={[one, other]} />}
      <section class="card">
        <h2>Releases</h2>
        <p class="faint">Choose two to see them beside each other.</p>
        <Table
          class="number"
          heads={['Compare', 'Release', 'Began', 'Took', 'Outcome', 'Step', 'Why']}
          rows={releases.map((view) => (
            <Row
              key={view.heading.release}
              view={view}
              now={now}
              isChosen={chosen.includes(view.heading.release ?? '')}
              onToggle={() => toggle(view.heading.release ?? '')}
            />
          ))}
        />
      </section>
    </>
  );
}
