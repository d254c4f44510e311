import { SluiceError } from '../../src/errors.ts';
import type { ReadText } from '../../src/ports/cluster.ts';
import type { ReadBody } from '../../src/ports/pods.ts';

/** Values of ConfigMaps, by name and key. */
export class Texts extends Map<string, string> {
  /** Why they cannot be read, if so. */
  fault: string | null = null;

  readonly readBody: ReadBody = async (_namespace, { configMap, key }) => {
    const value = this.#read(configMap, key);
    return value === undefined ? { problem: `no key ${key}` } : { value };
  };

  readonly readText: ReadText = async (_namespace, { name, key }) => {
    const text = this.#read(name, key);
    return text === undefined ? { problem: `no ${name}/${key}` } : { text };
  };

  #read(name: string, key: string): string | undefined {
    if (this.fault !== null)
      throw new SluiceError('KUBERNETES_UNAVAILABLE', this.fault, { retry: 'backoff' });
    return this.get(`${name}/${key}`);
  }
}
