const ONE = { exact: '1' };
const chosen = (match: object) => ({ steps: [{ match: [match] }] });

const ZONES = [{ headers: { 'X-Zone': { regex: '(?P<zone>eu|us)-[0-9]+' } }, cookies: { a: ONE, b: ONE } }];
/** Steps that choose and copy requests before a weight. */
export const CHOSEN_FIRST = [
  { mirror: 20 },
  { match: ZONES },
  { mirror: 100 },
  { match: ZONES },
  { weight: 5 },
];

/** Policies whose steps an API server refuses, and what it says. */
export const STEP_CASES: [string, object, string][] = [
  ['a step with nothing', { steps: [{ bake: '1m' }] }, 'must have exactly one of weight, match and mirror'],
  ['a step with two', { steps: [{ weight: 5, mirror: 5 }] }, 'must have exactly one of weight, match and'],
  [
    'a mirror after a weight',
    { steps: [{ weight: 5 }, { mirror: 5 }] },
    'weights must ascend, after all steps',
  ],
  ['a match of nothing', chosen({}), 'must have a condition: name a header, a cookie or a host'],
  [
    'a match of no header',
    chosen({ headers: {} }),
    'must have a condition: name a header, a cookie or a host',
  ],
  [
    'two conditions on a header',
    chosen({ headers: { x: { exact: 'a', prefix: 'b' } } }),
    'must have exactly one of exact, prefix and regex',
  ],
  [
    'no regular expression',
    chosen({ headers: { x: { regex: 'a(' } } }),
    'spec.steps[0].match[0].headers[x].regex',
  ],
  ['look-around', chosen({ headers: { x: { regex: '(?=a)b' } } }), 'spec.steps[0].match[0].headers[x].regex'],
  [
    'the header of cookies',
    chosen({ headers: { Cookie: { exact: 'a' } } }),
    'conditions on cookies stand in',
  ],
  ['three cookies', chosen({ cookies: { a: ONE, b: ONE, c: ONE } }), 'spec.steps[0].match[0].cookies'],
  [
    'more matches than a release may have',
    {
      steps: Array.from({ length: 9 }, () => ({
        match: [{ cookies: { a: ONE } }, { cookies: { b: ONE } }],
      })),
    },
    'the steps must have at most 16 matches',
  ],
  [
    'a gate at a mirror that is not there',
    { steps: [{ mirror: 5 }, { weight: 5 }], approval: { at: ['mirror-2'] } },
    'approval.at: every gate must be start, promotion, or the name of one of the steps',
  ],
  [
    'a gate at a match that is not there',
    { steps: [{ mirror: 5 }, { weight: 5 }], approval: { at: ['match'] } },
    'approval.at: every gate must be start, promotion, or the name of one of the steps',
  ],
  [
    'connecting at the weight of the first step with one',
    { steps: [{ mirror: 50 }, { weight: 5 }], canary: { connect: { weight: 5 } } },
    'canary.connect.weight must be below the weight of the first step',
  ],
];
