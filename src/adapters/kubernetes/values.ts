import type { SecretKey } from '../../api/notification.ts';
import { type BodyFrom, WARM_UP } from '../../api/rollout/capacity.ts';
import { SluiceError } from '../../errors.ts';
import type { ReadText, Secrets } from '../../ports/cluster.ts';
import type { KubeClient } from './client.ts';
import { CONFIG_MAPS, SECRETS } from './resource.ts';

type Reader = Pick<KubeClient, 'get'>;
type Data = Readonly<Record<string, string>>;

function missing(message: string, cause?: unknown): SluiceError {
  return new SluiceError('SECRET_MISSING', message, { retry: 'backoff', cause });
}

/** Reads Secrets by name, from the API server each time and never as a list; values are not kept. */
export function createSecrets(client: Reader): Secrets {
  return {
    read: async (namespace: string, { name, key }: SecretKey) => {
      const secret = await client.get(SECRETS, { namespace, name }).catch((error: unknown): never => {
        const isForbidden = error instanceof SluiceError && error.code === 'KUBERNETES_FORBIDDEN';
        if (!isForbidden) throw error;
        const help = `let the ServiceAccount of the controller get Secret ${name} by a Role in namespace ${namespace}`;
        throw missing(`Secret ${namespace}/${name} may not be read: ${help}`, error);
      });
      if (secret === null)
        throw missing(`there is no Secret ${namespace}/${name}; create it with the key ${key}`);
      const data = (secret['data'] ?? {}) as Data;
      const value = data[key];
      if (value === undefined || value === '')
        throw missing(
          `Secret ${namespace}/${name} has no key ${key}; its keys are ${Object.keys(data).join(', ') || 'none'}`,
        );
      return Buffer.from(value, 'base64').toString('utf8');
    },
  };
}

/** Reads one value of a ConfigMap; null if there is none. */
export async function readConfigValue(
  client: Reader,
  namespace: string,
  name: string,
  key: string,
): Promise<string | null> {
  const found = await client.get(CONFIG_MAPS, { namespace, name });
  return ((found?.['data'] ?? {}) as Data)[key] ?? null;
}

type Found = { readonly value: string | Uint8Array } | { readonly problem: string };

/**
 * A value of a ConfigMap, or why there is none and what to do. `ours` is the ConfigMap that the controller may always
 * read.
 */
async function readKey(
  client: Reader,
  namespace: string,
  { name, key }: SecretKey,
  ours: string,
): Promise<Found> {
  const where = `ConfigMap ${namespace}/${name}`;
  try {
    const found = await client.get(CONFIG_MAPS, { namespace, name });
    if (found === null) return { problem: `there is no ${where}; create it with the key ${key}` };
    const [data, binary] = [(found['data'] ?? {}) as Data, (found['binaryData'] ?? {}) as Data];
    const [text, encoded] = [data[key], binary[key]];
    if (text !== undefined) return { value: text };
    if (encoded !== undefined) return { value: Buffer.from(encoded, 'base64') };
    const keys = [...Object.keys(data), ...Object.keys(binary)].join(', ') || 'none';
    return { problem: `${where} has no key ${key}; its keys are ${keys}` };
  } catch (error) {
    if (!(error instanceof SluiceError && error.code === 'KUBERNETES_FORBIDDEN')) throw error;
    const help = `let the ServiceAccount of the controller get ConfigMap ${name} by a Role in namespace ${namespace}, or name it ${ours}`;
    return { problem: `${where} may not be read: ${help}` };
  }
}

/** Reads values of ConfigMaps by name. */
export function createTexts(client: Reader): ReadText {
  return async (namespace, at) => {
    const found = await readKey(client, namespace, at, 'sluice-checks');
    if ('problem' in found) return found;
    const { value } = found;
    return { text: typeof value === 'string' ? value : Buffer.from(value).toString('utf8') };
  };
}

/** Reads the body of warm-up requests from a ConfigMap, each time. */
export async function readWarmUpBody(
  client: Reader,
  namespace: string,
  { configMap: name, key }: BodyFrom,
): Promise<Found> {
  const found = await readKey(client, namespace, { name, key }, WARM_UP);
  return 'problem' in found ? { problem: `canary.warmUp.bodyFrom: ${found.problem}` } : found;
}
