import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestFor, download } from './download.ts';

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('digestFor', () => {
  const [one, two] = [digest('one'), digest('two')];
  it.each([
    ['a list', `${one}  a.tar.gz\n${two}  b.tar.gz\n`, 'b.tar.gz', two],
    ['a list in binary mode', `${one} *a.tar.gz\n`, 'a.tar.gz', one],
    ['the digest alone', one, 'anything', one],
    ['other files only', `${one}  a.tar.gz\n`, 'b.tar.gz', null],
    ['a page of HTML', '<html>not found</html>', 'a.tar.gz', null],
  ])('reads %s', (_what, sums, name, expected) => {
    expect(digestFor(sums, name)).toBe(expected);
  });
});

describe('download', () => {
  let server: Server;
  let base = '';
  let directory = '';

  beforeAll(async () => {
    const files: Record<string, string> = {
      '/tool': 'the program',
      '/tool.sha256': digest('the program'),
      '/changed': 'something else',
      '/changed.sha256': digest('the program'),
    };
    server = createServer((request, response) => {
      const text = files[request.url ?? ''];
      response.writeHead(text === undefined ? 404 : 200).end(text);
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    directory = await mkdtemp(join(tmpdir(), 'sluice-download-'));
  });

  afterAll(async () => {
    server.close();
    await rm(directory, { recursive: true });
  });

  const fetchTool = (name: string): Promise<void> =>
    download({ url: `${base}/${name}`, sumsUrl: `${base}/${name}.sha256` }, join(directory, name));

  it('writes the file when its digest is the published one', async () => {
    await fetchTool('tool');
    expect(await readFile(join(directory, 'tool'), 'utf8')).toBe('the program');
  });

  it('refuses a file with another digest', async () => {
    await expect(fetchTool('changed')).rejects.toThrow(/has SHA-256 .* its publisher says/);
  });

  it('says what a server answered', async () => {
    await expect(fetchTool('missing')).rejects.toThrow(/missing.sha256 answered 404/);
  });

  it('names a host that does not answer, and does not ask it twice', async () => {
    const closed = { url: 'http://127.0.0.1:9/tool', sumsUrl: 'http://127.0.0.1:9/tool.sha256' };
    await expect(download(closed, join(directory, 'x'))).rejects.toThrow(/127.0.0.1:9 cannot be reached/);
    await expect(download(closed, join(directory, 'x'))).rejects.toThrow(/could not be reached before/);
  });
});
