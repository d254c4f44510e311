import { expect, it } from 'vitest';
import { setsCookie, withCookie, withoutCookie } from './cookie.ts';

const clients = { cookie: 'sv', seconds: 60, thresholds: [100] };

it('the cookie is added to what a destination adds, and taken out of it again', () => {
  for (const one of [
    { destination: { host: 'a' } },
    {
      destination: { host: 'a' },
      headers: { response: { add: { 'x-a': '1' } }, request: { set: { b: '2' } } },
    },
    { destination: { host: 'a' }, headers: { response: { set: { 'x-a': '1' } } } },
  ]) {
    const sticky = withCookie(one, clients, 'x7k2', 25);
    expect(JSON.stringify(sticky)).toContain('sv=x7k2.25; Path=/; Max-Age=60');
    expect(withoutCookie(sticky)).toEqual(one);
    expect(withoutCookie(one)).toBe(one);
  }
  const theirs = { destination: { host: 'a' }, headers: { response: { add: { 'set-cookie': 'a=b' } } } };
  expect([setsCookie(theirs), withoutCookie(theirs)]).toEqual([true, theirs]);
});
