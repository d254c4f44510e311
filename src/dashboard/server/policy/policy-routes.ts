import { Hono } from 'hono';
import { stringify } from 'yaml';
import { reasonInfo } from '../../../release/reasons/catalogue.ts';
import { policyWords } from '../../../view/policy-words.ts';
import type { PolicyPage } from '../../api/policy.ts';
import { rolloutIn } from '../asked.ts';
import type { Env, Request } from '../parts.ts';

async function policy(context: Request): Promise<Response> {
  const { metadata, spec, status } = await rolloutIn(context);
  const answer: PolicyPage = {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    workload: { kind: spec.target.kind, name: spec.target.name },
    words: policyWords(spec),
    yaml: stringify(spec),
    conditions: (status?.conditions ?? []).map(
      ({ type, status: state, reason, message, lastTransitionTime }) => ({
        type,
        status: state,
        reason,
        message,
        since: lastTransitionTime,
        help: reasonInfo(reason).help,
      }),
    ),
  };
  return context.json(answer);
}

/** The policy of a Rollout in plain words, with its conditions. */
export function policyRoutes(): Hono<Env> {
  const app = new Hono<Env>();
  app.get('/rollouts/:rollout/policy', (context) => policy(context));
  return app;
}
