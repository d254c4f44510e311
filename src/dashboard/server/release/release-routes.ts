import { Hono } from 'hono';
import { listAll } from '../../../adapters/kubernetes/client.ts';
import { RESOURCES } from '../../../adapters/kubernetes/resource.ts';
import type { Release } from '../../../api/release/release.ts';
import { oldestFirst } from '../../../view/select-release.ts';
import { viewOf } from '../../../view/view-of.ts';
import type { HistoryPage } from '../../api/history.ts';
import type { ReleasePage } from '../../api/release.ts';
import { nameIn, rolloutIn } from '../asked.ts';
import { Fault } from '../fault.ts';
import { healthSource } from '../live/health-source.ts';
import { type Source, streamOf } from '../live/stream.ts';
import type { Env, Parts, Request } from '../parts.ts';
import { hiddenFor, type PageAsked, subjectOf } from './release-scope.ts';

function askedIn(context: Request): PageAsked {
  const { namespace: inNamespace, rollout, release } = context.req.param() as Record<string, string>;
  const namespace = nameIn(inNamespace, 'the namespace');
  return release === undefined
    ? { namespace, rollout: nameIn(rollout, 'the Rollout') }
    : { namespace, release: nameIn(release, 'the Release') };
}

async function page(parts: Parts, context: Request): Promise<Response> {
  const { viewer } = context.get('session');
  const subject = await subjectOf(parts.page, viewer, askedIn(context));
  const { feed, release } = await parts.pages.hold(viewer, subject);
  try {
    const answer: ReleasePage = { ...feed.current().page, health: feed.health() };
    return context.json(answer);
  } finally {
    release();
  }
}

async function stream(parts: Parts, context: Request): Promise<Response> {
  const session = context.get('session');
  const { viewer } = session;
  const leave = parts.streams.take(session);
  if (leave === null) throw new Fault('tooMany', 'too many pages are open', ['close some']);
  try {
    const subject = await subjectOf(parts.page, viewer, askedIn(context));
    const { feed, release } = await parts.pages.hold(viewer, subject);
    const health = healthSource(() => feed.health());
    let sent = 0;
    const source: Source = {
      poll: () => {
        const { version, page: made } = feed.current();
        if (version === sent) return health();
        sent = version;
        const data: ReleasePage = { ...made, health: feed.health() };
        return [{ event: 'page', data: JSON.stringify(data) }, ...health()];
      },
      check: async () => {
        const hidden = await hiddenFor(parts.page, viewer, subject.namespace);
        return JSON.stringify(hidden) === JSON.stringify(subject.hidden) ? 'same' : 'renew';
      },
      release: () => {
        release();
        leave();
      },
    };
    return streamOf(context, session, source, parts.clock);
  } catch (error) {
    leave();
    throw error;
  }
}

async function history({ clock, page: deps }: Parts, context: Request): Promise<Response> {
  const { metadata } = await rolloutIn(context);
  const { viewer } = context.get('session');
  const { namespace = '' } = metadata;
  const hidden = await hiddenFor(deps, viewer, namespace);
  const [all, replicaSets] = await Promise.all([
    listAll(viewer.client, RESOURCES.Release, namespace) as Promise<Release[]>,
    hidden.includes('ReplicaSet') ? [] : listAll(viewer.client, RESOURCES.ReplicaSet, namespace),
  ]);
  const ours = oldestFirst(all.filter(({ spec }) => spec.rollout === metadata.name));
  const releases = ours
    .toReversed()
    .map((release) => viewOf({ release, replicaSets, hidden: ['Pod'], now: clock.now() }));
  const answer: HistoryPage = { rollout: metadata.name, releases };
  return context.json(answer);
}

/** The pages about one Rollout or Release. */
export function releaseRoutes(parts: Parts): Hono<Env> {
  const app = new Hono<Env>();
  for (const at of ['/rollouts/:rollout/current', '/releases/:release']) {
    app.get(at, (context) => page(parts, context));
    app.get(`${at}/stream`, (context) => stream(parts, context));
  }
  app.get('/rollouts/:rollout/history', (context) => history(parts, context));
  return app;
}
