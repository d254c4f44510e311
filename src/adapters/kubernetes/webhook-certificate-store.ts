import type { KubeObject } from '../../api/meta.ts';
import type { KubeClient } from './client.ts';
import { SECRETS, WEBHOOK_CONFIGURATIONS } from './resource.ts';

type Data = Readonly<Record<string, string>>;

interface Versioned<T> {
  readonly value: T;
  readonly resourceVersion: string;
}

interface Names {
  readonly namespace: string;
  /** Name of the Secret. */
  readonly secret: string;
  /** Name of the MutatingWebhookConfiguration. */
  readonly configuration: string;
}

const encode = (text: string): string => Buffer.from(text).toString('base64');
const decode = (text: string): string => Buffer.from(text, 'base64').toString('utf8');

const mapped = (data: Data, change: (text: string) => string): Data =>
  Object.fromEntries(Object.entries(data).map(([key, value]) => [key, change(value)]));

const versionOf = ({ metadata }: KubeObject): string => metadata.resourceVersion ?? '';

interface Webhooks {
  readonly webhooks?: readonly { readonly clientConfig?: { readonly caBundle?: string } }[];
}

const guard = (value: string) => ({ op: 'test', path: '/metadata/resourceVersion', value });

/**
 * The Secret of the webhook's certificates, and the CA bundles with which the API server trusts it. Both must exist.
 */
export function createCertificateStore(client: Pick<KubeClient, 'get' | 'patch'>, names: Names) {
  const secretPlace = { namespace: names.namespace, name: names.secret };
  const configurationPlace = { name: names.configuration };
  return {
    secret: async (): Promise<Versioned<Data> | null> => {
      const secret = await client.get(SECRETS, secretPlace);
      if (secret === null) return null;
      return { value: mapped((secret['data'] ?? {}) as Data, decode), resourceVersion: versionOf(secret) };
    },
    writeSecret: async (data: Data, resourceVersion: string): Promise<void> => {
      const change = { op: 'add', path: '/data', value: mapped(data, encode) };
      await client.patch(SECRETS, secretPlace, 'json', [guard(resourceVersion), change]);
    },
    bundles: async (): Promise<Versioned<readonly string[]> | null> => {
      const found = await client.get(WEBHOOK_CONFIGURATIONS, configurationPlace);
      if (found === null) return null;
      const { webhooks = [] } = found as KubeObject & Webhooks;
      const value = webhooks.map(({ clientConfig }) => decode(clientConfig?.caBundle ?? ''));
      return { value, resourceVersion: versionOf(found) };
    },
    writeBundles: async (bundle: string, before: Versioned<readonly string[]>): Promise<void> => {
      const changes = before.value.map((_bundle, index) => ({
        op: 'add',
        path: `/webhooks/${index}/clientConfig/caBundle`,
        value: encode(bundle),
      }));
      const patch = [guard(before.resourceVersion), ...changes];
      await client.patch(WEBHOOK_CONFIGURATIONS, configurationPlace, 'json', patch);
    },
  };
}
