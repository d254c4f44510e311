import { z } from 'zod';
import { matching, moreRules } from '../rules.ts';
import { Duration, durationMs } from '../values/duration.ts';

const SHORT = 'must be at least 1m: write it like 24h';

/** Clients stay with their version while weights change, as far as the router can. */
export const Sticky = z.object({
  cookie: matching(
    /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/,
    64,
    'must be the name of a cookie, of letters, digits, -, _ and .: write it like sluice-version',
  )
    .default('sluice-version')
    .describe('Cookie that says with which version a client stays.'),
  maxAge: Duration.refine((age) => durationMs(age) >= 60_000, SHORT)
    .meta(moreRules(Duration, { rule: "duration(self) >= duration('1m')", message: SHORT }))
    .default('24h')
    .describe('How long a client keeps the cookie. One of another release has no effect.'),
});
export type Sticky = z.infer<typeof Sticky>;
