import { isAxiosError } from 'axios';
import { wordsOf } from '../../errors.ts';
import { proxyFault } from '../../http/outgoing/agents.ts';
import { excerpt } from './answer.ts';

/** What a status of HTTP may mean, as the rest of a sentence. */
export const STATUS_HINTS: Readonly<Record<number, string>> = {
  401: ': the credentials are missing or wrong',
  403: ': the credentials do not allow queries',
  404: ': check the URL and its path prefix',
  429: ': too many queries',
};

const CAUSES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refuses the connection: is it running, and is the port right?',
  ENOTFOUND: 'has a host name that does not resolve',
  EAI_AGAIN: 'has a host name that does not resolve at the moment',
  ECONNRESET: 'closed the connection',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'has a self-signed certificate: give its CA',
  SELF_SIGNED_CERT_IN_CHAIN: 'has a certificate of an unknown CA: give its CA',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'has a certificate of an unknown CA: give its CA',
  CERT_HAS_EXPIRED: 'has a certificate that has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'has a certificate for another name',
  ERR_CANCELED: 'did not answer in time',
  ECONNABORTED: 'did not answer in time',
};

/** Messages for certificate errors, by a part of OpenSSL's message. */
const TLS_CAUSES: readonly (readonly [RegExp, string])[] = [
  [
    /certificate required|handshake failure|bad certificate/i,
    'wants a certificate of ours: give certFile and keyFile',
  ],
  [/unknown ca/i, 'does not trust the certificate of ours: check certFile and keyFile'],
  [/wrong version number|packet length too long/i, 'does not speak TLS: write http:// in its URL'],
  [
    /PEM|key values mismatch|no start line/i,
    'cannot be asked: caFile, certFile or keyFile is no PEM that fits',
  ],
];

/** Why a request could not be answered, as the rest of a sentence that begins with the endpoint. */
export function causeOf(url: string, error: unknown, maxBytes: number): string {
  const message = wordsOf(error);
  if (message.includes('maxContentLength')) {
    return `gave more than ${Math.floor(maxBytes / 1024 / 1024)} MiB: select fewer series`;
  }
  const code = isAxiosError(error) ? error.code : undefined;
  const tls = TLS_CAUSES.find(([pattern]) => pattern.test(message))?.[1];
  return proxyFault(url, error) ?? CAUSES[code ?? ''] ?? tls ?? `cannot be reached: ${excerpt(message)}`;
}
