import type { Dispatcher } from 'undici';
import type { KubeObject } from '../../api/meta.ts';

/** One line of a watch. The object of a bookmark only has a resourceVersion; that of an error is a Status. */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: KubeObject;
}

/** The events of a watch's body: one JSON document per line. Throws on any other line. */
export async function* eventsOf(body: Dispatcher.ResponseData['body']): AsyncGenerator<WatchEvent> {
  const decoder = new TextDecoder();
  let rest: string[] = [];
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    const lines = decoder.decode(chunk, { stream: true }).split('\n');
    const last = lines.pop() ?? '';
    const [first, ...others] = lines;
    if (first === undefined) {
      rest.push(last);
      continue;
    }
    for (const line of [[...rest, first].join(''), ...others]) {
      if (line !== '') yield JSON.parse(line) as WatchEvent;
    }
    rest = [last];
  }
}
