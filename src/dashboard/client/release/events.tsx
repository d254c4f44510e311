import type { EventView, MessageView, PassageView } from '../../api/release.ts';
import { Ago } from '../parts/time.tsx';

/** Events of Kubernetes about all objects of the release. */
export function Events({
  events,
  now,
}: {
  readonly events: readonly EventView[] | null;
  readonly now: number;
}) {
  return (
    <section class="card">
      <h2>Events</h2>
      {events === null && (
        <p class="faint">You may not see events of this namespace; the ClusterRole view lets you.</p>
      )}
      {events?.length === 0 && <p class="faint">Kubernetes has none; it keeps them for an hour.</p>}
      <ul class="plain log">
        {events?.map(({ at, type, reason, text, about, count }) => (
          <li key={`${at} ${about} ${reason} ${text}`}>
            <Ago at={at} now={now} />
            <span>
              <strong class={type === 'Warning' ? 'tone-doubt' : ''}>{reason}</strong>{' '}
              <span class="faint">
                {about}
                {count > 1 && `, ${count} times`}
              </span>
              <br />
              {text}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The places that the release went through, and what people were told of it; the newest first. */
export function Trail({
  trail,
  messages,
  now,
}: {
  readonly trail: readonly PassageView[];
  readonly messages: readonly MessageView[];
  readonly now: number;
}) {
  if (trail.length + messages.length === 0) return null;
  const lines = [
    ...trail.map(({ at, place, reason }) => ({ at, head: place, text: reason, tone: '' })),
    ...messages.map(({ at, severity, reason, text }) => ({
      at,
      head: reason,
      text,
      tone: severity === 'critical' ? 'tone-bad' : severity === 'warning' ? 'tone-doubt' : '',
    })),
  ].toSorted((a, b) => (a.at < b.at ? 1 : -1));
  return (
    <section class="card">
      <h2>The way so far</h2>
      <ul class="plain log">
        {lines.map(({ at, head, text, tone }) => (
          <li key={`${at} ${head} ${text}`}>
            <Ago at={at} now={now} />
            <span>
              <strong class={tone}>{head}</strong> {text}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
