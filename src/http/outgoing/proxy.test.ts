import { describe, expect, it } from 'vitest';
import { proxyFor, proxyProblems } from './proxy.ts';

const HTTPS_PROXY = 'http://secure.proxy:3128';
const HTTP_PROXY = 'http://plain.proxy:3128';
const both = { HTTPS_PROXY, HTTP_PROXY };
const except = (NO_PROXY: string) => ({ ...both, NO_PROXY });

describe('proxyFor', () => {
  it.each<[string, string, Record<string, string>, string | null]>([
    ['is none where no variable is set', 'https://hooks.example/x', {}, null],
    ['goes by the scheme of the URL', 'https://hooks.example/x', both, `${HTTPS_PROXY}/`],
    ['goes by the scheme of the URL, http', 'http://hooks.example/x', both, `${HTTP_PROXY}/`],
    ['is none for a scheme without a proxy', 'http://hooks.example/x', { HTTPS_PROXY }, null],
    ['reads small letters', 'https://hooks.example', { https_proxy: HTTPS_PROXY }, `${HTTPS_PROXY}/`],
    ['reads a proxy without a scheme', 'https://hooks.example', { HTTPS_PROXY: 'p:3128' }, 'http://p:3128/'],
    ['takes an empty variable for none', 'https://hooks.example', { HTTPS_PROXY: '' }, null],
    ['leaves loopback alone', 'http://127.0.0.1:9090', both, null],
    ['leaves localhost alone', 'http://localhost:9090', both, null],
    ['leaves the loopback of IPv6 alone', 'http://[::1]:9090', both, null],
    ['leaves a name without dots alone', 'http://prometheus:9090', both, null],
    ['leaves a Service alone', 'http://prometheus.monitoring.svc:9090', both, null],
    ['leaves a name of the cluster alone', 'http://prometheus.monitoring.svc.cluster.local:9090', both, null],
    ['takes NAME.NAMESPACE for a name outside', 'http://prometheus.monitoring', both, `${HTTP_PROXY}/`],
    ['knows exceptions by name', 'https://hooks.example', except('hooks.example'), null],
    ['knows exceptions by the end of a name', 'https://a.hooks.example', except('x, .example'), null],
    ['takes subdomains of a name along', 'https://a.hooks.example', except('hooks.example'), null],
    ['takes no half names', 'https://myhooks.example', except('hooks.example'), `${HTTPS_PROXY}/`],
    ['knows a star before a name', 'https://a.hooks.example', except('*.hooks.example'), null],
    ['has no name itself below a dot', 'https://hooks.example', except('.hooks.example'), `${HTTPS_PROXY}/`],
    ['knows exceptions for all', 'https://hooks.example', except('*'), null],
    ['knows exceptions by port', 'https://hooks.example', except('hooks.example:443'), null],
    ['keeps other ports', 'https://hooks.example', except('hooks.example:8443'), `${HTTPS_PROXY}/`],
    ['knows subnets', 'https://10.3.4.5/x', except('10.0.0.0/8'), null],
    ['knows other subnets', 'https://11.3.4.5/x', except('10.0.0.0/8'), `${HTTPS_PROXY}/`],
    ['knows subnets of IPv6', 'https://[fd00::1]/x', except('fd00::/8'), null],
    ['knows addresses', 'https://10.3.4.5/x', except('10.3.4.5'), null],
    ['knows addresses of IPv6 with a port', 'https://[fd00::1]:8443/x', except('[fd00::1]:8443'), null],
    ['ignores what is no entry', 'https://hooks.example', except('10.0.0.0/99,,/,:'), `${HTTPS_PROXY}/`],
  ])('%s', (_, url, env, proxy) => {
    expect(proxyFor(url, env)).toBe(proxy);
  });
});

describe('proxyProblems', () => {
  it('names the variable and the fix, and no value', () => {
    const env = { HTTPS_PROXY: 'socks5://me:hunter2@proxy:1080', HTTP_PROXY: 'proxy:3128' };
    expect(proxyProblems(env)).toEqual([
      'HTTPS_PROXY: must be the URL of an HTTP proxy such as http://proxy.example:3128',
    ]);
  });
});
