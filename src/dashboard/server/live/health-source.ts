import type { SSEMessage } from 'hono/streaming';

/** Says how current the data are, when that changes. */
export function healthSource(health: () => { readonly trouble: string | null }): () => readonly SSEMessage[] {
  let said: string | null | undefined;
  return () => {
    const now = health();
    if (now.trouble === said) return [];
    said = now.trouble;
    return [{ event: 'health', data: JSON.stringify(now) }];
  };
}
