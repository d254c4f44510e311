import type { Condition, KubeObject } from '../../../src/api/meta.ts';
import type { Api } from '../api.ts';

/** An event as a person reads it. */
export interface ReceivedMessage {
  readonly type: string;
  readonly reason: string;
  readonly note: string;
}

/** The controller's events about an object, oldest first. */
export async function receivedMessagesOf(api: Api, kind: string, name: string): Promise<ReceivedMessage[]> {
  const events = await api.list('Event');
  return events
    .filter((event) => {
      const { kind: about, name: called } = event['regarding'] as { kind: string; name: string };
      return about === kind && called === name && event['reportingController'] === 'sluice.dev/controller';
    })
    .toSorted((a, b) => (String(a['eventTime']) < String(b['eventTime']) ? -1 : 1))
    .map((event) => ({
      type: String(event['type']),
      reason: String(event['reason']),
      note: String(event['note']),
    }));
}

/** A condition of an object, if present. */
export function conditionOf(object: KubeObject | null, type: string): Condition | undefined {
  const status = object?.['status'] as { conditions?: readonly Condition[] } | undefined;
  return status?.conditions?.find((condition) => condition.type === type);
}
