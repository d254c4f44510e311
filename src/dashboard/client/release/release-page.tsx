import { useEffect, useState } from 'preact/hooks';
import type { ReleasePage as Page } from '../../api/release.ts';
import type { SessionInfo } from '../../api/session.ts';
import { listen, useConnection, useNow } from '../live.ts';
import { Freshness } from '../parts/notice.tsx';
import { Ago } from '../parts/time.tsx';
import { WeightBar } from '../parts/weight.tsx';
import { Acts } from './acts.tsx';
import { Metrics } from './metrics.tsx';
import { Steps } from './steps.tsx';
import { Versions } from './versions.tsx';

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

function People({ page }: { readonly page: Page }) {
  const { gate, acts } = page.view.people;
  if (gate === null && acts.length === 0) return null;
  return (
    <section>
      <h2>People</h2>
      {gate !== null && (
        <p>
          Gate "{gate.name}" waits for approval: {gate.approvedBy.length} of {gate.quorum}
          {gate.approvedBy.length > 0 && ` (${gate.approvedBy.join(', ')})`}
        </p>
      )}
      <ul>
        {acts.map((act, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: acts are only ever added
          <li key={at}>
            {act.act} {act.about ?? ''} {act.by !== undefined && `by ${act.by}`}
            {act.reason !== undefined && `: ${act.reason}`}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Trail({ page, now }: { readonly page: Page; readonly now: number }) {
  if (page.trail.length === 0) return null;
  return (
    <section>
      <h2>The way so far</h2>
      <ol>
        {page.trail.map(({ place, at, reason }) => (
          <li key={`${at} ${place}`}>
            <Ago at={at} now={now} /> ago: {place} ({reason})
          </li>
        ))}
      </ol>
    </section>
  );
}

function Change({ view }: { readonly view: Page['view'] }) {
  const { images, fields } = view.heading.change;
  if (images.length + fields.length === 0) return null;
  return (
    <section>
      <h2>What changed</h2>
      <ul>
        {[...images, ...fields].map((line) => (
          <li key={line}>
            <code>{line}</code>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Links({ view }: { readonly view: Page['view'] }) {
  if (view.links.length === 0) return null;
  return (
    <section>
      <h2>Links</h2>
      <ul>
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
  const { heading, place, next } = view;
  return (
    <>
      <p class={`place tone-${view.tone}`}>
        <strong>{place.text}</strong> {place.label}
        {place.since !== undefined && (
          <>
            {' '}
            for <Ago at={place.since} now={now} />
          </>
        )}
      </p>
      {place.message !== undefined && <p>{place.message}</p>}
      <Steps steps={view.steps} />
      {heading.release !== null && <WeightBar weight={view.traffic.canary} />}
      <section>
        <h2>What comes next</h2>
        <p>{next.what}</p>
        {next.why !== undefined && <p class="faint">{next.why}</p>}
      </section>
      {heading.release !== null && (
        <Acts offers={offers} subject={{ namespace: heading.namespace, release: heading.release, session }} />
      )}
      <Metrics view={view} courses={page.courses} />
      <Versions versions={view.versions} hidden={view.hidden} />
      <Change view={view} />
      <People page={page} />
      <Trail page={page} now={now} />
      <Links view={view} />
    </>
  );
}

/** A release as it happens. */
export function ReleasePage({
  path,
  title,
  session,
}: {
  readonly path: string;
  readonly title: string;
  readonly session: SessionInfo;
}) {
  const { page, connection } = usePage(path);
  const now = useNow();
  return (
    <main>
      <h1>{title}</h1>
      {page?.view.heading.release !== null && <p class="faint">{page?.view.heading.release}</p>}
      <Freshness connection={connection} now={now} />
      {page === null ? <p class="faint">Loading…</p> : <Content page={page} now={now} session={session} />}
    </main>
  );
}
