import { z } from 'zod';
import { listMap, rules } from '../rules.ts';

const ONE_FIGURE =
  'must have sum or gauge: write sum (with per) for counters, or gauge for a number of the moment';
const ALONE = 'per and slowerWith belong to sum: take them away beside gauge';
const A_SHARE = 'slowerWith: less needs per: the figure must be a share, such as hits per query';

const CovariateFields = z.object({
  name: z.string().min(1).max(40).describe('What it is, as messages call it: prompt length, cache hit rate.'),
  sum: z
    .string()
    .min(1)
    .max(4096)
    .optional()
    .describe('Instant vector of raw counters, such as tokens of prompts (no rate, no increase).'),
  per: z
    .string()
    .min(1)
    .max(4096)
    .optional()
    .describe(
      'Instant vector of raw counters by which the increase of sum is divided. Default: the requests of the histogram.',
    ),
  slowerWith: z
    .enum(['more', 'less'])
    .optional()
    .describe(
      'Whether more or less of it makes requests slower. less is for a share from 0 to 1, such as cache hits: what is left of it is the work. Default: more.',
    ),
  gauge: z
    .string()
    .min(1)
    .max(4096)
    .optional()
    .describe(
      'Instant vector of requests in flight, added up and divided by the pods, at the end of a window. It explains only as much as the requests of each pod are more.',
    ),
});

type Fields = z.infer<typeof CovariateFields>;

const hasOneFigure = ({ sum, gauge }: Fields): boolean => (sum === undefined) !== (gauge === undefined);
const isAlone = ({ gauge, per, slowerWith }: Fields): boolean =>
  gauge === undefined || (per === undefined && slowerWith === undefined);
const isShare = ({ slowerWith, per }: Fields): boolean => slowerWith !== 'less' || per !== undefined;

/** A figure of the work that a version has, by which its latency may differ though the version does not. */
export const Covariate = CovariateFields.refine(hasOneFigure, ONE_FIGURE)
  .refine(isAlone, ALONE)
  .refine(isShare, A_SHARE)
  .meta(
    rules(
      { rule: 'has(self.sum) != has(self.gauge)', message: ONE_FIGURE },
      { rule: '!has(self.gauge) || !(has(self.per) || has(self.slowerWith))', message: ALONE },
      { rule: "!has(self.slowerWith) || self.slowerWith != 'less' || has(self.per)", message: A_SHARE },
    ),
  );
export type Covariate = z.infer<typeof Covariate>;

/** Most covariates of a metric. */
export const MOST_COVARIATES = 4;

/** The covariates of a latency. */
export const ExplainedBy = z
  .array(Covariate)
  .min(1)
  .max(MOST_COVARIATES)
  .meta(listMap('name'))
  .optional()
  .describe(
    'What makes requests slower beside the version: where the canary has more of it than stable, its latency may be as many times longer before it counts against the version. Asked for both versions, without blocking a release where there is no such series.',
  );
