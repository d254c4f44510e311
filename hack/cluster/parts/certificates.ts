import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../process/command.ts';

/** Who a certificate is for. Kubernetes reads the user's name from `name` and the groups from `groups`. */
export interface Subject {
  readonly name: string;
  readonly groups?: readonly string[];
  /** Addresses and names of a server, as in `IP:127.0.0.1` and `DNS:localhost`. */
  readonly altNames?: readonly string[];
}

/** Paths of a PEM certificate and its private key. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

const days = '3650';

/** The openssl configuration that describes a certificate: everything is in it, so the system's own does not matter. */
export function opensslConfig({ name, groups = [], altNames = [] }: Subject, authority: boolean): string {
  const extensions = authority
    ? ['basicConstraints = critical,CA:TRUE', 'keyUsage = critical,keyCertSign,cRLSign,digitalSignature']
    : [
        'basicConstraints = critical,CA:FALSE',
        'keyUsage = critical,digitalSignature,keyEncipherment',
        'extendedKeyUsage = clientAuth,serverAuth',
        ...(altNames.length === 0 ? [] : [`subjectAltName = ${altNames.join(',')}`]),
      ];
  return [
    '[req]',
    'prompt = no',
    'utf8 = yes',
    'distinguished_name = subject',
    '[subject]',
    ...groups.map((group, index) => `${index}.O = ${group}`),
    `CN = ${name}`,
    '[extensions]',
    'subjectKeyIdentifier = hash',
    ...extensions,
    '',
  ].join('\n');
}

async function newKey(file: string): Promise<void> {
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  await writeFile(file, privateKey, { mode: 0o600 });
}

/** Makes a certificate authority `<file>.crt` and `<file>.key` in a folder. */
export async function createAuthority(directory: string, file: string, name: string): Promise<KeyPair> {
  const pair = { cert: join(directory, `${file}.crt`), key: join(directory, `${file}.key`) };
  const config = join(directory, `${file}.cnf`);
  await newKey(pair.key);
  await writeFile(config, opensslConfig({ name }, true));
  const options = ['-x509', '-key', pair.key, '-days', days, '-config', config, '-extensions', 'extensions'];
  await run('openssl', ['req', '-new', ...options, '-out', pair.cert]);
  await rm(config);
  return pair;
}

/** Makes a certificate for `subject`, signed by `authority`, as `<file>.crt` and `<file>.key` in a folder. */
export async function issue(
  authority: KeyPair,
  directory: string,
  file: string,
  subject: Subject,
): Promise<KeyPair> {
  const pair = { cert: join(directory, `${file}.crt`), key: join(directory, `${file}.key`) };
  const config = join(directory, `${file}.cnf`);
  const request = join(directory, `${file}.csr`);
  await newKey(pair.key);
  await writeFile(config, opensslConfig(subject, false));
  await run('openssl', ['req', '-new', '-key', pair.key, '-config', config, '-out', request]);
  const signing = [
    '-CA',
    authority.cert,
    '-CAkey',
    authority.key,
    '-set_serial',
    `0x${randomBytes(8).toString('hex')}`,
  ];
  const options = ['-req', '-in', request, '-days', days, '-extfile', config, '-extensions', 'extensions'];
  await run('openssl', ['x509', ...options, ...signing, '-out', pair.cert]);
  await Promise.all([rm(config), rm(request)]);
  return pair;
}

/** Makes the key pair that signs ServiceAccount tokens: `sa.key` and, as the only public part, `sa.pub`. */
export async function createTokenKeys(directory: string): Promise<{ key: string; publicKey: string }> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const paths = { key: join(directory, 'sa.key'), publicKey: join(directory, 'sa.pub') };
  await writeFile(paths.key, privateKey, { mode: 0o600 });
  await writeFile(paths.publicKey, publicKey);
  return paths;
}

/** A PEM file as the base64 text that a kubeconfig carries. */
export const asBase64 = async (file: string): Promise<string> => (await readFile(file)).toString('base64');
