import { createCertificateReconciler } from '../adapters/admission-webhook/certificate-reconciler.ts';
import { serveWebhook } from '../adapters/admission-webhook/server.ts';
import type { KubeClient } from '../adapters/kubernetes/client.ts';
import { createCertificateStore } from '../adapters/kubernetes/webhook-certificate-store.ts';
import { approvedByOf } from '../admission/approve-in-git.ts';
import { holdOf } from '../admission/hold.ts';
import { stampOf } from '../admission/stamp.ts';
import { SluiceError, wordsOf } from '../errors.ts';
import type { Runtime } from './runtime.ts';

/** By the last part of the path, as in `manifests/components/webhook`. */
const DECISIONS = { hold: holdOf, stamp: stampOf, 'approve-in-git': approvedByOf };
/** Service and Secret, in the namespace of the Lease; and the MutatingWebhookConfiguration. */
const [NAME, CONFIGURATION] = ['sluice-webhook', 'sluice'] as const;
/** How often certificates are checked; sooner after a failure. */
const [LOOK_MS, AGAIN_MS] = [30_000, 2_000] as const;

/** The replacement of the mutating admission policies on older clusters. */
export interface Webhook {
  /** Why it cannot serve, or null. */
  problem(): string | null;
  close(): Promise<void>;
}

const OFF: Webhook = { problem: () => null, close: () => Promise.resolve() };

/**
 * Serves the webhook if an address is set, and maintains its certificate until `close`: every replica does, and they
 * agree through the Secret. Rejects if the address is not available.
 */
export async function openWebhook({ config, clock, log }: Runtime, client: KubeClient): Promise<Webhook> {
  const { webhookAddress: address, leaseNamespace: namespace } = config;
  if (address === undefined) return OFF;
  const server = await serveWebhook(address, DECISIONS, log).catch((error: unknown): never => {
    const why = wordsOf(error);
    throw new SluiceError('CONFIG_INVALID', `--webhook-address: ${why}`, { retry: 'terminal' });
  });
  const store = createCertificateStore(client, { namespace, secret: NAME, configuration: CONFIGURATION });
  const host = `${NAME}.${namespace}.svc`;
  let isServing = false;
  let trouble: string | null = 'its certificate is not there yet';
  const use: typeof server.use = (serving) => {
    server.use(serving);
    isServing = true;
  };
  const reconciler = createCertificateReconciler({ store, host, use, clock, log });
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  const look = async (): Promise<void> => {
    try {
      await reconciler.pass();
      trouble = null;
    } catch (err) {
      const why = wordsOf(err);
      if (trouble !== why) log.warn({ why }, 'the certificate of the webhook could not be reconciled');
      trouble = why;
    }
    if (!isClosed) timer = setTimeout(() => void look(), trouble === null ? LOOK_MS : AGAIN_MS);
  };
  void look();
  return {
    // A serving webhook stays in service: its certificate is valid for weeks.
    problem: () => (isServing ? null : trouble),
    close: async () => {
      isClosed = true;
      clearTimeout(timer);
      await server.close();
    },
  };
}
