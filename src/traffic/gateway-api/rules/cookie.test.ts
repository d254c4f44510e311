import { expect, it } from 'vitest';
import { rulesCookies, withCookie, withoutCookie } from './cookie.ts';

const clients = { cookie: 'sv', seconds: 60, thresholds: [100] };
const other = { type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'a', value: 'b' }] } };

it('the cookie is added to what a backend adds, and taken out of it again', () => {
  for (const filters of [
    undefined,
    [other],
    [{ type: 'ResponseHeaderModifier', responseHeaderModifier: { add: [{ name: 'x', value: '1' }] } }],
    [other, { type: 'ResponseHeaderModifier', responseHeaderModifier: { remove: ['x'] } }],
  ]) {
    const ref = { name: 'model', port: 80, ...(filters === undefined ? {} : { filters }) };
    const sticky = withCookie(ref, clients, 'x7k2', 25);
    expect(JSON.stringify(sticky)).toContain('"Set-Cookie","value":"sv=x7k2.25; Path=/; Max-Age=60');
    expect(withoutCookie(sticky)).toEqual(ref);
    expect(withoutCookie(ref)).toEqual(ref);
    expect([rulesCookies({}, [sticky]), rulesCookies({}, [ref])]).toEqual([false, false]);
  }
});
