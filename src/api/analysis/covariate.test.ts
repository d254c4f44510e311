import { expect, it } from 'vitest';
import { Covariate } from './covariate.ts';

it.each<[what: string, object, string | null]>([
  ['a sum for each request', { sum: 's' }, 'nothing is wrong'],
  ['a share', { sum: 's', per: 'p', slowerWith: 'less' }, 'nothing is wrong'],
  ['requests in flight', { gauge: 'g' }, 'nothing is wrong'],
  ['nothing', {}, 'must have sum or gauge'],
  ['two kinds', { sum: 's', gauge: 'g' }, 'must have sum or gauge'],
  ['a divisor of requests in flight', { gauge: 'g', per: 'p' }, 'per and slowerWith belong to sum'],
  [
    'a direction of requests in flight',
    { gauge: 'g', slowerWith: 'more' },
    'per and slowerWith belong to sum',
  ],
  ['less of what is no share', { sum: 's', slowerWith: 'less' }, 'slowerWith: less needs per'],
])('a covariate is checked: %s', (_what, fields, message) => {
  const found = Covariate.safeParse({ name: 'prompt length', ...fields });
  const said = found.success ? 'nothing is wrong' : found.error.issues[0]?.message;
  expect(said).toContain(message);
});
