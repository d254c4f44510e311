import { z } from 'zod';
import { rules } from '../rules.ts';
import { Duration, durationMs } from '../values/duration.ts';
import { Host, type HttpMatch, HttpMatches } from './match.ts';

const ONE_WAY = 'must have exactly one of match and host: write one of them';

/** All pods of the new version beside the old ones, and all traffic in one step. */
export const BlueGreen = z.object({
  preview: z
    .object({
      match: HttpMatches.optional().describe(
        'Requests that the new version gets before the switch: those for which an entry holds. All others go to the old one.',
      ),
      host: Host.optional().describe(
        'In place of match: requests for this host go to the new version before the switch. The routes must be for it already, and for others beside it.',
      ),
      for: Duration.optional().describe(
        'Shortest time of the preview. Default: until the gate switch is open.',
      ),
    })
    .refine(({ match, host }) => (match === undefined) !== (host === undefined), ONE_WAY)
    .meta(rules({ rule: 'has(self.match) != has(self.host)', message: ONE_WAY }))
    .optional()
    .describe('A way to the new version before the switch. Its requests are judged; none are needed.'),
  scaleDownDelay: Duration.default('5m').describe(
    'How long the old version keeps all its pods after the switch, at least: until then an abort or a failing verdict brings it back in one step. Longer while the evidence is missing. Shorter than deadlines.step.',
  ),
});
export type BlueGreen = z.infer<typeof BlueGreen>;

/** The requests that the new version gets before the switch; none without a preview. */
export function previewOf({ preview }: BlueGreen): readonly HttpMatch[] {
  if (preview === undefined) return [];
  return preview.host === undefined ? (preview.match ?? []) : [{ host: preview.host }];
}

/** The gate before all traffic goes to the new version. */
export const SWITCH = 'switch';

interface Policed {
  readonly blueGreen?: BlueGreen | undefined;
  readonly canary: { readonly replicas?: number | undefined; readonly mode: 'surge' | 'borrow' };
  readonly analysis: { readonly promoteOn: 'observed' | 'proven' };
  readonly deadlines: { readonly step: Duration };
}

const SIZED =
  'blueGreen runs as many new pods as there are old ones: take canary.replicas away, and leave canary.mode at surge';
const PROVEN =
  'analysis.promoteOn: proven compares both versions at the same time, and blueGreen never gives both traffic: write observed';
const DELAY =
  'blueGreen.scaleDownDelay must be shorter than deadlines.step, which ends the step: shorten it, or raise deadlines.step';

/** What a policy with `blueGreen` must not say beside it: the checks of the whole policy, and their messages. */
export const BLUE_GREEN_CHECKS: readonly (readonly [(policy: Policed) => boolean, string])[] = [
  [
    ({ blueGreen, canary }) =>
      blueGreen === undefined || (canary.replicas === undefined && canary.mode === 'surge'),
    SIZED,
  ],
  [({ blueGreen, analysis }) => blueGreen === undefined || analysis.promoteOn === 'observed', PROVEN],
  [
    ({ blueGreen, deadlines }) =>
      blueGreen === undefined || durationMs(blueGreen.scaleDownDelay) < durationMs(deadlines.step),
    DELAY,
  ],
];

export const blueGreenRules = [
  {
    rule: "!has(self.blueGreen) || !has(self.canary) || !has(self.canary.replicas) && self.canary.mode == 'surge'",
    message: SIZED,
  },
  { rule: "!has(self.blueGreen) || self.analysis.promoteOn == 'observed'", message: PROVEN },
  {
    rule: '!has(self.blueGreen) || duration(self.blueGreen.scaleDownDelay) < duration(self.deadlines.step)',
    message: DELAY,
  },
];
