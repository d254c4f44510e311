import { useEffect, useState } from 'preact/hooks';
import type { Health, Problem } from '../api/problem.ts';
import { Refused, read } from './server.ts';

/** What a live page knows about its connection. */
export interface Connection {
  readonly health: Health | null;
  /** Why nothing more comes; null while it does. */
  readonly ended: Problem | null;
  /** Since when the stream is interrupted, epoch milliseconds; the browser connects again by itself. */
  readonly lostAt: number | null;
}

type Handlers = Readonly<Record<string, (data: unknown) => void>>;

/** A stream that is refused does not say why, but what it is a stream of does. */
function tellWhy(url: string, { ended }: Handlers): void {
  read(url.replace(/\/stream(?=$|\?)/, '')).catch((error: unknown) => {
    if (error instanceof Refused && error.problem.code !== 'unavailable') ended?.(error.problem);
  });
}

/**
 * Listens to a stream for as long as the page is visible: a hidden page costs the server nothing, and catches up when
 * it is shown again. `path` is read again at each connection, so that it can say where to resume.
 */
export function listen(path: () => string, handlers: Handlers, onState: (open: boolean) => void): () => void {
  let source: EventSource | null = null;
  const close = (): void => {
    source?.close();
    source = null;
  };
  const open = (): void => {
    if (source !== null || document.hidden) return;
    const opened = new EventSource(path());
    source = opened;
    opened.addEventListener('open', () => onState(true));
    opened.addEventListener('error', () => {
      onState(false);
      // After an answer other than 200 the browser does not try again by itself.
      if (opened.readyState === EventSource.CLOSED && source === opened) {
        close();
        tellWhy(opened.url, handlers);
        setTimeout(open, 5_000);
      }
    });
    for (const [name, handle] of Object.entries(handlers))
      opened.addEventListener(name, (event) => {
        if (name === 'ended') close();
        handle(JSON.parse((event as MessageEvent<string>).data));
      });
  };
  const onVisibility = (): void => (document.hidden ? close() : open());
  document.addEventListener('visibilitychange', onVisibility);
  open();
  return () => {
    document.removeEventListener('visibilitychange', onVisibility);
    close();
  };
}

/** The state of a live page: the health of its data, how its stream is, and the handlers that keep it. */
export function useConnection() {
  const [connection, setConnection] = useState<Connection>({ health: null, ended: null, lostAt: null });
  const change = (part: Partial<Connection>): void => setConnection((before) => ({ ...before, ...part }));
  const handlers: Handlers = {
    health: (data) => change({ health: data as Health }),
    ended: (data) => change({ ended: data as Problem }),
  };
  const onState = (isOpen: boolean): void =>
    setConnection((known) => ({ ...known, lostAt: isOpen ? null : (known.lostAt ?? Date.now()) }));
  return { connection, handlers, onState, change };
}

/** The time in epoch milliseconds, which changes every second while the page is visible. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) setNow(Date.now());
    }, 1_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
