import { describe, expect, it } from 'vitest';
import type { KubeClient, ListPage } from './client.ts';
import { createPodList } from './pods.ts';
import type { Query } from './sender.ts';

const pod = (name: string) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name } });

/** A client that answers page after page, and its recorded calls. */
function clientOf(...pages: (string[] | Error)[]): { client: KubeClient; asked: Query[] } {
  const asked: Query[] = [];
  const list = async (_: unknown, namespace: string | undefined, query: Query = {}): Promise<ListPage> => {
    asked.push({ ...query, namespace });
    const page = pages.shift();
    if (page instanceof Error) throw page;
    const more = pages.length > 0 && query.continue === undefined && page?.length === 2 ? 'more' : undefined;
    return { items: (page ?? []).map(pod), resourceVersion: '1', continue: more };
  };
  return { client: { list } as unknown as KubeClient, asked };
}

describe('createPodList', () => {
  it('reads all pages of pods that run', async () => {
    const { client, asked } = clientOf(['a', 'b'], ['c']);
    const pods = await createPodList(client, { monotonic: () => 0 })('ml');
    expect(pods.map(({ metadata }) => metadata.name)).toEqual(['a', 'b', 'c']);
    expect(asked[0]).toMatchObject({ namespace: 'ml', fieldSelector: 'status.phase=Running', limit: 500 });
    expect(asked[1]).toMatchObject({ continue: 'more' });
  });

  it('asks once in ten seconds for a namespace', async () => {
    const { client, asked } = clientOf(['a'], ['b'], ['c']);
    let now = 0;
    const list = createPodList(client, { monotonic: () => now });
    await Promise.all([list('ml'), list('ml'), list('web')]);
    expect(asked).toHaveLength(2);
    now = 10_001;
    expect(await list('ml')).toMatchObject([{ metadata: { name: 'c' } }]);
  });

  it('asks again after a failure', async () => {
    const { client } = clientOf(new Error('pods is forbidden'), ['a']);
    const list = createPodList(client, { monotonic: () => 0 });
    await expect(list('ml')).rejects.toThrow('pods is forbidden');
    expect(await list('ml')).toHaveLength(1);
  });
});
