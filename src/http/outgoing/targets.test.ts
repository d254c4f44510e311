import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createPost } from '../post.ts';
import { checkUrl, createTargets, isSubnet, refusalOf, resolved } from './targets.ts';

const strict = createTargets();

describe('createTargets', () => {
  it.each([
    ['127.0.0.1', 'a loopback'],
    ['127.255.3.4', 'a loopback'],
    ['0.0.0.0', 'an unspecified'],
    ['169.254.169.254', 'a link-local'],
    ['224.0.0.1', 'a multicast'],
    ['255.255.255.255', 'a reserved'],
    ['168.63.129.16', 'a metadata'],
    ['100.100.100.200', 'a metadata'],
    ['::', 'an unspecified'],
    ['::1', 'a loopback'],
    ['fe80::1', 'a link-local'],
    ['fe80::1%eth0', 'a link-local'],
    ['ff02::1', 'a multicast'],
    ['fd00:ec2::254', 'a metadata'],
    ['::ffff:127.0.0.1', 'a loopback'],
    ['::ffff:a9fe:a9fe', 'a link-local'],
    ['::127.0.0.1', 'a loopback'],
    ['64:ff9b::169.254.169.254', 'a link-local'],
  ])('refuses %s', (address, what) => {
    expect(strict.fault(address)).toContain(`leads to ${what} address`);
  });

  it.each([
    '10.96.0.10',
    '172.20.1.1',
    '192.168.1.1',
    '100.64.0.1',
    '93.184.216.34',
    'fd12::1',
    '2606:4700::1',
    '::ffff:10.0.0.1',
  ])('takes %s', (address) => {
    expect(strict.fault(address)).toBeNull();
  });

  it('takes what is allowed, and nothing else', () => {
    const targets = createTargets(['127.0.0.0/8', '::1']);
    expect(['127.0.0.1', '::1', '::ffff:127.0.0.1'].map((one) => targets.fault(one))).toEqual([
      null,
      null,
      null,
    ]);
    expect(targets.fault('169.254.169.254')).not.toBeNull();
  });
});

describe('checkUrl', () => {
  it.each([
    'http://127.0.0.1:1/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://0/',
    'http://[::1]/',
    'http://[::ffff:7f00:1]/',
    'https://169.254.169.254/latest/meta-data/',
  ])('refuses %s', (url) => {
    expect(() => checkUrl(strict, url)).toThrow('leads to');
  });

  it('leaves names to those who resolve them', () => {
    expect(() => checkUrl(strict, 'http://localhost/')).not.toThrow();
  });
});

it.each([
  ['10.0.0.0/8', true],
  ['10.0.0.1', true],
  ['fd00::/8', true],
  ['10.0.0.0/33', false],
  ['10.0.0.0/8/8', false],
  ['localhost', false],
  ['', false],
])('%s is a subnet: %s', (text, is) => {
  expect(isSubnet(text)).toBe(is);
});

describe('a request', () => {
  let server: Server;
  let port = 0;
  const paths: (string | undefined)[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      paths.push(request.url);
      response.writeHead(302, { location: `http://127.0.0.1:${port}/inside` }).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
    vi.stubEnv('NO_PROXY', '*');
  });
  afterAll(() => {
    vi.unstubAllEnvs();
    server.closeAllConnections();
    server.close();
  });

  it.each(['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]', '2130706433'])(
    'is not sent to %s, by address or by name',
    async (host) => {
      expect(await createPost(strict)(`http://${host}:${port}/`, '', {})).toEqual({
        fault:
          'leads to a loopback address, to which nothing is sent unless the controller has it in --allow-targets',
      });
      expect(paths).toEqual([]);
    },
  );

  it('is sent where that is allowed, and follows no redirect', async () => {
    const post = createPost(createTargets(['127.0.0.0/8', '::1']));
    expect(await post(`http://localhost:${port}/judge`, '', {})).toMatchObject({ status: 302 });
    expect(paths).toEqual(['/judge']);
  });

  it('by another library goes to the address that was checked', async () => {
    await expect(resolved(strict, 'localhost')).rejects.toThrow('leads to a loopback address');
    expect(await resolved(createTargets(['127.0.0.0/8', '::1']), '127.0.0.1')).toBe('127.0.0.1');
    const error = await resolved(strict, '127.0.0.1').catch((one: unknown) => one);
    expect(refusalOf(new Error('wrapped', { cause: error }))).toContain('leads to a loopback address');
  });
});
