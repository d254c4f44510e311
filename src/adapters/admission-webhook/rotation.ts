import { createPrivateKey, X509Certificate } from 'node:crypto';

/** A certificate and its private key, PEM. */
export interface Serving {
  readonly cert: string;
  readonly key: string;
}

/** The content of the Secret. Authorities are PEM, newest first; the key belongs to the newest. */
export interface Kept {
  readonly authorities: readonly string[];
  readonly authorityKey: string;
  readonly serving: Serving | null;
}

/** What to do about certificates, in this order. */
export interface Due {
  /** A new authority, trusted in addition to those still valid. */
  readonly authority: boolean;
  /** There is no usable certificate: issue one at once. */
  readonly servingNow: boolean;
  /** A new certificate, as soon as the newest authority is trusted. */
  readonly servingSoon: boolean;
}

export const DAY_MS = 24 * 60 * 60_000;
/** How long each is valid. Both are renewed when a third of it is left. */
export const [AUTHORITY_MS, SERVING_MS] = [365 * DAY_MS, 90 * DAY_MS] as const;

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The certificates of a bundle. */
export const certificatesOf = (bundle: string): string[] => bundle.match(PEM) ?? [];

function parsed(pem: string): X509Certificate | null {
  try {
    return new X509Certificate(pem);
  } catch {
    return null;
  }
}

const isValid = (certificate: X509Certificate, now: number): boolean =>
  certificate.validFromDate.getTime() <= now && now < certificate.validToDate.getTime();

/** Whether a third or less of its time is left. */
function isOld({ validFromDate, validToDate }: X509Certificate, now: number): boolean {
  const [from, to] = [validFromDate.getTime(), validToDate.getTime()];
  return to - now <= (to - from) / 3;
}

const isFrom = (certificate: X509Certificate, authority: X509Certificate): boolean =>
  certificate.checkIssued(authority) && certificate.verify(authority.publicKey);

/** The authorities that can still be trusted, newest first. */
export const trusted = ({ authorities }: Kept, now: number): string[] =>
  authorities.filter((pem) => {
    const authority = parsed(pem);
    return authority !== null && isValid(authority, now);
  });

/** Whether the key belongs to the certificate. */
function isPair(certificate: X509Certificate, key: string): boolean {
  try {
    return certificate.checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

/** The newest authority, if it can sign. */
function signerOf({ authorities, authorityKey }: Kept, now: number): X509Certificate | null {
  const newest = parsed(authorities[0] ?? '');
  return newest !== null && isValid(newest, now) && isPair(newest, authorityKey) ? newest : null;
}

/** The certificate, if it is valid for `host` and signed by one of the authorities. */
function usable(kept: Kept, host: string, now: number): X509Certificate | null {
  const serving = parsed(kept.serving?.cert ?? '');
  if (serving === null || !isValid(serving, now) || serving.checkHost(host) === undefined) return null;
  if (!isPair(serving, kept.serving?.key ?? '')) return null;
  const authorities = trusted(kept, now).flatMap((pem) => parsed(pem) ?? []);
  return authorities.some((one) => isFrom(serving, one)) ? serving : null;
}

/** What is due, for a certificate for `host`. Unreadable content counts as missing. */
export function dueOf(kept: Kept, host: string, now: number): Due {
  const signer = signerOf(kept, now);
  const serving = usable(kept, host, now);
  const authority = signer === null || isOld(signer, now);
  if (serving === null) return { authority, servingNow: true, servingSoon: false };
  const isDue = isOld(serving, now) || (signer !== null && !isFrom(serving, signer));
  return { authority, servingNow: false, servingSoon: isDue && !authority };
}
