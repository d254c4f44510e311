import { Hono } from 'hono';
import type { SSEMessage } from 'hono/streaming';
import { nameIn } from '../asked.ts';
import { Fault } from '../fault.ts';
import { healthSource } from '../live/health-source.ts';
import { type Source, streamOf } from '../live/stream.ts';
import type { Env, Parts, Request } from '../parts.ts';
import { type FleetHeld, scopeOf } from './fleet-scope.ts';

const askedIn = (context: Request): readonly string[] =>
  (context.req.queries('namespace') ?? []).map((one) => nameIn(one, 'namespace'));

function sourceOf(held: FleetHeld, from: string | undefined, check: Source['check']): Source {
  const health = healthSource(() => held.health());
  let sent = from ?? '';
  const news = (): readonly SSEMessage[] => {
    const version = held.version();
    if (version === sent) return [];
    const changes = held.changes(sent);
    sent = version;
    if (changes === null) return [{ id: version, event: 'snapshot', data: JSON.stringify(held.snapshot()) }];
    if (changes.rows.length + changes.gone.length === 0) return [];
    return [{ id: version, event: 'change', data: JSON.stringify(changes) }];
  };
  return { poll: () => [...news(), ...health()], check, release: () => held.release() };
}

/** All Rollouts that a person may see. */
export function fleetRoutes(parts: Parts): Hono<Env> {
  const { fleet, fleets, streams, clock } = parts;
  const app = new Hono<Env>();
  app.get('/fleet', async (context) => {
    const { viewer } = context.get('session');
    const held = await fleets.hold(viewer, await scopeOf(fleet, viewer, askedIn(context)));
    try {
      return context.json(held.snapshot());
    } finally {
      held.release();
    }
  });
  app.get('/fleet/stream', async (context) => {
    const session = context.get('session');
    const { viewer } = session;
    const asked = askedIn(context);
    const leave = streams.take(session);
    if (leave === null) throw new Fault('tooMany', 'too many pages are open', ['close some']);
    try {
      const scope = await scopeOf(fleet, viewer, asked);
      const held = await fleets.hold(viewer, scope);
      const check: Source['check'] = async () => {
        const now = await scopeOf(fleet, viewer, asked);
        return JSON.stringify(now) === JSON.stringify(scope) ? 'same' : 'renew';
      };
      const from = context.req.header('last-event-id') ?? context.req.query('from');
      const source = sourceOf(held, from, check);
      const release = (): void => {
        source.release();
        leave();
      };
      return streamOf(context, session, { ...source, release }, clock);
    } catch (error) {
      leave();
      throw error;
    }
  });
  return app;
}
