import { expect, it } from 'vitest';
import { Policy } from '../api/rollout/rollout.ts';
import { policyWords } from './policy-words.ts';

const ROUTES = { traffic: { istio: { virtualService: 'ranker' } } };

const words = (more: object, routes: object = ROUTES): string => {
  const policy = Policy.parse({
    ...routes,
    analysis: { templates: [{ name: 'http-generic' }] },
    ...more,
  });
  return policyWords(policy)
    .flatMap(({ lines }) => lines)
    .join('\n');
};

it('says what a policy without anything does', () => {
  expect(words({})).toMatchInlineSnapshot(`
    "By VirtualService ranker.
    10 % → 25 % → 50 % → promotion.
    By the templates http-generic, in windows of 10s.
    A step passes with at least 3 windows and 50 requests.
    A version as good as stable is rolled back in at most 1% of releases.
    Without enough evidence after 1h, a person must decide.
    While stable has the same fault, it keeps its weight.
    Nobody is asked.
    The canary pods have 15m to become ready, then it is rolled back.
    A pod may restart once, and be unready for 30s.
    The canary pods run beside those of stable.
    After a roll-back its pods stay for 10s without traffic.
    A newer version ends the release at once.
    After a roll-back the Deployment is held with the failed template."
  `);
});

it.each<[string, object, string]>([
  ['steps', { steps: [{ weight: 5 }, { weight: 100 }] }, '5 % → 100 % → promotion.'],
  ['weights by evidence', { autoSteps: {} }, 'Weights from 10 % on'],
  ['blue/green', { blueGreen: {} }, 'all traffic moves in one step'],
  [
    'its preview by a host',
    { blueGreen: { preview: { host: 'preview.example' } } },
    'Before that, its preview: the requests chosen by host preview.example.',
  ],
  [
    'its preview by a header',
    { blueGreen: { preview: { match: [{ headers: { 'x-tester': { exact: 'yes' } } }] } } },
    'Before that, its preview: the requests chosen by x-tester.',
  ],
  [
    'a quorum',
    { approval: { at: ['start'], quorum: 2, from: { users: ['ann'], groups: ['leads'] } } },
    '2 people must approve at start, of ann, group leads.',
  ],
  [
    'a timeout',
    { approval: { at: ['start'], timeout: '1h', onTimeout: 'abort' } },
    'Within 1h, else it is rolled back.',
  ],
  [
    'a budget',
    { canary: { budget: [{ resource: 'nvidia.com/gpu', max: '4' }] } },
    'at most 4 nvidia.com/gpu',
  ],
  ['a queue', { onNewRevision: 'queue' }, 'A newer version waits'],
])('names %s', (_what, more, text) => {
  expect(words(more)).toContain(text);
});

it('says so where no route tells the versions apart', () => {
  expect(words({ rollingUpdate: {} }, {})).toContain('No route tells the versions apart');
});
