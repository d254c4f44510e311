import { useEffect, useState } from 'preact/hooks';
import type { ReleasePage as Page } from '../../api/release.ts';
import type { SessionInfo } from '../../api/session.ts';
import { listen, useConnection, useNow } from '../live.ts';
import { Freshness } from '../parts/notice.tsx';
import { Reason } from '../parts/reason.tsx';
import { Ago } from '../parts/time.tsx';
import { WeightBar } from '../parts/weight.tsx';
import { Acts } from './acts.tsx';
import { Change } from './change.tsx';
import { Events, Trail } from './events.tsx';
import { Metrics } from './metrics.tsx';
import { People } from './people.tsx';
import { Steps } from './steps.tsx';
import { Versions } from './versions.tsx';
import { WeightPlot } from './weight-plot.tsx';

/** A page that is kept up to date; `path` is that of its resource. */
function usePage(path: string) {
  const [page, setPage] = useState<Page | null>(null);
  const { connection, handlers, onState, change } = useConnection();
  useEffect(() => {
    setPage(null);
    change({ health: null, ended: null });
    const mine = {
      page: (data: unknown) => {
        setPage(data as Page);
        change({ health: (data as Page).health, ended: null });
      },
    };
    return listen(() => `${path}/stream`, { ...handlers, ...mine }, onState);
  }, [path]);
  return { page, connection };
}

function Links({ view }: { readonly view: Page['view'] }) {
  if (view.links.length === 0) return null;
  return (
    <section class="card">
      <h2>Links</h2>
      <ul class="plain">
        {view.links.map(({ name, url }) => (
          <li key={url}>
            <a href={url} target="_blank" rel="noreferrer noopener">
              {name}
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Next({ next }: Pick<Page['view'], 'next'>) {
  return (
    <section class="card">
      <h2>What comes next</h2>
      <p>{next.what}</p>
      {next.why !== undefined && <p class="faint">{next.why}</p>}
      {next.commands.length > 0 && (
        <p class="faint">
          On the command line:{' '}
          {next.commands.map((command) => (
            <code key={command} class="command">
              {command}
            </code>
          ))}
        </p>
      )}
    </section>
  );
}

function Place({ view, now }: { readonly view: Page['view']; readonly now: number }) {
  const { place, heading, traffic, exposure } = view;
  return (
    <section class={`card place edge-${view.tone}`}>
      <p class="state">
        <strong class={`tone-${view.tone}`}>{place.text}</strong> {place.label}
        {place.since !== undefined && (
          <span class="faint">
            {' '}
            for <Ago at={place.since} now={now} />
          </span>
        )}
      </p>
      {(place.message ?? place.reason) !== undefined && (
        <p>
          {place.reason !== undefined && <Reason reason={place.reason} />} {place.message}
        </p>
      )}
      <Steps steps={view.steps} />
      {heading.release !== null && (
        <p>
          <WeightBar weight={traffic.canary} /> <span class="faint">{traffic.text}</span>
        </p>
      )}
      {exposure !== null && <p class="number">{exposure.text}</p>}
      {traffic.rounding !== undefined && <p class="faint">{traffic.rounding}</p>}
    </section>
  );
}

function Content({
  page,
  now,
  session,
}: {
  readonly page: Page;
  readonly now: number;
  readonly session: SessionInfo;
}) {
  const { view, offers } = page;
  const { heading } = view;
  return (
    <div class="columns">
      <div>
        <Place view={view} now={now} />
        <Next next={view.next} />
        {heading.release !== null && (
          <Acts
            offers={offers}
            subject={{ namespace: heading.namespace, release: heading.release, session }}
          />
        )}
        <Metrics page={page} now={now} />
        {page.trail.some(({ weight }) => weight !== undefined) && (
          <WeightPlot trail={page.trail} until={heading.ended ?? view.at} />
        )}
      </div>
      <div>
        <Versions versions={view.versions} hidden={view.hidden} />
        <Change change={heading.change} diff={page.diff} />
        <People people={view.people} now={now} />
        <Trail trail={page.trail} messages={page.messages} now={now} />
        <Events events={page.events} now={now} />
        <Links view={view} />
      </div>
    </div>
  );
}

/** A release as it happens; `path` is that of its resource. */
export function ReleasePage({ path, session }: { readonly path: string; readonly session: SessionInfo }) {
  const { page, connection } = usePage(path);
  const now = useNow();
  const heading = page?.view.heading;
  return (
    <>
      {heading?.release != null && (
        <p class="faint">
          {heading.release}
          {heading.began !== undefined && (
            <>
              {' '}
              began <Ago at={heading.began} now={now} /> ago
            </>
          )}
        </p>
      )}
      <Freshness connection={connection} now={now} />
      {page === null ? <p class="faint">Loading…</p> : <Content page={page} now={now} session={session} />}
    </>
  );
}
