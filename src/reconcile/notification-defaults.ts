import { parse } from 'yaml';
import { z } from 'zod';
import { NOTIFICATIONS, NotificationTarget } from '../api/notification.ts';
import type { Clock } from '../clock.ts';
import type { Log } from './ports.ts';

/** How long an answer is used, milliseconds. */
const FRESH_MS = 60_000;
const Targets = z.array(NotificationTarget).max(8);

export interface DefaultsDeps {
  /** Reads a value of a ConfigMap; null where there is none. */
  readonly readValue: (namespace: string, name: string, key: string) => Promise<string | null>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}

/** The list in a text, or what is wrong with it. */
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
 * Who is told of the Releases of a namespace whose policy does not say: the list under `notifications` in the ConfigMap
 * `sluice-notifications`. One that is wrong tells nobody, and is logged.
 */
export function createDefaults({ readValue, clock, log }: DefaultsDeps) {
  const known = new Map<string, { readonly at: number; readonly targets: readonly NotificationTarget[] }>();
  return async (namespace: string): Promise<readonly NotificationTarget[]> => {
    const before = known.get(namespace);
    if (before !== undefined && clock.now() - before.at < FRESH_MS) return before.targets;
    const text = await readValue(namespace, NOTIFICATIONS, 'notifications');
    const read = text === null ? { targets: [] } : readTargets(text);
    if ('problem' in read)
      log.warn(
        { configMap: `${namespace}/${NOTIFICATIONS}`, problem: read.problem },
        'default notifications are wrong',
      );
    const targets = 'targets' in read ? read.targets : [];
    known.set(namespace, { at: clock.now(), targets });
    return targets;
  };
}
