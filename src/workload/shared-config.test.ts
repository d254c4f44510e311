import { describe, expect, it } from 'vitest';
import { sharedConfig, sharedConfigNote } from './shared-config.ts';

const template = (container: object, spec: object = {}) => ({
  metadata: { labels: { app: 'model' } },
  spec: { containers: [{ name: 'server', image: 'v1', ...container }], ...spec },
});

const read = (...names: string[]) => template({ envFrom: names.map((name) => ({ configMapRef: { name } })) });

describe('sharedConfig', () => {
  it.each<[string, object, object]>([
    ['envFrom', { envFrom: [{ configMapRef: { name: 'c' } }, { secretRef: { name: 's' } }] }, {}],
    [
      'env',
      {
        env: [
          { name: 'A', valueFrom: { configMapKeyRef: { name: 'c', key: 'a' } } },
          { name: 'B', valueFrom: { secretKeyRef: { name: 's', key: 'b' } } },
        ],
      },
      {},
    ],
    [
      'volumes',
      {},
      {
        volumes: [
          { name: 'a', configMap: { name: 'c' } },
          { name: 'b', secret: { secretName: 's' } },
        ],
      },
    ],
    [
      'projected volumes',
      {},
      {
        volumes: [
          { name: 'a', projected: { sources: [{ configMap: { name: 'c' } }, { secret: { name: 's' } }] } },
        ],
      },
    ],
    [
      'init containers',
      {},
      {
        initContainers: [
          { name: 'i', envFrom: [{ configMapRef: { name: 'c' } }, { secretRef: { name: 's' } }] },
        ],
      },
    ],
  ])('finds them in %s', (_, container, spec) => {
    const one = template(container, spec);
    expect(sharedConfig(one, one)).toEqual(['ConfigMap c', 'Secret s']);
  });

  it('leaves out what only one version reads, and what is named by its content', () => {
    expect(
      sharedConfig(
        read('a', 'both', 'c-5g2hkt9d4m', 'd-0a1e3f5b7c'),
        read('b', 'both', 'c-5g2hkt9d4m', 'd-0a1e3f5b7c'),
      ),
    ).toEqual(['ConfigMap both']);
  });

  it('reads nothing else as one: a container of that name, a key, something that is no template', () => {
    const odd = template(
      { name: 'configMap', env: [{ name: 'configMapRef', value: 'x' }] },
      { volumes: 'none' },
    );
    expect(sharedConfig(odd, odd)).toEqual([]);
    expect(sharedConfig({}, {})).toEqual([]);
  });
});

describe('sharedConfigNote', () => {
  it('names some, and how many more', () => {
    const one = template({
      envFrom: ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => ({ configMapRef: { name } })),
    });
    expect(sharedConfigNote(one, one)).toBe(
      '; both versions read ConfigMap a, ConfigMap b, ConfigMap c, ConfigMap d and 2 more: a change of the content there reaches both at once, without a release',
    );
    expect(sharedConfigNote(template({}), one)).toBe('');
  });
});
