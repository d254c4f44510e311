import type { Clock } from '../../clock.ts';
import { SluiceError } from '../../errors.ts';
import type { Log } from '../../ports/telemetry.ts';
import { issueServing, makeAuthority } from './issue.ts';
import { certificatesOf, type Due, dueOf, type Kept, type Serving, trusted } from './rotation.ts';

/** A value as read, with the resourceVersion that guards its write. */
export interface Versioned<T> {
  readonly value: T;
  readonly resourceVersion: string;
}

export type SecretData = Readonly<Record<string, string>>;

/**
 * The store of certificates, and of the CA bundles with which the API server trusts the webhooks. Writes may fail with
 * a conflict.
 */
export interface CertificateStore {
  /** The Secret, decoded; null if there is none. */
  secret(): Promise<Versioned<SecretData> | null>;
  writeSecret(data: SecretData, resourceVersion: string): Promise<void>;
  /** The CA bundle (PEM) of each webhook, empty if it has none; null if there is no configuration. */
  bundles(): Promise<Versioned<readonly string[]> | null>;
  writeBundles(bundle: string, before: Versioned<readonly string[]>): Promise<void>;
}

export interface CertificateReconcilerDeps {
  readonly store: CertificateStore;
  /** Host name under which the API server calls. */
  readonly host: string;
  /** Called with the certificate to serve, when it has changed. */
  readonly use: (serving: Serving) => void;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Maintains the certificate of the webhook; any number of replicas may do so, since every write is guarded by what was
 * read.
 */
export interface CertificateReconciler {
  /** One pass that does what is due. Rejects if the API server refuses. */
  pass(): Promise<void>;
}

const KEYS = { authorities: 'ca.crt', authorityKey: 'ca.key', cert: 'tls.crt', key: 'tls.key' } as const;
/** Two replicas that begin at once meet at most once each. */
const TRIES = 4;
const APPLY = 'apply the manifests of the webhook (manifests/components/webhook) again';

function keptOf(data: SecretData): Kept {
  const { [KEYS.cert]: cert = '', [KEYS.key]: key = '' } = data;
  return {
    authorities: certificatesOf(data[KEYS.authorities] ?? ''),
    authorityKey: data[KEYS.authorityKey] ?? '',
    serving: cert === '' || key === '' ? null : { cert, key },
  };
}

const bundleOf = (kept: Kept): string => `${kept.authorities.map((pem) => pem.trim()).join('\n')}\n`;

const dataOf = (kept: Kept): SecretData => ({
  [KEYS.authorities]: bundleOf(kept),
  [KEYS.authorityKey]: kept.authorityKey,
  [KEYS.cert]: kept.serving?.cert ?? '',
  [KEYS.key]: kept.serving?.key ?? '',
});

const isConflict = (error: unknown): boolean =>
  error instanceof SluiceError && error.code === 'KUBERNETES_CONFLICT';

function missing(what: string): SluiceError {
  return new SluiceError('SECRET_MISSING', `there is no ${what}: ${APPLY}`, { retry: 'backoff' });
}

async function renewed(kept: Kept, { authority, servingNow }: Due, host: string, now: number): Promise<Kept> {
  let next = kept;
  if (authority) {
    const made = await makeAuthority(now);
    next = { ...kept, authorities: [made.cert, ...trusted(kept, now)], authorityKey: made.key };
  }
  return servingNow ? withServing(next, host, now) : next;
}

async function withServing(kept: Kept, host: string, now: number): Promise<Kept> {
  const signer = { cert: kept.authorities[0] ?? '', key: kept.authorityKey };
  return { ...kept, serving: await issueServing(signer, host, now) };
}

/** Creates it; nothing is read before the first pass. */
export function createCertificateReconciler({
  store,
  host,
  use,
  clock,
  log,
}: CertificateReconcilerDeps): CertificateReconciler {
  let used = '';
  const serve = ({ serving }: Kept): void => {
    if (serving === null || serving.cert === used) return;
    use(serving);
    used = serving.cert;
  };
  /** Makes the API server trust the authorities; returns whether it already did. */
  const trust = async (kept: Kept): Promise<boolean> => {
    const bundles = await store.bundles();
    if (bundles === null) throw missing('MutatingWebhookConfiguration sluice');
    const wanted = bundleOf(kept);
    if (bundles.value.every((bundle) => bundle === wanted)) return true;
    await store.writeBundles(wanted, bundles);
    log.info({ authorities: kept.authorities.length }, 'the API server trusts the webhook by a new bundle');
    return false;
  };
  const once = async (): Promise<void> => {
    const now = clock.now();
    const secret = await store.secret();
    if (secret === null) throw missing('Secret sluice-webhook');
    const kept = keptOf(secret.value);
    const due = dueOf(kept, host, now);
    if (due.authority || due.servingNow) {
      const next = await renewed(kept, due, host, now);
      await store.writeSecret(dataOf(next), secret.resourceVersion);
      log.info({ authority: due.authority, serving: due.servingNow }, 'certificates of the webhook made');
      serve(next);
      await trust(next);
      return;
    }
    serve(kept);
    const isTrusted = await trust(kept);
    if (!due.servingSoon || !isTrusted) return;
    const next = await withServing(kept, host, now);
    await store.writeSecret(dataOf(next), secret.resourceVersion);
    log.info({ authority: false, serving: true }, 'certificates of the webhook made');
    serve(next);
  };
  return {
    pass: async () => {
      for (let attempt = 1; ; attempt++)
        try {
          return await once();
        } catch (error) {
          if (!isConflict(error) || attempt === TRIES) throw error;
        }
    },
  };
}
