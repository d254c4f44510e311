import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createIdentities, type Identities } from './identities.ts';

let directory = '';
let identities: Identities;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-pki-'));
  identities = await createIdentities(directory);
});
afterAll(() => rm(directory, { recursive: true }));

const read = async (file: string): Promise<X509Certificate> => new X509Certificate(await readFile(file));

describe('createIdentities', () => {
  it('signs the server for every name by which it is called', async () => {
    const [authority, server] = [await read(identities.authority.cert), await read(identities.server.cert)];
    expect(authority.ca).toBe(true);
    expect(server.checkIssued(authority) && server.verify(authority.publicKey)).toBe(true);
    expect(server.ca).toBe(false);
    expect(
      server.checkIP('127.0.0.1') && server.checkIP('10.244.255.1') && server.checkIP('10.96.0.1'),
    ).toBeTruthy();
    expect(server.checkHost('kubernetes.default.svc')).toBeTruthy();
  });

  it('keeps the front proxy under an authority of its own', async () => {
    const client = await read(identities.frontProxyClient.cert);
    expect(client.checkIssued(await read(identities.frontProxyAuthority.cert))).toBe(true);
    expect(client.checkIssued(await read(identities.authority.cert))).toBe(false);
  });

  it('writes a user and the groups into the certificate of a kubeconfig', async () => {
    const file = await identities.userKubeconfig({
      name: 'system:node:a',
      groups: ['team:ml', 'system:nodes'],
    });
    const config = parse(await readFile(file, 'utf8'));
    const proof = config.users[0].user['client-certificate-data'];
    const certificate = new X509Certificate(Buffer.from(proof, 'base64'));
    expect(certificate.subject.split('\n')).toEqual(['O=team:ml', 'O=system:nodes', 'CN=system:node:a']);
    expect(config.clusters[0].cluster.server).toBe('https://127.0.0.1:6443');
  });

  it('writes a token into a kubeconfig', async () => {
    const config = parse(await readFile(await identities.tokenKubeconfig('ns.robot', 'abc'), 'utf8'));
    expect(config.users[0]).toEqual({ name: 'ns.robot', user: { token: 'abc' } });
    expect(config['current-context']).toBe('sluice');
  });
});
