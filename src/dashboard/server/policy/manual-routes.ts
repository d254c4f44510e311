import { Hono } from 'hono';
import { CATALOGUE } from '../../../release/reasons/catalogue.ts';
import type { Manual } from '../../api/manual.ts';
import type { Env } from '../parts.ts';

/** All reasons: the same words as in the manual's page on troubleshooting, which is made from them. */
export function manual(): Manual {
  const reasons = Object.values(CATALOGUE)
    .flatMap((area) => Object.entries(area))
    .map(([reason, { on, severity, help }]) => ({ reason, severity, objects: on, help }))
    .toSorted((a, b) => (a.reason < b.reason ? -1 : 1));
  return { reasons };
}

/** The manual, for everybody who is signed in. */
export function manualRoutes(): Hono<Env> {
  const app = new Hono<Env>();
  const answer = manual();
  app.get('/manual', (context) => context.json(answer));
  return app;
}
