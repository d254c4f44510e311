import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AccessOptions, createAccess } from './access.ts';

let folder = '';
let now = 0;
const clock = { monotonic: () => now };
const accessTo = (options: AccessOptions) => createAccess(options, clock, 4);
const headersOf = async (options: AccessOptions) => (await accessTo(options).credentials()).headers;
const file = async (name: string, text: string): Promise<string> => {
  await writeFile(join(folder, name), text);
  return join(folder, name);
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-access-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('createAccess', () => {
  it('sends nothing where nothing is given', async () => {
    expect(await headersOf({})).toEqual({});
  });

  it('names the tenant and gives further headers', async () => {
    expect(await headersOf({ tenant: 'team-a', headers: { 'X-Extra': '1' } })).toEqual({
      'X-Scope-OrgID': 'team-a',
      'X-Extra': '1',
    });
  });

  it('makes itself known by a token or by a password, given or in a file', async () => {
    const token = await file('token', 'abc\n');
    const password = await file('password', 'p:w\n');
    const basic = `Basic ${Buffer.from('me:p:w').toString('base64')}`;
    expect(await headersOf({ bearerToken: 'xyz' })).toEqual({ Authorization: 'Bearer xyz' });
    expect(await headersOf({ bearerTokenFile: token })).toEqual({ Authorization: 'Bearer abc' });
    expect(await headersOf({ username: 'me', password: 'p:w' })).toEqual({ Authorization: basic });
    expect(await headersOf({ username: 'me', passwordFile: password })).toEqual({ Authorization: basic });
  });

  it('takes up a token that was rotated, after a minute or where the old one was refused', async () => {
    const bearerTokenFile = await file('rotated', 'one');
    const access = accessTo({ bearerTokenFile });
    const seen = async (): Promise<string | undefined> =>
      (await access.credentials()).headers['Authorization'];
    expect(await seen()).toBe('Bearer one');
    await file('rotated', 'two');
    expect(await seen()).toBe('Bearer one');
    now += 60_001;
    expect(await seen()).toBe('Bearer two');
    await file('rotated', 'three');
    access.refresh();
    expect(await seen()).toBe('Bearer three');
  });

  it('keeps its connections as long as the certificates are the same', async () => {
    const caFile = await file('ca', 'one');
    const access = accessTo({ caFile });
    const agent = async () => (await access.credentials()).transportFor('https://a').httpsAgent;
    const first = await agent();
    access.refresh();
    expect(await agent()).toBe(first);
    await file('ca', 'two');
    access.refresh();
    expect(await agent()).not.toBe(first);
  });

  it('names a file that is not there, and tries again', async () => {
    const bearerTokenFile = join(folder, 'late');
    const access = accessTo({ bearerTokenFile });
    await expect(access.credentials()).rejects.toThrow(`the file ${bearerTokenFile} cannot be read (ENOENT)`);
    await file('late', 'here');
    expect((await access.credentials()).headers).toEqual({ Authorization: 'Bearer here' });
  });
});
