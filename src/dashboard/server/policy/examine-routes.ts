import { Hono } from 'hono';
import type { SSEMessage } from 'hono/streaming';
import { RESOURCES } from '../../../adapters/kubernetes/resource.ts';
import { parseDuration } from '../../../api/values/duration.ts';
import { createLimit } from '../../../http/limit.ts';
import type { WatchedKind } from '../../../traffic/declaration.ts';
import { ROUTERS } from '../../../traffic/registry.ts';
import type { ReplayAsked } from '../../api/examination.ts';
import { nameIn } from '../asked.ts';
import { Fault } from '../fault.ts';
import { type Source, streamOf } from '../live/stream.ts';
import type { Env, Parts, Request } from '../parts.ts';
import { grantText, missingText, type Wish } from '../people/rights.ts';
import type { Examined, Examiner } from './examiner.ts';
import type { HeldReplay, ReplayState } from './replays.ts';

/** Preflights and plans at once, of all people. */
const AT_ONCE = 4;

/** Without these nothing can be examined; without the others less is known. */
const NEEDED = ['Rollout', 'Release', 'AnalysisTemplate', 'Deployment', 'ReplicaSet', 'Service'] as const;
const MORE: readonly Pick<WatchedKind, 'group' | 'plural' | 'scope'>[] = [
  { ...RESOURCES.ClusterAnalysisTemplate, scope: 'Cluster' },
  ...ROUTERS.watches.filter(({ kind }) => kind !== 'Service'),
];

/** Which of what adds to an examination a person may read: answers are shared by those who see the same. */
async function sightOf({ page: { rights } }: Parts, { viewer, namespace }: Examined): Promise<string> {
  const needed = NEEDED.map((kind): Wish => ({ verb: 'list', resource: RESOURCES[kind], namespace }));
  const more = MORE.map(
    (resource): Wish => ({ verb: 'list', resource, ...(resource.scope === 'Cluster' ? {} : { namespace }) }),
  );
  const may = (wishes: readonly Wish[]) => Promise.all(wishes.map((wish) => rights.may(viewer, wish)));
  const [has, sees] = await Promise.all([may(needed), may(more)]);
  const missing = needed.filter((_, at) => has[at] === false);
  if (missing.length > 0)
    throw new Fault('forbidden', missing.map((wish) => missingText(viewer.user, wish)).join('; '), [
      ...new Set(missing.map((wish) => grantText(viewer.user, wish))),
    ]);
  return sees.map((one) => (one ? '1' : '0')).join('');
}

function examinedIn(context: Request): Examined {
  const { namespace, rollout } = context.req.param() as Record<string, string>;
  return {
    viewer: context.get('session').viewer,
    namespace: nameIn(namespace, 'the namespace'),
    rollout: nameIn(rollout, 'the Rollout'),
  };
}

/** Durations that may be asked for, in milliseconds. */
const LIMITS = { since: 30 * 86_400_000, for: 86_400_000, over: 86_400_000 } as const;

function spanIn(context: Request, name: keyof typeof LIMITS, usual: string): string {
  const text = context.req.query(name) ?? usual;
  const days = /^([0-9]{1,2})d$/.exec(text)?.[1];
  const ms = days === undefined ? parseDuration(text) : Number(days) * 86_400_000;
  if (ms === null || ms < 60_000 || ms > LIMITS[name] || (days !== undefined && name !== 'since'))
    throw new Fault('invalid', `${name}: ${text.slice(0, 32)} is no time that can be asked for`, [
      name === 'since' ? 'write it like 7d or 12h; at most 30d' : 'write it like 5m or 2h; at most 24h',
    ]);
  return text;
}

/** Answers of the same question are shared while they are under way. */
function createShared() {
  const turns = createLimit(AT_ONCE);
  const open = new Map<string, Promise<unknown>>();
  return <T>(key: string, ask: () => Promise<T>): Promise<T> => {
    const known = open.get(key) as Promise<T> | undefined;
    if (known !== undefined) return known;
    const answer = turns(ask).finally(() => open.delete(key));
    open.set(key, answer);
    return answer;
  };
}

/** The generation of the policy: a report is of no use for another. */
async function generationOf({ viewer, namespace, rollout }: Examined): Promise<number> {
  const found = await viewer.client.get(RESOURCES.Rollout, { namespace, name: rollout });
  if (found === null) throw new Fault('notFound', `there is no Rollout ${rollout} in namespace ${namespace}`);
  return found.metadata.generation ?? 0;
}

function messageOf(state: ReplayState): SSEMessage {
  if (state.kind === 'progress') return { event: 'progress', data: JSON.stringify(state.progress) };
  if (state.kind === 'report') return { event: 'report', data: JSON.stringify(state.report) };
  return { event: 'ended', data: JSON.stringify(state.problem) };
}

function sourceOf(held: HeldReplay, check: Source['check'], leave: () => void): Source {
  let sent: ReplayState | null = null;
  return {
    poll: () => {
      const state = held.state();
      if (state === sent) return [];
      sent = state;
      return [messageOf(state)];
    },
    check,
    release: () => {
      held.release();
      leave();
    },
  };
}

async function replayStream(parts: Parts, examiner: Examiner, context: Request): Promise<Response> {
  const session = context.get('session');
  const of = examinedIn(context);
  const asked: ReplayAsked = { since: spanIn(context, 'since', '7d'), for: spanIn(context, 'for', '30m') };
  const sight = await sightOf(parts, of);
  const generation = await generationOf(of);
  const leave = parts.streams.take(session);
  if (leave === null) throw new Fault('tooMany', 'too many pages are open', ['close some']);
  try {
    const key = JSON.stringify([keyOf(examiner, of, sight), asked, generation]);
    const held = parts.replays.hold(key, of.viewer, (hooks) => examiner.replay(of, asked, hooks));
    const check: Source['check'] = async () => ((await sightOf(parts, of)) === sight ? 'same' : 'renew');
    return streamOf(context, session, sourceOf(held, check, leave), parts.clock);
  } catch (error) {
    leave();
    throw error;
  }
}

/** Whose answers are the same: where Prometheus is asked with a person's own credentials, that person's only. */
const keyOf = ({ asksForAll }: Examiner, { viewer, namespace, rollout }: Examined, sight: string): string =>
  JSON.stringify([asksForAll ? '' : viewer.user, namespace, rollout, sight]);

/** What `sluice preflight`, `plan` and `replay` say, with the rights of the person who asks. */
export function examineRoutes(parts: Parts): Hono<Env> {
  const { examiner } = parts;
  const app = new Hono<Env>();
  if (examiner === undefined) return app;
  const shared = createShared();
  app.get('/rollouts/:rollout/preflight', async (context) => {
    const of = examinedIn(context);
    const key = keyOf(examiner, of, await sightOf(parts, of));
    return context.json(await shared(`preflight ${key}`, () => examiner.preflight(of)));
  });
  app.get('/rollouts/:rollout/plan', async (context) => {
    const of = examinedIn(context);
    const over = spanIn(context, 'over', '5m');
    const key = keyOf(examiner, of, await sightOf(parts, of));
    return context.json(await shared(`plan ${over} ${key}`, () => examiner.plan(of, over)));
  });
  app.get('/rollouts/:rollout/replay/stream', (context) => replayStream(parts, examiner, context));
  return app;
}
