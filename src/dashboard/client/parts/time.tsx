const [MINUTE, HOUR, DAY] = [60, 3_600, 86_400] as const;

const two = (value: number): string => String(value).padStart(2, '0');

/** A span as the command line shows it: `12s`, `3m10s`, `5h02m`, `3d`. */
export function spanText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < MINUTE) return `${seconds}s`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)}m${two(seconds % MINUTE)}s`;
  if (seconds < 2 * DAY)
    return `${Math.floor(seconds / HOUR)}h${two(Math.floor((seconds % HOUR) / MINUTE))}m`;
  return `${Math.floor(seconds / DAY)}d`;
}

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });

/** A time of the day in the zone of the viewer; the whole of it on hover. */
export function Clock({ at }: { readonly at: string }) {
  const date = new Date(at);
  return (
    <time class="number" dateTime={at} title={date.toLocaleString(undefined, { timeZoneName: 'short' })}>
      {clock.format(date)}
    </time>
  );
}

/** How long ago something was; the exact time, in the zone of the viewer, on hover. */
export function Ago({ at, now }: { readonly at: string | null | undefined; readonly now: number }) {
  if (at === null || at === undefined) return <span class="faint">–</span>;
  const date = new Date(at);
  return (
    <time class="number" dateTime={at} title={date.toLocaleString(undefined, { timeZoneName: 'short' })}>
      {spanText(now - date.getTime())}
    </time>
  );
}
