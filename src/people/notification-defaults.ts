import { parse } from 'yaml';
import { z } from 'zod';
import { NOTIFICATIONS, NotificationTarget } from '../api/notification.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../ports/telemetry.ts';

/** How long an answer is used, and how long it may be used without reading it again, milliseconds. */
const [FRESH_MS, LATE_MS] = [60_000, 300_000];
const Targets = z.array(NotificationTarget).max(8);

export interface DefaultsDeps {
  /** Reads a value of a ConfigMap; null if there is none. */
  readonly readValue: (namespace: string, name: string, key: string) => Promise<string | null>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}

/** The list in a text, or why it is invalid. */
function readTargets(
  text: string,
): { readonly targets: readonly NotificationTarget[] } | { readonly problem: string } {
  let given: unknown;
  try {
    given = parse(text);
  } catch (error) {
    return { problem: error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'is no YAML' };
  }
  const parsed = Targets.safeParse(given ?? []);
  if (parsed.success) return { targets: parsed.data };
  const issues = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  return { problem: issues.slice(0, 3).join('; ') };
}

/**
 * The receivers of Releases whose policy names none: the list under `notifications` in the ConfigMap
 * `sluice-notifications` of the namespace. An invalid list has no receivers, and is logged.
 */
export interface Defaults {
  /** The list. Rejects if it cannot be read. */
  (namespace: string): Promise<readonly NotificationTarget[]>;
  /** The list as read in the last minutes, without a request; undefined if it was not. */
  known(namespace: string): readonly NotificationTarget[] | undefined;
}

/** Creates them without any list. Concurrent calls share an answer. */
export function createDefaults({ readValue, clock, log }: DefaultsDeps): Defaults {
  const known = new Map<string, { readonly at: number; readonly targets: readonly NotificationTarget[] }>();
  const asked = new Map<string, Promise<readonly NotificationTarget[]>>();
  const fresh = (namespace: string, forMs: number): readonly NotificationTarget[] | undefined => {
    const before = known.get(namespace);
    return before !== undefined && clock.now() - before.at < forMs ? before.targets : undefined;
  };
  const ask = async (namespace: string): Promise<readonly NotificationTarget[]> => {
    const text = await readValue(namespace, NOTIFICATIONS, 'notifications');
    const found = text === null ? { targets: [] } : readTargets(text);
    if ('problem' in found)
      log.warn(
        { configMap: `${namespace}/${NOTIFICATIONS}`, problem: found.problem },
        'default notifications are wrong',
      );
    const targets = 'targets' in found ? found.targets : [];
    known.set(namespace, { at: clock.now(), targets });
    return targets;
  };
  const read = async (namespace: string): Promise<readonly NotificationTarget[]> => {
    const before = fresh(namespace, FRESH_MS);
    if (before !== undefined) return before;
    const answer = asked.get(namespace) ?? ask(namespace).finally(() => asked.delete(namespace));
    asked.set(namespace, answer);
    return answer;
  };
  return Object.assign(read, { known: (namespace: string) => fresh(namespace, LATE_MS) });
}
