import { expect, it } from 'vitest';
import { Metric } from '../../api/analysis/analysis-template.ts';
import { rulesOf } from '../verdict/bound.ts';
import { checkProblem } from './check-problem.ts';

const request = { path: '/predict' };
const field = (fields: object) => ({
  golden: { cases: [{ name: 'a', request, expect: { fields: [{ path: 'x', ...fields }] } }] },
});
const shadow = (fields: object) => ({ shadow: { requests: [request], fields: [{ path: 'x' }], ...fields } });

it.each<[string, object, string | null]>([
  ['cases', { golden: { cases: [{ name: 'a', request }] } }, null],
  ['neither cases nor a ConfigMap', { golden: {} }, 'golden: must have exactly one of cases and configMap'],
  [
    'no share',
    { golden: { cases: [{ name: 'a', request }], minPass: 'all' } },
    'golden: minPass: "all" must be',
  ],
  [
    'no path',
    { golden: { cases: [{ name: 'a', request: { path: 'predict' } }] } },
    'golden: cases: case a: request.path: "predict" must be a path: write it like /v1/predict',
  ],
  [
    'no name of a header',
    { golden: { cases: [{ name: 'a', request: { ...request, headers: { 'a b': 'c' } } }] } },
    'request.headers: "a b" is no name of a header',
  ],
  [
    'a header of two lines',
    { golden: { cases: [{ name: 'a', request: { ...request, headers: { a: 'b\r\nc: d' } } }] } },
    'headers: the value of a must be printable ASCII',
  ],
  [
    'two of a name',
    {
      golden: {
        cases: [
          { name: 'a', request },
          { name: 'a', request },
        ],
      },
    },
    'two cases are named a',
  ],
  ['nothing expected', field({}), 'must have exactly one of equals, near, matches and oneOf'],
  ['two things expected', field({ equals: 1, near: 1 }), 'must have exactly one of equals'],
  ['no tolerance', field({ near: 1 }), 'expect.fields[0] (x): near needs a tolerance'],
  [
    'a wrong tolerance',
    field({ near: 1, tolerance: 'some' }),
    'tolerance: "some" must be a number such as 0.01',
  ],
  ['a sample', shadow({ maxDrift: '2%', maxLatencyIncrease: '20%' }), null],
  [
    'no requests',
    { shadow: { fields: [{ path: 'x' }] } },
    'shadow: must have exactly one of requests and configMap',
  ],
  ['no agreement', shadow({ agreement: '98' }), 'shadow: agreement: "98" must be a share'],
  ['no drift', shadow({ maxDrift: '2pp' }), 'shadow: maxDrift: "2pp" must be a share'],
  [
    'no increase',
    shadow({ maxLatencyIncrease: '30ms' }),
    'shadow: maxLatencyIncrease: "30ms" must be relative',
  ],
  [
    'points',
    shadow({ maxLatencyIncrease: '3pp' }),
    'maxLatencyIncrease: "3pp" must be relative, such as 20%',
  ],
  [
    'a field',
    shadow({ fields: [{ path: 'x', tolerance: '?' }] }),
    'shadow: fields[0].tolerance: "?" must be',
  ],
  ['a request', shadow({ requests: [{ path: 'x' }] }), 'shadow: requests[0]: path: "x" must be a path'],
])('%s', (_what, fields, problem) => {
  const metric = Metric.parse({ name: 'one', ...fields });
  expect(checkProblem(metric) ?? 'none').toContain(problem ?? 'none');
});

it('has no bounds beside its own', () => {
  const metric = Metric.parse({ name: 'one', min: '98%', golden: { cases: [{ name: 'a', request }] } });
  expect(rulesOf(metric)).toEqual({
    field: 'min',
    message: 'a golden check has its bounds in golden itself; take it away',
  });
});
