import { createPrivateKey, randomBytes, webcrypto } from 'node:crypto';
import { AUTHORITY_MS, SERVING_MS, type Serving } from './rotation.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
/** For clocks that are behind. */
const SLACK_MS = 60 * 60_000;

/** Loaded when certificates are issued, which is rare and only with a webhook. The second import needs the first. */
async function library() {
  await import('reflect-metadata');
  return import('@peculiar/x509');
}

const newKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);

async function keyPem(key: webcrypto.CryptoKey): Promise<string> {
  const format = { format: 'der', type: 'pkcs8' } as const;
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  return createPrivateKey({ key: der, ...format })
    .export({ type: 'pkcs8', format: 'pem' })
    .toString();
}

async function keyFrom(pem: string): Promise<webcrypto.CryptoKey> {
  const der = createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' });
  return webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']);
}

/** Positive, and of 127 random bits. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x01;
  return bytes.toString('hex');
}

const during = (now: number, ms: number) => ({
  serialNumber: serialNumber(),
  notBefore: new Date(now - SLACK_MS),
  notAfter: new Date(now + ms),
  signingAlgorithm: ALGORITHM,
});

/** Creates a self-signed certificate authority, PEM. `now` is in epoch milliseconds. */
export async function makeAuthority(now: number): Promise<Serving> {
  const x509 = await library();
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...during(now, AUTHORITY_MS),
    // A unique name, to distinguish two authorities in one bundle.
    name: `CN=sluice-webhook-${now}`,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: certificate.toString('pem'), key: await keyPem(keys.privateKey) };
}

/**
 * Issues a certificate for a server of this name, signed by the authority, PEM. Rejects if the authority's key is
 * invalid.
 */
export async function issueServing(authority: Serving, host: string, now: number): Promise<Serving> {
  const x509 = await library();
  const issuer = new x509.X509Certificate(authority.cert);
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    ...during(now, SERVING_MS),
    subject: 'CN=sluice-webhook',
    issuer: issuer.subjectName,
    publicKey: keys.publicKey,
    signingKey: await keyFrom(authority.key),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: host }]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return { cert: certificate.toString('pem'), key: await keyPem(keys.privateKey) };
}
