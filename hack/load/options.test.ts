import { describe, expect, it } from 'vitest';
import { planOf } from './options.ts';

const BASE = { url: 'http://127.0.0.1:8080/predict', rate: 10, seconds: 1 };

describe('planOf', () => {
  it('fills in the defaults', () => {
    expect(planOf(BASE)).toEqual({
      ...BASE,
      host: '127.0.0.1:8080',
      protocol: 'http',
      headers: {},
      method: 'GET',
      body: null,
      arrivals: 'poisson',
      seed: 1,
      maxInFlight: 200,
      timeoutMs: 10_000,
    });
  });

  it.each([
    'http://127.0.0.1/',
    'http://127.9.9.9:1/',
    'http://localhost:80/x',
    'http://[::1]:80/',
    'http://10.244.255.254:8080/',
  ])('takes %s', (url) => {
    expect(planOf({ ...BASE, url }).url).toBe(url.replace(':80/', '/'));
  });

  it.each([
    'http://10.245.0.1/',
    'http://10.244.0.1.example.com/',
    'http://127.0.0.1.nip.io/',
    'http://user@192.168.0.1/',
    'http://model.default.svc/',
    'http://[::ffff:10.0.0.1]/',
  ])('sends nothing to %s', (url) => {
    expect(() => planOf({ ...BASE, url })).toThrow('outside of loopback and 10.244.0.0/16');
  });

  it('asks a proxy on this machine only for Services of the cluster', () => {
    const [url, proxy] = ['http://model.default.svc.cluster.local/predict', 'http://127.0.0.1:15007'];
    const plan = planOf({ ...BASE, url, proxy });
    expect(plan).toMatchObject({ url, proxy, host: 'model.default.svc.cluster.local' });
    expect(planOf(plan)).toEqual(plan);
    expect(() => planOf({ ...BASE, url: 'http://example.com/', proxy })).toThrow('that of a Service');
    expect(() => planOf({ ...BASE, url, proxy: 'http://example.com/' })).toThrow('outside of loopback');
  });

  it.each([
    [{ url: 'https://127.0.0.1/' }, 'must begin with http://'],
    [{ url: 'nope' }, 'url "nope" cannot be read'],
    [{ rate: 5_000 }, 'rate 5000 must be from 0.1 to 2000'],
    [{ rate: Number.NaN }, 'rate NaN must be from 0.1 to 2000'],
    [{ seconds: 0 }, 'seconds 0 must be from 0.1 to 3600'],
    [{ maxInFlight: 0 }, 'maxInFlight 0 must be from 1 to 1000'],
  ])('refuses %o', (changes, message) => {
    expect(() => planOf({ ...BASE, ...changes })).toThrow(message);
  });
});
