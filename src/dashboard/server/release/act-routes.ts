import { Hono } from 'hono';
import { z } from 'zod';
import { actOn } from '../../../acts/act-on.ts';
import { ACT_KINDS, ACTS } from '../../../acts/offers.ts';
import { RESOURCES } from '../../../adapters/kubernetes/resource.ts';
import type { Release } from '../../../api/release/release.ts';
import type { ActOutcome, Rights as RightsOf } from '../../api/act.ts';
import { nameIn } from '../asked.ts';
import { Fault } from '../fault.ts';
import type { Env, Parts, Request } from '../parts.ts';
import { grantText, type Wish } from '../people/rights.ts';
import type { Viewer } from '../people/viewer.ts';

const Body = z.strictObject({
  act: z.enum(ACTS, { error: `must be one of ${ACTS.join(', ')}` }),
  gate: z.string().max(16).optional(),
  reason: z.string().trim().max(1_024, 'must have at most 1,024 characters').optional(),
  step: z.int().min(0).max(20).optional(),
});

/** How a Release is read and changed with the rights of the viewer, and by nobody else's. */
function accessOf({ client }: Viewer, namespace: string, name: string) {
  return {
    read: async () => {
      const found = await client.get(RESOURCES.Release, { namespace, name });
      if (found === null)
        throw new Fault('notFound', `there is no Release ${name} in namespace ${namespace}`);
      return found as Release;
    },
    patch: async (_release: Release, operations: readonly object[]) =>
      (await client.patch(RESOURCES.Release, { namespace, name }, 'json', operations)) as Release,
  };
}

async function act({ clock }: Parts, context: Request): Promise<Response> {
  const namespace = nameIn(context.req.param('namespace'), 'the namespace');
  const name = nameIn(context.req.param('release'), 'the Release');
  const body = Body.safeParse(await context.req.json());
  if (!body.success) {
    const [issue] = body.error.issues;
    throw new Fault('invalid', `${issue?.path.join('.') || 'the body'}: ${issue?.message ?? 'is not valid'}`);
  }
  const { act: asked, gate, reason, step } = body.data;
  const details = {
    ...(gate === undefined ? {} : { gate }),
    ...(reason === undefined || reason === '' ? {} : { reason }),
    ...(step === undefined ? {} : { step }),
  };
  const access = accessOf(context.get('session').viewer, namespace, name);
  const message = await actOn(access, (release) => ACT_KINDS[asked].decide(release, details, clock.now()));
  const answer: ActOutcome = { message };
  return context.json(answer);
}

async function rights(parts: Parts, context: Request): Promise<Response> {
  const { viewer } = context.get('session');
  const namespace = nameIn(context.req.param('namespace'), 'the namespace');
  const wish = (verb: string): Wish => ({ verb, resource: RESOURCES.Release, namespace });
  const [change, approve] = await Promise.all(
    ['patch', 'approve'].map((verb) => parts.page.rights.may(viewer, wish(verb))),
  );
  const missing = [...(change ? [] : ['patch']), ...(approve ? [] : ['approve'])];
  const answer: RightsOf = {
    change: change === true,
    approve: change === true && approve === true,
    next: missing.map((verb) => grantText(viewer.user, wish(verb))),
  };
  return context.json(answer);
}

/** What people do, with their own rights: the API server decides, and writes down who it was. */
export function actRoutes(parts: Parts): Hono<Env> {
  const app = new Hono<Env>();
  app.get('/rights', (context) => rights(parts, context));
  app.post('/releases/:release/acts', (context) => act(parts, context));
  return app;
}
