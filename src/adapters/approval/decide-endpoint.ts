import { z } from 'zod';
import type { Clock } from '../../clock.ts';
import type { Approvals } from '../../ports/approvals.ts';
import { openLink } from './link.ts';
import { answerPage, confirmPage } from './page.ts';
import type { Asked, Reply } from './server.ts';

const Said = z.object({
  by: z.string().trim().min(1, 'must not be empty').max(200),
  reason: z.string().trim().max(1_000).optional(),
});

export interface DecideDeps {
  readonly approvals: Approvals;
  readonly key: () => Promise<string>;
  readonly clock: Pick<Clock, 'now'>;
}

function reply(status: number, wantsPage: boolean, title: string, message: string): Reply {
  return wantsPage
    ? { status, type: 'text/html; charset=utf-8', body: answerPage(title, message) }
    : { status, type: 'application/json', body: `${JSON.stringify({ accepted: status < 300, message })}\n` };
}

function bodyOf({ body, type }: Asked): unknown {
  if (!type.includes('json')) return Object.fromEntries(new URLSearchParams(body));
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

/** Opening a link shows what it would decide; only sending its form, or JSON, decides. */
export function createDecide({
  approvals,
  key,
  clock,
}: DecideDeps): (asked: Asked, token: string) => Promise<Reply> {
  return async (asked, token) => {
    const isPage = !asked.type.includes('json');
    const opened = openLink(await key(), token, clock.now());
    if ('refused' in opened) return reply(403, isPage, 'Nothing was decided', opened.refused);
    const { subject, decision, ticket } = opened;
    if (asked.method === 'GET') {
      const found = await approvals.pending(subject);
      if ('refused' in found) return reply(409, true, 'Nothing to decide', found.refused);
      return {
        status: 200,
        type: 'text/html; charset=utf-8',
        body: confirmPage(found.about, subject.gate, decision),
      };
    }
    const said = Said.safeParse(bodyOf(asked));
    if (!said.success) {
      const why = 'the body must say who decides: {"by": "…", "reason": "…"}, as JSON or as a form';
      return reply(400, isPage, 'Nothing was decided', why);
    }
    const { by, reason } = said.data;
    const result = await approvals.submit({ subject, decision, ticket, via: 'webhook', who: by, reason });
    return reply(
      result.accepted ? 200 : 409,
      isPage,
      result.accepted ? 'Done' : 'Nothing was decided',
      result.message,
    );
  };
}
